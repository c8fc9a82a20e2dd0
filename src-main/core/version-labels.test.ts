import { describe, expect, it } from 'vitest';
import { servableKey } from '../contracts/ids.ts';
import { ModelConfig } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { servableName } from './testing/servables.ts';
import { createVersionLabels, type VersionLabelsStore } from './version-labels.ts';

type Labels = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Configurations of models by name, with their labels. */
function configs(models: Labels): ModelConfig[] {
  return Object.entries(models).map(([name, versionLabels]) =>
    ModelConfig.parse({ name, basePath: `/models/${name}`, versionPolicy: { kind: 'all' }, versionLabels }),
  );
}

function store({ available = [], allowUnavailable = true }: { available?: string[]; allowUnavailable?: boolean } = {}) {
  const set = new Set(available);
  return {
    available: set,
    labels: createVersionLabels({ isAvailable: (id) => set.has(servableKey(id)), allowUnavailable }),
  };
}

function outcome(act: () => unknown): string {
  try {
    act();
    return 'accepted';
  } catch (error) {
    if (error instanceof ServingError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const labelsOf = (labels: VersionLabelsStore, name: string): unknown => labels.labelsOf(servableName(name));

describe('resolve', () => {
  it('gives the version of a label, of that model only', () => {
    const { labels } = store();
    labels.apply(configs({ m: { stable: '1', canary: '2' }, n: { stable: '7' } }));
    expect(labels.resolve(servableName('m'), 'canary')).toBe('2');
    expect(labels.resolve(servableName('n'), 'stable')).toBe('7');
    expect(labelsOf(labels, 'm')).toEqual([
      ['stable', '1'],
      ['canary', '2'],
    ]);
  });

  it.each([
    { when: 'the model has no such label', name: 'm', label: 'Stable' },
    { when: 'the label is one of another model', name: 'n', label: 'stable' },
    { when: 'the model is unknown', name: 'nobody', label: 'stable' },
    { when: 'the text is a name that every object has', name: 'm', label: 'constructor' },
  ])('refuses where $when', ({ name, label }) => {
    const { labels } = store();
    labels.apply(configs({ m: { stable: '1' }, n: {} }));
    expect(outcome(() => labels.resolve(servableName(name), label))).toBe(
      `INVALID_ARGUMENT: Unrecognized servable version label: ${label}`,
    );
  });
});

describe('check', () => {
  const refused = (version: string, rule: string): string =>
    `FAILED_PRECONDITION: Request to assign label to version ${version} of model m, which is not currently available for inference; ${rule}`;
  it.each<{
    when: string;
    allowUnavailable: boolean;
    available?: string[];
    before?: Labels;
    after: Labels;
    expected: string;
  }>([
    {
      when: 'a new label on an available version',
      allowUnavailable: false,
      available: ['m/1'],
      after: { m: { stable: '1' } },
      expected: 'accepted',
    },
    {
      when: 'a new label on an unavailable version',
      allowUnavailable: false,
      after: { m: { stable: '1' } },
      expected: refused('1', 'label "stable" is new, and new labels may point only to available versions'),
    },
    {
      when: 'a new label on an unavailable version, which is allowed',
      allowUnavailable: true,
      after: { m: { stable: '1' } },
      expected: 'accepted',
    },
    {
      when: 'a second label on a version that has one',
      allowUnavailable: false,
      available: ['m/1'],
      before: { m: { stable: '1' } },
      after: { m: { stable: '1', also: '1' } },
      expected: 'accepted',
    },
    ...[true, false].map((allowUnavailable) => ({
      when: 'a label in use moves to an available version',
      allowUnavailable,
      available: ['m/2'],
      before: { m: { stable: '1' } },
      after: { m: { stable: '2' } },
      expected: 'accepted',
    })),
    ...[true, false].map((allowUnavailable) => ({
      when: 'a label in use moves to an unavailable version',
      allowUnavailable,
      available: ['m/1'],
      before: { m: { stable: '1' } },
      after: { m: { stable: '2' } },
      expected: refused('2', 'label "stable" stands for version 1 and moves only to an available version'),
    })),
    ...[true, false].map((allowUnavailable) => ({
      when: 'a label stays on a version that is gone',
      allowUnavailable,
      before: { m: { stable: '1' } },
      after: { m: { stable: '1' } },
      expected: 'accepted',
    })),
    {
      when: 'a label in use is left out',
      allowUnavailable: false,
      before: { m: { stable: '1' } },
      after: { m: {} },
      expected: 'accepted',
    },
    {
      when: 'one of many labels may not move',
      allowUnavailable: true,
      available: ['n/2', 'm/1'],
      before: { n: { stable: '1' }, m: { canary: '1' } },
      after: { n: { stable: '2' }, m: { stable: '1', canary: '3' } },
      expected: refused('3', 'label "canary" stands for version 1 and moves only to an available version'),
    },
  ])('$when ($allowUnavailable)', ({ allowUnavailable, available = [], before = {}, after, expected }) => {
    const { labels } = store({ allowUnavailable, available });
    labels.apply(configs(before));
    const stood = labelsOf(labels, 'm');
    expect(outcome(() => labels.check(configs(after)))).toBe(expected);
    // Whatever it said: nothing has changed.
    expect(labelsOf(labels, 'm')).toEqual(stood);
  });

  it('goes by what is available at the time', () => {
    const { labels, available } = store();
    labels.apply(configs({ m: { stable: '1' } }));
    const next = configs({ m: { stable: '2' } });
    expect(outcome(() => labels.check(next))).toContain('FAILED_PRECONDITION');
    available.add('m/2');
    expect(outcome(() => labels.check(next))).toBe('accepted');
  });
});

describe('apply', () => {
  it('replaces all labels of all models', () => {
    const { labels } = store();
    labels.apply(configs({ m: { stable: '1', canary: '2' }, n: { stable: '1' } }));
    labels.apply(configs({ m: { canary: '3' }, o: {} }));
    expect([labelsOf(labels, 'm'), labelsOf(labels, 'n')]).toEqual([[['canary', '3']], []]);
  });

  it('a label that was left out once is new again', () => {
    const { labels } = store({ allowUnavailable: true });
    labels.apply(configs({ m: { stable: '1' } }));
    labels.apply(configs({ m: {} }));
    expect(outcome(() => labels.check(configs({ m: { stable: '2' } })))).toBe('accepted');
  });

  it('never fails, whatever was not checked', () => {
    const { labels } = store({ allowUnavailable: false });
    labels.apply(configs({ m: { stable: '1' } }));
    labels.apply(configs({ m: { stable: '2' } }));
    expect(labels.resolve(servableName('m'), 'stable')).toBe('2');
  });

  it('takes a model without any labels', () => {
    const { labels } = store();
    const [config] = configs({ m: {} });
    const { versionLabels: _none, ...bare } = ModelConfig.parse(config);
    labels.apply([bare]);
    expect([outcome(() => labels.check([bare])), labelsOf(labels, 'm')]).toEqual(['accepted', []]);
  });
});
