import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ServableId, ServableName, ServableVersion } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import { LATEST_ONE, type ModelConfig, type ModelConfigMessage, VersionLabel } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { SourceReport } from '../contracts/source-report.ts';
import { createServableStateMonitor } from '../core/servable-state-monitor.ts';
import { createManualClock } from '../core/testing/manual-clock.ts';
import { createVersionLabels } from '../core/version-labels.ts';
import type { VersionState } from '../core/version-state.ts';
import { createModelCatalogue } from './model-catalogue.ts';
import { createModelConfiguration } from './model-configuration.ts';
import type { SettingsStore, StoredSettings } from './settings-store.ts';

const name = (text: string) => ServableName.parse(text);
const version = (text: string) => ServableVersion.parse(text);
const config = (text: string, fields: Partial<ModelConfig> = {}): ModelConfig => ({
  name: name(text),
  basePath: `/models/${text}`,
  versionPolicy: LATEST_ONE,
  ...fields,
});
const message = (text: string, fields: Partial<ModelConfigMessage> = {}): ModelConfigMessage => ({
  name: text,
  basePath: `/models/${text}`,
  modelPlatform: '',
  versionLabels: [],
  hasLoggingConfig: false,
  ...fields,
});
const never = new AbortController().signal;
const PENDING: SourceReport = { status: 'pending', versions: [], ignored: [] };

interface World {
  readonly configured?: readonly ModelConfig[];
  readonly stored?: readonly ModelConfig[];
  readonly samples?: readonly ModelConfig[];
}

function world({ configured = [], stored = [], samples = [] }: World = {}) {
  const clock = createManualClock();
  const lines: { readonly level: string; readonly message: string; readonly fields: object }[] = [];
  const write = (level: string) => (fields: object, text: string) => void lines.push({ level, message: text, fields });
  const log: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => log,
  };
  let current: StoredSettings = { formatVersion: 1, models: stored, removedSamples: [] };
  const store: SettingsStore = {
    current: () => current,
    async update(change) {
      current = change(current);
    },
    refresh: () => Promise.resolve(false),
  };
  const states = createServableStateMonitor({}, { clock, log, inFlight: () => 0 });
  const reports = new Map<ServableName, SourceReport>();
  const reportListeners = new Set<(of: ServableName) => void>();
  const isAvailable = (id: ServableId) =>
    states.versions(id.name).some((status) => status.id.version === id.version && status.state.phase === 'available');
  const labels = createVersionLabels({ isAvailable, allowUnavailable: true });
  const catalogue = createModelCatalogue(
    { configured: configured.map((model) => ({ config: model, origin: 'config' })), samples },
    store,
  );
  const onOptionsChanged = vi.fn<(of: ServableName) => void>();
  const onPolicyChanged = vi.fn<(of: ServableName) => void>();
  const configuration = createModelConfiguration(
    {
      options: { warmup: { enabled: true, iterations: 1 } },
      aspiredVersionPolicy: 'availability_preserving',
      perModelBatchingFile: false,
    },
    {
      catalogue,
      labels,
      states,
      source: {
        report: (of) => reports.get(of) ?? PENDING,
        onReport(listener) {
          reportListeners.add(listener);
          return () => reportListeners.delete(listener);
        },
      },
      checkBasePath(basePath) {
        if (basePath.startsWith('tape:')) {
          throw new ServingError('INVALID_ARGUMENT', "File system scheme 'tape' is not supported");
        }
      },
      onOptionsChanged,
      onPolicyChanged,
      clock,
      log,
    },
  );
  return {
    clock,
    lines,
    labels,
    catalogue,
    configuration,
    onOptionsChanged,
    onPolicyChanged,
    served: () => catalogue.models().map((model) => model.config.name),
    move(of: string, number: string, state: VersionState, aspired = true) {
      states.publish({ id: { name: name(of), version: version(number) }, kind: 'state', state, aspired, reason: '' });
    },
    report(of: string, report: Partial<SourceReport>) {
      reports.set(name(of), { ...PENDING, status: 'ok', ...report });
      for (const listener of reportListeners) listener(name(of));
    },
  };
}

/** Resolves when the configuration is in effect; what the reload then waits for is left to the test. */
async function inEffect({ catalogue }: ReturnType<typeof world>): Promise<void> {
  await new Promise<void>((resolve) => catalogue.subscribe(resolve));
}

const AVAILABLE: VersionState = { phase: 'available', loadMs: 1 };

describe('reload', () => {
  it('puts the new list in the place of the old one, of the samples, and of nothing that was added by hand', async () => {
    const w = world({ configured: [config('a'), config('b')], stored: [config('mine')], samples: [config('s')] });
    await w.configuration.reload([message('b')], never);
    expect(w.served()).toEqual(['mine', 'b']);
    await w.configuration.reload([], never);
    expect(w.served()).toEqual(['mine']);
  });

  it('lets a configured model go before one of the same name that was added by hand', async () => {
    const w = world({ stored: [config('m', { basePath: '/mine' })] });
    await w.configuration.reload([message('m')], never);
    expect(w.catalogue.find(name('m'))).toMatchObject({ origin: 'config', config: { basePath: '/models/m' } });
    await w.configuration.reload([], never);
    expect(w.catalogue.find(name('m'))).toMatchObject({ origin: 'settings', config: { basePath: '/mine' } });
  });

  it('takes no action where no list is set', async () => {
    const w = world({ configured: [config('a')] });
    await w.configuration.reload(undefined, never);
    expect(w.served()).toEqual(['a']);
    expect(w.lines.at(-1)?.message).toBe('Taking no action for empty config.');
  });

  it.each([
    { fault: 'a name twice', list: [message('n'), message('n')], code: 'INVALID_ARGUMENT', says: 'multiple times' },
    {
      fault: 'a relative path',
      list: [message('n', { basePath: 'x' })],
      code: 'INVALID_ARGUMENT',
      says: 'absolute path',
    },
    {
      fault: 'another platform',
      list: [message('n'), message('a', { modelPlatform: 'tensorflow' })],
      code: 'INVALID_ARGUMENT',
      says: "Illegal to change a model's platform. For model a",
    },
    {
      fault: 'a label in use that moves to a version which is not available',
      list: [message('n'), message('a', { versionLabels: [['stable', '2']] })],
      code: 'FAILED_PRECONDITION',
      says: 'Request to assign label to version 2 of model a',
    },
  ])('changes nothing at all for $fault', async ({ list, code, says }) => {
    const stable = { [VersionLabel.parse('stable')]: version('1') };
    const w = world({ configured: [config('a', { platform: 'onnx', versionLabels: stable })] });
    const before = w.catalogue.models();
    const onChange = vi.fn<() => void>();
    w.catalogue.subscribe(onChange);
    await expect(w.configuration.reload(list, never)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says),
    });
    expect(w.catalogue.models()).toEqual(before);
    expect(w.labels.resolve(name('a'), 'stable')).toBe('1');
    expect(onChange).not.toHaveBeenCalled();
  });

  it('has the labels in place when others hear of the change', async () => {
    const w = world({ configured: [config('a')] });
    const seen: unknown[] = [];
    w.catalogue.subscribe(() => seen.push(w.labels.labelsOf(name('a'))));
    await w.configuration.reload([message('a', { versionLabels: [['canary', '7']] })], never);
    expect(seen).toEqual([[['canary', '7']]]);
    await w.configuration.reload([message('a')], never);
    expect(() => w.labels.resolve(name('a'), 'canary')).toThrow('Unrecognized servable version label: canary');
  });

  it('applies one list after the other', async () => {
    const w = world();
    const list = [
      message('a'),
      message('b', { modelPlatform: 'onnx' }),
      // Checked against what the one before left, not against what was there when it was asked for.
      message('b', { modelPlatform: 'tensorflow' }),
    ];
    const reloads = Promise.allSettled(list.map((model) => w.configuration.reload([model], never)));
    await inEffect(w);
    await inEffect(w);
    w.move('b', '1', AVAILABLE);
    expect(await reloads).toMatchObject([
      { reason: { message: expect.stringContaining('another configuration has no such model') } },
      { status: 'fulfilled' },
      { reason: { message: expect.stringContaining("Illegal to change a model's platform. For model b") } },
    ]);
    expect(w.served()).toEqual(['b']);
  });

  it('waits for new models only, and for any version of them', async () => {
    const w = world({ configured: [config('old')] });
    let isDone = false;
    const reload = w.configuration.reload([message('old'), message('x'), message('y')], never).then(() => {
      isDone = true;
    });
    await inEffect(w);
    w.move('x', '1', { phase: 'start' });
    w.move('x', '1', { phase: 'loading', attempt: 1 });
    w.move('x', '1', AVAILABLE);
    w.report('y', { versions: [{ version: version('3'), entry: '3', aspired: false, waiting: 'still growing' }] });
    // Of an earlier life of the name: it goes, and serves nobody for long.
    w.move('y', '2', AVAILABLE, false);
    await w.clock.settle();
    expect(isDone).toBe(false);
    w.move('y', '3', AVAILABLE);
    await reload;
    expect(isDone).toBe(true);
  });

  it.each([
    {
      when: 'a version fails for good',
      happens: (w: ReturnType<typeof world>) =>
        w.move('x', '3', { phase: 'end', error: new ServingError('INVALID_ARGUMENT', 'bad file') }),
      says: '1 model(s) did not become available: {{name: x version: 3} due to error: INVALID_ARGUMENT: bad file}, }',
    },
    {
      when: 'there is no version',
      happens: (w: ReturnType<typeof world>) => w.report('x', { message: 'No versions of servable x found' }),
      says: '1 model(s) did not become available: {{name: x} due to error: NOT_FOUND: No versions of servable x found}, }',
    },
    {
      when: 'the base path cannot be read',
      happens: (w: ReturnType<typeof world>) =>
        w.report('x', { status: 'error', message: `Could not find base path ${message('x').basePath} for servable x` }),
      says: '1 model(s) did not become available: {{name: x} due to error: NOT_FOUND: Could not find base path … for servable x}, }',
    },
  ])('says so when $when, and goes on serving the new list', async ({ happens, says }) => {
    const w = world();
    const reload = w.configuration.reload([message('x')], never);
    await inEffect(w);
    happens(w);
    await expect(reload).rejects.toMatchObject({ code: 'UNKNOWN', message: says });
    expect(w.served()).toEqual(['x']);
  });

  it('does not give up on a model while an older version may still come', async () => {
    const w = world();
    const reload = w.configuration.reload([message('x')], never);
    await inEffect(w);
    w.move('x', '1', { phase: 'loading', attempt: 1 });
    w.move('x', '2', { phase: 'end', error: new ServingError('INTERNAL', 'broken') });
    w.move('x', '1', AVAILABLE);
    await expect(reload).resolves.toBeUndefined();
  });

  it('waits no longer than its signal, which undoes nothing', async () => {
    const w = world();
    const deadline = new AbortController();
    const reload = w.configuration.reload([message('x')], deadline.signal);
    await inEffect(w);
    deadline.abort(new ServingError('DEADLINE_EXCEEDED', 'too late'));
    await expect(reload).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', message: 'too late' });
    expect(w.served()).toEqual(['x']);
    await expect(w.configuration.reload([], AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(w.served()).toEqual(['x']);
  });

  it('leaves models that did not change as they are, object by object', async () => {
    const w = world({ configured: [config('a'), config('b')] });
    const a = w.catalogue.find(name('a'))?.config;
    await w.configuration.reload([message('a'), message('b', { basePath: '/elsewhere' })], never);
    expect(w.catalogue.find(name('a'))?.config).toBe(a);
    const added = w.lines.map((line) => line.message).filter((line) => line.includes('(Re-)adding'));
    expect(added).toEqual([' (Re-)adding model: a', ' (Re-)adding model: b', ' (Re-)adding model: b']);
  });
});

describe('optionsFor, aspiredVersionPolicyFor', () => {
  it('follow the configuration, and tell of what changed', async () => {
    const w = world({ configured: [config('a'), config('b')] });
    expect(w.configuration.optionsFor(name('a'))).toEqual({
      session: {},
      batching: {},
      warmup: { enabled: true, iterations: 1 },
      isolation: 'auto',
    });
    const own = { options: { isolation: 'dedicated' as const }, aspiredVersionPolicy: 'resource_preserving' as const };
    await w.configuration.reload([message('a', own), message('b', { versionPolicy: { kind: 'all' } })], never);
    expect(w.configuration.optionsFor(name('a'))).toMatchObject({ isolation: 'dedicated' });
    expect(w.configuration.aspiredVersionPolicyFor(name('a'))).toBe('resource_preserving');
    expect(w.configuration.aspiredVersionPolicyFor(name('b'))).toBe('availability_preserving');
    expect(w.onOptionsChanged.mock.calls).toEqual([['a']]);
    expect(w.onPolicyChanged.mock.calls).toEqual([['a']]);
    // What was the default before is the same when it is said.
    const said = { aspiredVersionPolicy: 'availability_preserving' as const };
    await w.configuration.reload([message('a', own), message('b', said)], never);
    expect(w.onPolicyChanged).toHaveBeenCalledTimes(1);
  });
});

describe('the config file', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-config-'));
    path = join(directory, 'models.config');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const fileOf = (...names: string[]) =>
    `model_config_list {\n${names.map((text) => `config { name: "${text}" base_path: "/models/${text}" }`).join('\n')}\n}`;
  const problems = (w: ReturnType<typeof world>) => w.lines.filter(({ level }) => level === 'warn');

  it('is applied when it changes, in either form', async () => {
    const w = world({ configured: [config('a')] });
    await writeFile(path, fileOf('a', 'b'));
    await w.configuration.pollFile(path, never);
    expect(w.served()).toEqual(['a', 'b']);
    await writeFile(path, '{"modelConfigList": {"config": [{"name": "c", "basePath": "/models/c"}]}}');
    await w.configuration.pollFile(path, never);
    expect(w.served()).toEqual(['c']);
    await writeFile(path, 'model_config_list {}');
    await w.configuration.pollFile(path, never);
    expect(w.served()).toEqual([]);
  });

  it('changes nothing where it says what is served already, or nothing at all', async () => {
    const w = world({ configured: [config('a')] });
    const onChange = vi.fn<() => void>();
    w.catalogue.subscribe(onChange);
    await writeFile(path, fileOf('a'));
    await w.configuration.pollFile(path, never);
    await writeFile(path, '# nothing');
    await w.configuration.pollFile(path, never);
    expect(onChange).not.toHaveBeenCalled();
    expect(w.served()).toEqual(['a']);
    expect(w.configuration.problem()).toBeUndefined();
  });

  it('stands back behind a reload request until it changes', async () => {
    const w = world();
    await writeFile(path, fileOf('a'));
    await w.configuration.pollFile(path, never);
    await w.configuration.reload([], never);
    await w.configuration.pollFile(path, never);
    expect(w.served()).toEqual([]);
    await writeFile(path, fileOf('a', 'b'));
    await w.configuration.pollFile(path, never);
    expect(w.served()).toEqual(['a', 'b']);
  });

  it('stands back behind a reload request too while it cannot be used, and says so on', async () => {
    const w = world({ configured: [config('a')] });
    await writeFile(path, fileOf('b', 'b'));
    await w.configuration.pollFile(path, never);
    await w.configuration.reload([], never);
    await w.configuration.pollFile(path, never);
    expect(w.served()).toEqual([]);
    expect(w.configuration.problem()?.message).toContain('model b multiple times');
  });

  it('changes nothing any more once its poll is given up', async () => {
    const w = world({ configured: [config('a')] });
    await writeFile(path, fileOf('a', 'b'));
    const controller = new AbortController();
    const poll = w.configuration.pollFile(path, controller.signal);
    controller.abort();
    await poll;
    expect(w.served()).toEqual(['a']);
    expect(w.configuration.problem()).toBeUndefined();
  });

  it.each([
    {
      fault: 'text that is none',
      text: 'model_config_list {',
      says: 'models.config: line 1, column 20: the text ends',
    },
    { fault: 'a bad model', text: fileOf('a', 'a'), says: 'models.config: Illegal to list model a multiple times' },
    {
      fault: 'a place that no file system has',
      text: 'model_config_list { config { name: "t" base_path: "tape://1/t" } }',
      says: "models.config: Model t: File system scheme 'tape' is not supported",
    },
    { fault: 'text that is no UTF-8', text: Buffer.from([0x23, 0xff]), says: 'models.config: the file is not UTF-8' },
    { fault: 'no file', text: undefined, says: 'models.config: the file cannot be read (ENOENT)' },
  ])('with $fault it changes nothing, says so once, and until it is corrected', async ({ text, says }) => {
    const w = world({ configured: [config('a')] });
    const onProblem = vi.fn<() => void>();
    w.configuration.onProblemChange(onProblem);
    if (text !== undefined) await writeFile(path, text);
    const startMs = w.clock.now();
    await w.configuration.pollFile(path, never);
    await w.clock.advance(5000);
    await w.configuration.pollFile(path, never);
    expect(w.configuration.problem()).toEqual({ message: expect.stringContaining(says), sinceMs: startMs });
    expect(w.configuration.problem()?.message).not.toContain(directory);
    expect(problems(w)).toHaveLength(1);
    expect(onProblem).toHaveBeenCalledTimes(1);
    expect(w.served()).toEqual(['a']);

    await writeFile(path, fileOf('a'));
    await w.configuration.pollFile(path, never);
    expect(w.configuration.problem()).toBeUndefined();
    expect(onProblem).toHaveBeenCalledTimes(2);
  });

  it.skipIf(process.platform === 'win32')('that is a pipe is not opened', async () => {
    const w = world({ configured: [config('a')] });
    execFileSync('mkfifo', [path]);
    await w.configuration.pollFile(path, never);
    expect(w.configuration.problem()?.message).toBe('models.config: it is not a file');
  });

  it('is tried again, though unchanged, when a label could not move yet', async () => {
    const labelled = (number: string) =>
      `model_config_list { config { name: "a" base_path: "/models/a" version_labels { key: "stable" value: ${number} } } }`;
    const w = world();
    await writeFile(path, labelled('1'));
    await w.configuration.pollFile(path, never);
    await writeFile(path, labelled('2'));
    await w.configuration.pollFile(path, never);
    expect(w.configuration.problem()?.message).toContain('Request to assign label to version 2 of model a');
    expect(w.labels.resolve(name('a'), 'stable')).toBe('1');
    w.move('a', '2', AVAILABLE);
    await w.configuration.pollFile(path, never);
    expect(w.configuration.problem()).toBeUndefined();
    expect(w.labels.resolve(name('a'), 'stable')).toBe('2');
  });

  it('is looked at at once and then at its interval, until the end', async () => {
    const w = world();
    await writeFile(path, fileOf('a'));
    const stop = new AbortController();
    const change = () => inEffect(w);
    const first = change();
    const following = w.configuration.followFile({ path, intervalMs: 1000 }, stop.signal);
    await first;
    await vi.waitUntil(() => w.clock.pendingSleeps === 1);
    await writeFile(path, fileOf('b'));
    await w.clock.advance(999);
    expect(w.served()).toEqual(['a']);
    const second = change();
    await w.clock.advance(1);
    await second;
    expect(w.served()).toEqual(['b']);
    stop.abort();
    await following;
  });
});
