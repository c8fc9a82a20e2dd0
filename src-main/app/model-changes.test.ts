import { describe, expect, it, vi } from 'vitest';
import { FakeModels, name, version } from '../api/testing/fake-models.ts';
import { FakeDirectory } from '../api/testing/fake-ui.ts';
import { servableKey } from '../contracts/ids.ts';
import type { ModelConfig, VersionPolicy } from '../contracts/model-config.ts';
import { VersionLabel } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { ChangePreview, type VersionAction } from '../contracts/ui-versions.ts';
import { createModelChanges } from './model-changes.ts';

const M = name('m');
const MB = 1_000_000;

/** Model `m` with versions 1 to 3 in its folder, of which 3 serves. */
function setUp({
  origin = 'settings',
  limitBytes,
}: { origin?: 'settings' | 'flags' | 'config'; limitBytes?: number } = {}) {
  const models = new FakeModels();
  const directory = new FakeDirectory();
  directory.set('m', {
    versions: ['3', '2', '1'].map((text) => ({ version: version(text), entry: text, aspired: text === '3' })),
  });
  models.serve('m', '3');
  const saved: ModelConfig[] = [];
  const check = vi.fn<(configs: readonly ModelConfig[]) => void>();
  const held = new Set<string>();
  const loaded: string[] = [];
  const find = (of: typeof M) => {
    const model = directory.find(of);
    return model && { ...model, origin };
  };
  const changes = createModelChanges({
    catalogue: {
      models: () => directory.models(),
      change(of, change) {
        const model = directory.find(of);
        if (model) saved.push(change(model.config));
        return Promise.resolve();
      },
    },
    directory: { find },
    states: models,
    labels: { check, labelsOf: (of) => models.labelsOf(of) },
    holds: {
      of: () => [...held].map(version),
      load(id) {
        loaded.push(servableKey(id));
        return Promise.resolve();
      },
    },
    memory: () => ({ usedBytes: 50 * MB, ...(limitBytes !== undefined && { limitBytes }) }),
    bytesOf: ({ version: of }) => (of === '1' ? undefined : 50 * MB),
  });
  const preview = (change: Parameters<typeof changes.preview>[1]) => ChangePreview.parse(changes.preview(M, change));
  const steps = (versionPolicy: VersionPolicy) =>
    preview({ versionPolicy }).steps.map(({ kind, version: of, serving }) => `${kind} ${of} (${serving.join(' ')})`);
  const byHand = (action: VersionAction, ...of: readonly string[]) =>
    ChangePreview.parse(changes.previewVersions(M, of.map(version), action));
  return { models, directory, changes, saved, check, preview, steps, held, loaded, byHand };
}

const specific = (...versions: readonly string[]): VersionPolicy => ({
  kind: 'specific',
  versions: versions.map(version),
});

describe('preview', () => {
  it.each<[string, VersionPolicy, readonly string[]]>([
    ['what is so already', { kind: 'latest', count: 1 }, []],
    ['one more', { kind: 'latest', count: 2 }, ['load 2 (3)', 'available 2 (3 2)']],
    ['a version of before', specific('2'), ['load 2 (3)', 'available 2 (3 2)', 'unload 3 (2)']],
    ['all', { kind: 'all' }, ['load 2 (3)', 'load 1 (3)', 'available 2 (3 2)', 'available 1 (3 2 1)']],
    ['none', specific(), ['unload 3 ()']],
  ])('of %s', (_, policy, expected) => {
    expect(setUp().steps(policy)).toEqual(expected);
  });

  it('has the memory of each step, as far as it is known', () => {
    const { preview } = setUp();
    const { steps, memory } = preview({ versionPolicy: { kind: 'all' } });
    expect(memory).toEqual({ usedBytes: 50 * MB });
    expect(steps.map(({ version: of, bytes, usedBytes }) => [of, bytes, usedBytes / MB])).toEqual([
      ['2', 50 * MB, 100],
      ['1', undefined, 100],
      ['2', 50 * MB, 100],
      ['1', undefined, 100],
    ]);
  });

  it('shows what the other policy would do for want of memory', () => {
    const { preview } = setUp({ limitBytes: 80 * MB });
    expect(preview({ versionPolicy: specific('2') }).steps.map(({ kind }) => kind)).toEqual(['refused']);
    const change = { versionPolicy: specific('2'), aspiredVersionPolicy: 'resource_preserving' as const };
    expect(preview(change).steps.map(({ kind }) => kind)).toEqual(['unload', 'load', 'available']);
  });

  it('says what stands in the way of a version', () => {
    const { models, directory, preview, steps } = setUp();
    models.move('m', '2', { phase: 'end', error: new ServingError('INVALID_ARGUMENT', 'cut short') });
    directory.set('m', {
      versions: [
        { version: version('4'), entry: '4', aspired: false, waiting: 'weights.bin is still growing' },
        { version: version('3'), entry: '3', aspired: true },
        { version: version('2'), entry: '2', aspired: true },
      ],
    });
    expect(preview({ versionPolicy: specific('9', '4', '2') })).toMatchObject({
      steps: [],
      notes: [
        'v4 waits: weights.bin is still growing',
        'v2 failed to load; it is tried again when its files change, or by hand',
        'v9 is not there (yet)',
      ],
    });
    // A version that waits takes no place yet.
    expect(steps({ kind: 'latest', count: 1 })).toEqual([]);
  });

  it.each(['flags', 'config'] as const)('says where a model of %s is changed', (origin) => {
    expect(setUp({ origin }).preview({ versionPolicy: specific('2') }).refusal).toMatch(
      /change (?:it|its flags) there$/u,
    );
  });

  it('has the reason why labels are refused', () => {
    const { check, preview } = setUp();
    const label = (text: string, of: string) => ({ label: VersionLabel.parse(text), version: version(of) });
    expect(preview({ labels: [label('a', '3')] }).refusal).toBeUndefined();
    expect(check).toHaveBeenCalledWith([expect.objectContaining({ versionLabels: { a: '3' } })]);
    expect(preview({ labels: [label('a', '3'), label('a', '2')] }).refusal).toContain('twice');
    check.mockImplementation(() => {
      throw new ServingError('FAILED_PRECONDITION', 'version 2 is not available');
    });
    expect(preview({ labels: [label('a', '2')] }).refusal).toBe('version 2 is not available');
  });
});

const plain = ({ steps }: ChangePreview) =>
  steps.map(({ kind, version: of, serving }) => `${kind} ${of} (${serving.join(' ')})`);

describe('labels in a preview', () => {
  const labelOf = (text: string, of: string) => ({ label: VersionLabel.parse(text), version: version(of) });

  it('are blocked where a policy leaves their version out', () => {
    const { models, preview } = setUp();
    models.label('m', 'stable', '3');
    expect(preview({ versionPolicy: specific('2') }).labels).toEqual([
      { label: 'stable', version: '3', kind: 'blocked', reason: 'v3 is not among the versions to serve then' },
    ]);
    expect(preview({ versionPolicy: { kind: 'latest', count: 2 } }).labels).toEqual([]);
  });

  it('are refused where they may not be, each with its reason', () => {
    const { models, check, preview } = setUp();
    models.label('m', 'stable', '3');
    check.mockImplementation((configs) => {
      const to = Object.entries(configs[0]?.versionLabels ?? {}).find(([, of]) => of === '2');
      if (to) throw new ServingError('FAILED_PRECONDITION', `${to[0]} may not`);
    });
    const labels = [labelOf('stable', '3'), labelOf('canary', '2')];
    expect(preview({ labels })).toMatchObject({
      refusal: 'canary may not',
      labels: [{ label: 'canary', version: '2', kind: 'refused', reason: 'canary may not' }],
    });
  });
});

describe('preview of what is done by hand', () => {
  it('unloads a version, which keeps its place', () => {
    const { models, byHand } = setUp();
    models.label('m', 'stable', '3');
    const preview = byHand('unload', '3');
    expect(plain(preview)).toEqual(['unload 3 ()']);
    expect(preview.labels).toEqual([
      { label: 'stable', version: '3', kind: 'blocked', reason: 'v3 is held back: you unloaded it' },
    ]);
    expect(preview.notes).toEqual([
      expect.stringContaining('v3 keeps its place among the latest: no older version is loaded instead'),
      expect.stringContaining('it stays unloaded until you load it'),
    ]);
  });

  it('tells how many requests may finish', () => {
    const { models, byHand } = setUp();
    models.move('m', '3', { phase: 'available', loadMs: 1 }, { inFlight: 4 });
    expect(byHand('reload', '3').notes).toEqual(['4 requests may finish before it is unloaded']);
  });

  it('has the gap that a reload makes where nothing else serves', () => {
    const { models, byHand } = setUp();
    models.label('m', 'stable', '3');
    const preview = byHand('reload', '3');
    expect(plain(preview)).toEqual(['unload 3 ()', 'load 3 ()', 'available 3 (3)']);
    expect(preview.labels).toEqual([
      { label: 'stable', version: '3', kind: 'interrupted', reason: 'v3 does not serve for a while' },
    ]);
  });

  it('loads what was unloaded', () => {
    const { models, held, byHand } = setUp();
    held.add('3');
    models.move('m', '3', { phase: 'end' }, { aspired: false });
    expect(plain(byHand('load', '3'))).toEqual(['load 3 ()', 'available 3 (3)']);
  });

  it('loads afresh what failed', () => {
    const { models, byHand } = setUp();
    models.move('m', '3', { phase: 'end', error: new ServingError('INTERNAL', 'why') });
    expect(plain(byHand('reload', '3'))).toEqual(['load 3 ()', 'available 3 (3)']);
  });
});

describe('versions that are unloaded by hand', () => {
  it('stay so under another policy, unless that is the first to name them', async () => {
    const { models, held, preview, steps, changes, loaded } = setUp();
    held.add('3');
    models.move('m', '3', { phase: 'end' }, { aspired: false });
    expect(steps({ kind: 'latest', count: 2 })).toEqual(['load 2 ()', 'available 2 (2)']);
    expect(preview({ versionPolicy: { kind: 'latest', count: 2 } }).notes).toEqual([
      'v3 is held back: you unloaded it',
    ]);
    expect(steps(specific('3'))).toEqual(['load 3 ()', 'available 3 (3)']);
    await changes.apply(M, { versionPolicy: { kind: 'latest', count: 2 } });
    expect(loaded).toEqual([]);
    await changes.apply(M, { versionPolicy: specific('3') });
    expect(loaded).toEqual(['m/3']);
  });
});

it('applies what the preview allows, and nothing else', async () => {
  const { changes, saved } = setUp();
  await changes.apply(M, { versionPolicy: specific('2') });
  expect(saved).toMatchObject([{ name: 'm', basePath: '/models/m', versionPolicy: specific('2') }]);
  await expect(setUp({ origin: 'config' }).changes.apply(M, {})).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  await expect(changes.apply(name('other'), {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
