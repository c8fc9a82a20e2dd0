/**
 * When versions load, serve and unload, case by case as the tests of TensorFlow Serving have it. Each case names the
 * upstream file and test that it follows, and where ours differs, how.
 */
import { describe, expect, it } from 'vitest';
import { play, type Scenario, type ScenarioStep } from '../testing/lifecycle-scenario.ts';

interface Case extends Scenario {
  /** File and test, below `tensorflow_serving/`. */
  readonly upstream: string;
  readonly when: string;
  /** How and why ours differs. */
  readonly differs?: string;
  readonly moves?: readonly string[];
  readonly available?: readonly string[];
  readonly answers?: Readonly<Record<string, string>>;
  readonly calls?: Readonly<Record<string, string>>;
}

function conforms(cases: readonly Case[]): void {
  it.each(cases.map((one) => [`${one.upstream}: ${one.when}`, one] as const))('%s', async (_, one) => {
    const { moves, available, answers = {}, calls = {} } = one;
    const outcome = await play(one);
    expect(outcome.moves).toEqual(moves ?? outcome.moves);
    expect(outcome.available).toEqual(available ?? outcome.available);
    for (const [request, expected] of Object.entries(answers)) expect(outcome.answer(request)).toBe(expected);
    for (const [id, expected] of Object.entries(calls)) expect(outcome.calls(id)).toBe(expected);
    // A case without a fact would pass whatever happens.
    expect([moves, available, one.answers, one.calls].filter(Boolean)).not.toHaveLength(0);
  });
}

const notFound = (request: string): string => `NOT_FOUND: Servable not found for request: ${request}`;
const good = {};
const held = { held: true };
const failing = { failures: 99 };

/** What SetUp does upstream: two servables, each with versions 0 and 1. */
const twoByTwo: readonly ScenarioStep[] = [
  ['aspire', 'a', { 0: good, 1: good }],
  ['aspire', 'b', { 0: good, 1: good }],
];
/** One retry without a wait, as upstream's fixture. */
const oneRetry = { maxNumLoadRetries: 1, loadRetryIntervalMs: 0 };

describe('core/aspired_versions_manager_test.cc', () => {
  const file = 'core/aspired_versions_manager_test.cc';
  conforms([
    {
      upstream: `${file} ServableHandleNotFoundMissingLoaderName`,
      when: 'a name that nobody knows',
      given: twoByTwo,
      steps: [],
      answers: { amissing: notFound('Latest(amissing)') },
    },
    {
      upstream: `${file} ServableHandleNotFoundMissingVersion`,
      when: 'a version that is not there',
      given: twoByTwo,
      steps: [],
      answers: { 'a/100': notFound('Specific(a, 100)') },
    },
    {
      upstream: `${file} ServableHandleLatest`,
      when: 'a higher version is aspired alone: it becomes the latest',
      given: twoByTwo,
      steps: [['aspire', 'a', { 3: good }]],
      answers: { a: 'v3' },
    },
    {
      upstream: `${file} ServableHandleLatestVersionIsZero`,
      when: 'version 0 is the only one',
      given: twoByTwo,
      steps: [['aspire', 'c', { 0: good }]],
      answers: { c: 'v0', 'c/0': 'v0' },
    },
    {
      upstream: `${file} ServableHandleSpecificVersion`,
      when: 'a version below the latest is asked for',
      given: twoByTwo,
      steps: [],
      answers: { 'b/0': 'v0', b: 'v1' },
    },
    {
      upstream: `${file} ListAvailableServableIds`,
      when: 'the new version fails and then nothing is aspired: only the other servable is left',
      options: oneRetry,
      given: twoByTwo,
      steps: [
        ['aspire', 'a', { 7: failing }],
        ['aspire', 'a', {}],
      ],
      available: ['b/0', 'b/1'],
      answers: { a: notFound('Latest(a)') },
    },
    {
      upstream: `${file} GetAvailableServableHandles`,
      when: 'all that is available can be had by its version',
      given: twoByTwo,
      steps: [],
      available: ['a/0', 'a/1', 'b/0', 'b/1'],
      answers: { 'a/0': 'v0', 'a/1': 'v1', 'b/0': 'v0', 'b/1': 'v1' },
    },
    {
      upstream: `${file} AspiredRemovedFull`,
      when: 'nothing is aspired any more: all is unloaded, each once',
      given: twoByTwo,
      steps: [['aspire', 'a', {}]],
      moves: ['a UNLOADING 0', 'a UNLOADING 1', 'a END 0', 'a END 1'],
      answers: { a: notFound('Latest(a)') },
      calls: { 'a/0': '1 load, 1 unload', 'a/1': '1 load, 1 unload' },
    },
    {
      upstream: `${file} AspiredRemovedPartial`,
      when: 'one of two versions is left out',
      given: twoByTwo,
      steps: [['aspire', 'a', { 0: good }]],
      moves: ['a UNLOADING 1', 'a END 1'],
      answers: { 'a/0': 'v0', 'a/1': notFound('Specific(a, 1)') },
    },
    {
      upstream: `${file} RevertToSmallerVersionNumber`,
      when: 'the lower version is wanted again: it serves before the higher one goes',
      given: [...twoByTwo, ['aspire', 'a', { 1: good }]],
      steps: [['aspire', 'a', { 0: good }]],
      moves: ['a START 0', 'a LOADING 0', 'a AVAILABLE 0', 'a UNLOADING 1', 'a END 1'],
      answers: { 'a/0': 'v0', 'a/1': notFound('Specific(a, 1)'), a: 'v0' },
    },
    {
      upstream: `${file} AspiredAndManageStateLoad`,
      when: 'a version cannot be had before it is loaded',
      given: [...twoByTwo, ['aspire', 'a', { 2: held }]],
      steps: [],
      answers: { 'a/2': notFound('Specific(a, 2)') },
    },
    {
      upstream: `${file} AspiredAndManageStateLoad`,
      when: 'and can be had afterwards',
      given: [...twoByTwo, ['aspire', 'a', { 2: held }]],
      steps: [['finish load', 'a/2']],
      answers: { 'a/2': 'v2' },
    },
    {
      upstream: `${file} AspiredAndManageStateUnload`,
      when: 'a version cannot be had after it was unloaded',
      given: twoByTwo,
      steps: [['aspire', 'a', {}]],
      answers: { 'a/0': notFound('Specific(a, 0)') },
    },
    {
      upstream: `${file} ManagerPrefersUnloadOverLoad`,
      when: 'both a load and an unload are possible: the unload comes first',
      given: [...twoByTwo, ['aspire', 'a', { 1: good, 2: held }]],
      steps: [
        ['aspire', 'a', { 2: good, 3: good }],
        ['finish load', 'a/2'],
      ],
      differs: 'one is not waited for by the other',
      moves: ['a START 3', 'a AVAILABLE 2', 'a UNLOADING 1', 'a LOADING 3', 'a END 1', 'a AVAILABLE 3'],
    },
    {
      upstream: `${file} ErroneousAspiredVersion`,
      when: 'an item that is an error: it is neither loaded nor served',
      given: twoByTwo,
      steps: [['aspire', 'a', { 0: good, 1: good, 3: 'unreadable' }]],
      answers: { 'a/3': notFound('Specific(a, 3)'), a: 'v1' },
    },
    {
      upstream: `${file} EventBusErroneousVersion`,
      when: 'an item that is an error: END with it, without a START',
      steps: [['aspire', 'a', { 3: 'unreadable' }]],
      moves: ['a END 3 (error)'],
    },
    {
      upstream: `${file} EventBusErrorOnLoad`,
      when: 'a load that fails: END with its error',
      options: { maxNumLoadRetries: 0 },
      steps: [
        ['aspire', 'a', { 7: held }],
        ['fail load', 'a/7'],
      ],
      moves: ['a START 7', 'a LOADING 7', 'a END 7 (Error on load.)'],
    },
    {
      upstream: `${file} EventBusServableLifecycle`,
      when: 'a whole life',
      steps: [
        ['aspire', 'a', { 7: held }],
        ['finish load', 'a/7'],
        ['aspire', 'a', {}],
        ['finish unload', 'a/7'],
      ],
      moves: ['a START 7', 'a LOADING 7', 'a AVAILABLE 7', 'a UNLOADING 7', 'a END 7'],
      calls: { 'a/7': '1 load, 1 unload' },
    },
    {
      upstream: `${file} RetryOnLoadErrorFinallySucceeds`,
      when: 'the last attempt succeeds',
      options: oneRetry,
      steps: [['aspire', 'a', { 7: { failures: 1 } }]],
      differs: 'each attempt is a LOADING of its own',
      moves: ['a START 7', 'a LOADING 7', 'a LOADING 7', 'a LOADING 7', 'a AVAILABLE 7'],
      calls: { 'a/7': '2 loads, 0 unloads' },
    },
    {
      upstream: `${file} RetryOnLoadErrorFinallyFails`,
      when: 'the last attempt fails',
      options: oneRetry,
      steps: [['aspire', 'a', { 7: failing }]],
      moves: ['a START 7', 'a LOADING 7', 'a LOADING 7', 'a LOADING 7', 'a END 7 (bad content (load 2))'],
      calls: { 'a/7': '2 loads, 0 unloads' },
    },
    {
      upstream: `${file} AspireErrorDontUnload`,
      when: 'the new version fails: of the old ones the highest goes on serving',
      options: oneRetry,
      given: twoByTwo,
      steps: [['aspire', 'a', { 7: failing }]],
      available: ['a/1', 'b/0', 'b/1'],
    },
    {
      upstream: `${file} AspireErrorDontUnload`,
      when: 'and goes when another new one is available',
      options: oneRetry,
      given: [...twoByTwo, ['aspire', 'a', { 7: failing }]],
      steps: [['aspire', 'a', { 8: good }]],
      moves: ['a START 8', 'a LOADING 8', 'a AVAILABLE 8', 'a UNLOADING 1', 'a END 1'],
    },
    {
      upstream: `${file} UnaspireThenImmediatelyReaspire`,
      when: 'aspired again while a request still runs on it: nothing happens yet',
      given: [
        ['aspire', 'a', { 7: good }],
        ['hold a handle', 'a/7'],
        ['aspire', 'a', {}],
      ],
      steps: [['aspire', 'a', { 7: good }]],
      moves: [],
      calls: { 'a/7': '0 loads, 0 unloads' },
    },
    {
      upstream: `${file} UnaspireThenImmediatelyReaspire`,
      when: 'the request ends: the old loader unloads, then the new one loads',
      given: [
        ['aspire', 'a', { 7: good }],
        ['hold a handle', 'a/7'],
        ['aspire', 'a', {}],
        ['aspire', 'a', { 7: good }],
      ],
      steps: [['dispose handles', 'a/7']],
      moves: ['a END 7', 'a START 7', 'a LOADING 7', 'a AVAILABLE 7'],
      calls: { 'a/7': '1 load, 0 unloads' },
    },
    {
      upstream: `${file} UnaspireFailedServableThenImmediatelyReaspire`,
      when: 'aspired again after it failed: the new loader loads',
      options: { maxNumLoadRetries: 0 },
      given: [
        ['aspire', 'a', { 7: failing }],
        ['aspire', 'a', {}],
      ],
      steps: [['aspire', 'a', { 7: good }]],
      moves: ['a START 7', 'a LOADING 7', 'a AVAILABLE 7'],
    },
    {
      upstream: `${file} UnaspireNewServableThenImmediatelyReaspire`,
      when: 'aspired again before it was loaded: only the new loader loads',
      options: { maxConcurrentLoads: 1 },
      given: [
        ['aspire', 'busy', { 1: held }],
        ['aspire', 'a', { 7: good }],
        ['aspire', 'a', {}],
      ],
      steps: [
        ['aspire', 'a', { 7: good }],
        ['finish load', 'busy/1'],
      ],
      moves: ['a START 7', 'busy AVAILABLE 1', 'a LOADING 7', 'a AVAILABLE 7'],
      calls: { 'a/7': '1 load, 0 unloads' },
    },
    {
      upstream: 'core/aspired_versions_manager.cc ProcessAspiredVersionsRequest',
      when: 'v1 is aspired again because v2 failed: it goes on serving',
      differs: 'upstream postpones the list for ever, as it holds a version that still serves though un-aspired',
      options: { maxNumLoadRetries: 0 },
      given: [
        ['aspire', 'a', { 1: good }],
        ['aspire', 'a', { 2: failing }],
      ],
      steps: [
        ['aspire', 'a', { 1: good }],
        ['aspire', 'a', { 3: good }],
      ],
      moves: ['a START 3', 'a LOADING 3', 'a AVAILABLE 3', 'a UNLOADING 1', 'a END 1'],
    },
    {
      upstream: 'core/aspired_versions_manager.cc ProcessAspiredVersionsRequest',
      when: 'a version that failed is aspired with other files: it is tried again',
      differs: 'upstream never tries it again while it is listed',
      options: { maxNumLoadRetries: 0 },
      given: [['aspire', 'a', { 1: failing }]],
      steps: [['aspire', 'a', { 1: { fingerprint: 'changed' } }]],
      moves: ['a START 1', 'a LOADING 1', 'a AVAILABLE 1'],
    },
    {
      upstream: 'core/aspired_versions_manager.cc ProcessAspiredVersionsRequest',
      when: 'a list that repeats what is known',
      given: [['aspire', 'a', { 1: good, 2: 'unreadable' }]],
      steps: [['aspire', 'a', { 1: good, 2: 'unreadable' }]],
      moves: [],
      calls: { 'a/1': '0 loads, 0 unloads' },
    },
  ]);
});

describe('core/basic_manager_test.cc', () => {
  const file = 'core/basic_manager_test.cc';
  const ten = { totalModelMemoryLimitBytes: 10, maxNumLoadRetries: 0 };
  conforms([
    {
      upstream: `${file} MultipleManageCallsUsesFirstServable`,
      when: 'a second loader comes for a version that is loaded: the first one stays',
      given: [['aspire', 'a', { 1: good }]],
      steps: [['aspire', 'a', { 1: good }]],
      moves: [],
      calls: { 'a/1': '0 loads, 0 unloads' },
      answers: { 'a/1': 'v1' },
    },
    {
      upstream: `${file} ErroneousServable`,
      when: 'an item that is an error cannot be had',
      steps: [['aspire', 'a', { 3: 'unreadable' }]],
      answers: { 'a/3': notFound('Specific(a, 3)'), a: notFound('Latest(a)') },
    },
    {
      upstream: `${file} DontStopManagingOnError`,
      when: 'a version that failed stays known, with its error',
      options: { maxNumLoadRetries: 0 },
      given: [['aspire', 'a', { 7: failing }]],
      steps: [['retry', 'a/7']],
      moves: ['a START 7', 'a LOADING 7', 'a END 7 (bad content (load 2))'],
    },
    {
      upstream: `${file} StopManagingActiveServable`,
      when: 'a servable that serves is forgotten: it is unloaded first',
      differs: 'upstream refuses',
      given: [
        ['aspire', 'a', { 1: good }],
        ['hold a handle', 'a/1'],
      ],
      steps: [
        ['forget', 'a'],
        ['dispose handles', 'a/1'],
      ],
      moves: ['a UNLOADING 1', 'a END 1'],
      calls: { 'a/1': '1 load, 1 unload' },
    },
    {
      upstream: `${file} UpdateServingMapServableHandleLatest`,
      when: 'the highest version is on its way out: the one below is the latest',
      given: [['aspire', 'a', { 0: good, 1: held }]],
      steps: [
        ['finish load', 'a/1'],
        ['aspire', 'a', { 0: good }],
      ],
      answers: { a: 'v0', 'a/1': notFound('Specific(a, 1)') },
      calls: { 'a/1': '1 load, 1 unload' },
    },
    {
      upstream: `${file} LoadsThenUnloads`,
      when: 'twenty versions load and unload, each once',
      given: [['aspire', 'a', Object.fromEntries(Array.from({ length: 20 }, (_, version) => [version, good]))]],
      steps: [['aspire', 'a', {}]],
      ...unloadsOfTwenty(),
    },
    {
      upstream: `${file} InterleavedLoadsAndUnloads`,
      when: 'servables come and go at the same time',
      given: [
        ['aspire', 'a', { 0: held }],
        ['aspire', 'b', { 0: held }],
      ],
      steps: [
        ['finish load', 'a/0'],
        ['aspire', 'a', {}],
        ['finish load', 'b/0'],
        ['finish unload', 'a/0'],
        ['aspire', 'b', {}],
      ],
      moves: ['a AVAILABLE 0', 'a UNLOADING 0', 'b AVAILABLE 0', 'a END 0', 'b UNLOADING 0'],
    },
    {
      upstream: `${file} FastLoad`,
      when: 'the versions aspired first load side by side',
      options: { initialConcurrentLoads: 3, maxConcurrentLoads: 1 },
      steps: [
        ['aspire', 'a', { 0: held }],
        ['aspire', 'b', { 0: held }],
        ['aspire', 'c', { 0: held }],
        ['aspire', 'd', { 0: held }],
      ],
      moves: ['a START 0', 'a LOADING 0', 'b START 0', 'b LOADING 0', 'c START 0', 'c LOADING 0', 'd START 0'],
    },
    {
      upstream: `${file} RetryOnLoadErrorFinallySucceeds`,
      when: 'an attempt after the first one succeeds',
      options: { maxNumLoadRetries: 10, loadRetryIntervalMs: 0 },
      steps: [['aspire', 'a', { 7: { failures: 3 } }]],
      answers: { 'a/7': 'v7' },
      calls: { 'a/7': '4 loads, 0 unloads' },
    },
    {
      upstream: `${file} RetryOnLoadErrorFinallyFails`,
      when: 'all eleven attempts fail',
      options: { maxNumLoadRetries: 10, loadRetryIntervalMs: 0 },
      steps: [['aspire', 'a', { 7: failing }]],
      answers: { 'a/7': notFound('Specific(a, 7)') },
      calls: { 'a/7': '11 loads, 0 unloads' },
    },
    {
      upstream: `${file} RetryOnLoadErrorCancelledLoad`,
      when: 'un-aspired during an attempt that fails: no further one',
      given: [['aspire', 'a', { 7: { held: true, ignoresAbort: true } }]],
      steps: [
        ['aspire', 'a', {}],
        ['fail load', 'a/7'],
        ['pass', 600_000],
      ],
      differs: 'the error is that it was cancelled',
      moves: ['a END 7 (Loading of servable cancelled)'],
      calls: { 'a/7': '1 load, 0 unloads' },
    },
    {
      upstream: `${file} LoadAfterCancelledLoad`,
      when: 'aspired again after that: it loads afresh',
      differs: 'upstream refuses to load what was cancelled',
      given: [
        ['aspire', 'a', { 7: { held: true, ignoresAbort: true } }],
        ['aspire', 'a', {}],
        ['fail load', 'a/7'],
      ],
      steps: [['aspire', 'a', { 7: good }]],
      moves: ['a START 7', 'a LOADING 7', 'a AVAILABLE 7'],
    },
    {
      upstream: 'core/loader_harness_test.cc UnloadDueToCancelledLoad',
      when: 'cancelled, and loaded all the same: it is unloaded before its END',
      given: [['aspire', 'a', { 7: { held: true, ignoresAbort: true } }]],
      steps: [
        ['aspire', 'a', {}],
        ['finish load', 'a/7'],
        ['finish unload', 'a/7'],
      ],
      moves: ['a END 7 (Loading of servable cancelled)'],
      calls: { 'a/7': '1 load, 1 unload' },
    },
    {
      upstream: 'core/loader_harness_test.cc RetryOnLoadErrorCancelledLoad',
      when: 'un-aspired while it waits for its next attempt: END at once',
      differs: 'upstream sleeps to the end and loads once more',
      given: [['aspire', 'a', { 7: failing }]],
      steps: [
        ['aspire', 'a', {}],
        ['pass', 600_000],
      ],
      moves: ['a END 7 (Loading of servable cancelled)'],
      calls: { 'a/7': '1 load, 0 unloads' },
    },
    {
      upstream: 'core/loader_harness_test.cc Quiesce',
      when: 'a version drains: it gives out no handles, and unloads only when those held are gone',
      given: [
        ['aspire', 'a', { 1: good }],
        ['hold a handle', 'a/1'],
      ],
      steps: [['aspire', 'a', {}]],
      moves: ['a UNLOADING 1'],
      answers: { 'a/1': notFound('Specific(a, 1)') },
      calls: { 'a/1': '1 load, 0 unloads' },
    },
    {
      upstream: 'core/loader_harness_test.cc Quiesce',
      when: 'a handle is never given back: the deadline ends the wait',
      differs: 'upstream waits for ever',
      options: { drainDeadlineMs: 5000 },
      given: [
        ['aspire', 'a', { 1: good }],
        ['hold a handle', 'a/1'],
      ],
      steps: [
        ['aspire', 'a', {}],
        ['pass', 5000],
      ],
      moves: ['a UNLOADING 1', 'a END 1'],
      calls: { 'a/1': '1 load, 1 unload' },
    },
    {
      upstream: `${file} DestructOnNonServingThread`,
      when: 'a request on one servable keeps no other from its swap',
      differs: 'upstream waits for the handles of all servables',
      given: [...twoByTwo, ['hold a handle', 'b/1']],
      steps: [['aspire', 'a', { 2: good }]],
      available: ['a/2', 'b/0', 'b/1'],
    },
    {
      upstream: `${file} ResourceConstrainedBasicManagerTest ConcurrentLoads`,
      when: 'two loads that fit together run at once',
      options: ten,
      steps: [
        ['aspire', 'a', { 0: { held: true, memoryBytes: 5 } }],
        ['aspire', 'b', { 0: { held: true, memoryBytes: 5 } }],
      ],
      moves: ['a START 0', 'a LOADING 0', 'b START 0', 'b LOADING 0'],
    },
    {
      upstream: `${file} ResourceConstrainedBasicManagerTest InsufficientResources`,
      when: 'all is taken by what is loaded: END with the numbers',
      options: ten,
      given: [['aspire', 'hogging', { 0: { memoryBytes: 10 } }]],
      steps: [['aspire', 'rejected', { 0: { memoryBytes: 1 } }]],
      moves: [
        'rejected START 0',
        'rejected END 0 (Insufficient resources to load servable {name: rejected version: 0}: needs about 1 B; 10 B of 10 B are taken by hogging v0 (10 B))',
      ],
      calls: { 'rejected/0': '0 loads, 0 unloads' },
    },
    {
      upstream: `${file} ResourceConstrainedBasicManagerTest InsufficientResources`,
      when: 'a version that was rejected loads when the memory was given back',
      differs: 'upstream never tries it again',
      options: ten,
      given: [
        ['aspire', 'hogging', { 0: { memoryBytes: 10 } }],
        ['aspire', 'rejected', { 0: { memoryBytes: 1 } }],
      ],
      steps: [['aspire', 'hogging', {}]],
      moves: ['hogging UNLOADING 0', 'hogging END 0', 'rejected START 0', 'rejected LOADING 0', 'rejected AVAILABLE 0'],
    },
    {
      upstream: `${file} ResourceConstrainedBasicManagerTest ResourcesReleasedIfLoadFails`,
      when: 'the load before it failed',
      options: ten,
      given: [['aspire', 'failing', { 0: { memoryBytes: 10, failures: 1 } }]],
      steps: [['aspire', 'succeeding', { 0: { memoryBytes: 10 } }]],
      moves: ['succeeding START 0', 'succeeding LOADING 0', 'succeeding AVAILABLE 0'],
    },
    {
      upstream: `${file} ResourceConstrainedBasicManagerTest ResourcesReleasedIfEstimateDecreasesAfterLoad`,
      when: 'the one before it took less than it had said',
      options: ten,
      given: [['aspire', 'overestimating', { 0: { memoryBytes: 10, measuredBytes: 5 } }]],
      steps: [['aspire', 'succeeding', { 0: { memoryBytes: 5 } }]],
      answers: { succeeding: 'v0', overestimating: 'v0' },
    },
    {
      upstream: `${file} ResourceConstrainedBasicManagerTest ResourcesReleasedAfterUnload`,
      when: 'the one before it is being unloaded: it waits for that, and then loads',
      options: ten,
      given: [
        ['aspire', 'unloading', { 0: { memoryBytes: 10, held: true } }],
        ['finish load', 'unloading/0'],
        ['aspire', 'unloading', {}],
      ],
      steps: [
        ['aspire', 'succeeding', { 0: { memoryBytes: 10 } }],
        ['finish unload', 'unloading/0'],
      ],
      moves: ['succeeding START 0', 'unloading END 0', 'succeeding LOADING 0', 'succeeding AVAILABLE 0'],
    },
    {
      upstream: `${file} ResourceConstrainedBasicManagerTest FirstLoadDeniedSecondOneApproved`,
      when: 'more is needed than there is at all: END, and the next one loads',
      options: ten,
      steps: [
        ['aspire', 'denied', { 0: { memoryBytes: 11 } }],
        ['aspire', 'succeeding', { 0: { memoryBytes: 10 } }],
      ],
      moves: [
        'denied START 0',
        'denied END 0 (Insufficient resources to load servable {name: denied version: 0}: needs about 11 B, and the limit is 10 B)',
        'succeeding START 0',
        'succeeding LOADING 0',
        'succeeding AVAILABLE 0',
      ],
      calls: { 'denied/0': '0 loads, 0 unloads' },
    },
  ]);
});

function unloadsOfTwenty(): Pick<Case, 'calls' | 'available'> {
  const ids = Array.from({ length: 20 }, (_, version) => `a/${version}`);
  return { available: [], calls: Object.fromEntries(ids.map((id) => [id, '1 load, 1 unload'])) };
}
