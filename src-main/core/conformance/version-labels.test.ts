/** What requests by label get, and which labels a new configuration may assign, as TensorFlow Serving's tests have it. */
import { describe, expect, it } from 'vitest';
import { ModelConfig } from '../../contracts/model-config.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { createFakeLoader } from '../testing/fake-loader.ts';
import { createManaged } from '../testing/managed.ts';
import { servableName } from '../testing/servables.ts';
import { createVersionLabels } from '../version-labels.ts';

interface Case {
  /** Test in model_servers/server_core_test.cc. */
  readonly upstream: string;
  readonly when: string;
  readonly differs?: string;
  /** Default true, which is false upstream. */
  readonly allowUnavailable?: boolean;
  readonly before?: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
  /** Requests by label, after the new configuration was applied or refused. */
  readonly requests: Readonly<Record<string, string>>;
  readonly refused?: string;
}

const refusal = (version: number): string =>
  `FAILED_PRECONDITION: Request to assign label to version ${version} of model m, which is not currently available for inference`;

describe('model_servers/server_core_test.cc', () => {
  const cases: readonly Case[] = [
    {
      upstream: 'ModelSpecMultipleVersionsAvailable',
      when: 'label A is the lower version',
      after: { A: '1', B: '2' },
      requests: { A: 'v1' },
    },
    {
      upstream: 'ModelSpecMultipleVersionsAvailable',
      when: 'label B is the higher version',
      after: { A: '1', B: '2' },
      requests: { B: 'v2' },
    },
    {
      upstream: 'ModelSpecMultipleVersionsAvailable',
      when: 'there is no such label',
      after: { A: '1', B: '2' },
      requests: { 'nonexistent label': 'INVALID_ARGUMENT: Unrecognized servable version label: nonexistent label' },
    },
    {
      upstream: 'AssignLabelToUnavailableVersion',
      when: 'a new label on a version that is not there is refused',
      allowUnavailable: false,
      after: { 'nice try': '777' },
      refused: refusal(777),
      requests: { 'nice try': 'INVALID_ARGUMENT: Unrecognized servable version label: nice try' },
    },
    {
      upstream: 'AssignLabelToUnavailableVersionAllowed',
      when: 'a new label on a version that is not there is taken where that is allowed',
      after: { 'nice try': '777' },
      requests: { 'nice try': 'NOT_FOUND: Servable not found for request: Specific(m, 777)' },
    },
    {
      upstream: 'AssignExistingLabelToUnavailableVersion',
      when: 'a label in use does not move to a version that is not there, though that is allowed',
      before: { A: '1', B: '2' },
      after: { A: '777', B: '2' },
      differs: 'the old labels stay, and nothing else of the configuration is applied',
      refused: refusal(777),
      requests: { A: 'v1', B: 'v2' },
    },
    {
      upstream: 'AssignExistingLabelToUnavailableVersion',
      when: 'a label in use moves to a version that is available',
      allowUnavailable: false,
      before: { A: '1' },
      after: { A: '2' },
      requests: { A: 'v2' },
    },
    {
      upstream: 'UpdateModelVersionLabelMap',
      when: 'several labels share a version',
      after: { A: '2', B: '2' },
      requests: { A: 'v2', B: 'v2' },
    },
    {
      upstream: 'UpdateModelVersionLabelMap',
      when: 'a label that is left out vanishes',
      before: { A: '1', B: '2' },
      after: { B: '2' },
      requests: { A: 'INVALID_ARGUMENT: Unrecognized servable version label: A', B: 'v2' },
    },
    {
      upstream: 'UpdateModelVersionLabelMap',
      when: 'a configuration is applied again although the version of a label is not there (any more)',
      allowUnavailable: false,
      differs: 'upstream refuses it',
      before: { A: '777' },
      after: { A: '777' },
      requests: { A: 'NOT_FOUND: Servable not found for request: Specific(m, 777)' },
    },
  ];
  it.each(cases.map((one) => [`${one.upstream}: ${one.when}`, one] as const))('%s', async (_, one) => {
    const { allowUnavailable = true, before = {}, after, requests, refused } = one;
    const t = createManaged();
    await t.aspire('m', { 1: createFakeLoader(), 2: createFakeLoader() });
    const name = servableName('m');
    const labels = createVersionLabels({
      isAvailable: ({ version }) => t.status('m', Number(version))?.state.phase === 'available',
      allowUnavailable,
    });
    const configs = (versionLabels: Case['after']): ModelConfig[] => [
      ModelConfig.parse({ name: 'm', basePath: '/models/m', versionPolicy: { kind: 'all' }, versionLabels }),
    ];
    labels.apply(configs(before));

    const reload = (): string => {
      labels.check(configs(after));
      labels.apply(configs(after));
      return 'accepted';
    };
    expect(outcome(reload)).toContain(refused ?? 'accepted');
    for (const [label, expected] of Object.entries(requests)) {
      const answer = outcome(() => {
        using handle = t.manager.acquire(name, labels.resolve(name, label));
        return `v${handle.id.version}`;
      });
      expect(answer).toBe(expected);
    }
  });
});

function outcome(act: () => string): string {
  try {
    return act();
  } catch (error) {
    if (error instanceof ServingError) return `${error.code}: ${error.message}`;
    throw error;
  }
}
