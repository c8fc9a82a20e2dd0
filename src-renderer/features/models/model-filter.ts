import type { ModelView } from '#contracts/ui.ts';
import { filterTerms } from '../../format/filter-terms.ts';
import { hasError } from '../../stores/server-store.ts';
import { strings } from '../../strings/index.ts';
import { placeKind } from './reason-text.ts';
import { ORIGIN_TEXT, VERSION_STATUSES, versionStatus } from './version-status.ts';

/**
 * The filter box. Words separated by blanks, all of which must match:
 * `resnet` in the name or path, `"two words"`, `name~res`, `state:error`, `state:loading,retrying`, `source:s3` or
 * `source:prod` in the path, `label:stable`, `origin:sample`, and each with a minus before it for the opposite.
 */
export interface ModelFilter {
  matches(model: ModelView): boolean;
  /** What is wrong with the filter, in words; it then matches nothing. */
  readonly problem: string | undefined;
}

/** `error` is anything that needs a person; `empty` a model without a version. */
const FILTER_STATES = ['error', 'empty', ...VERSION_STATUSES] as const;
const ORIGINS = Object.keys(ORIGIN_TEXT);

const KEYS = ['state', 'origin', 'source', 'label', 'name'];

type Test = (model: ModelView) => boolean;

export function parseModelFilter(text: string): ModelFilter {
  const tests: Test[] = [];
  let problem: string | undefined;
  for (const { key, values, isOpposite } of filterTerms(text, KEYS)) {
    problem ??= unknownValue(key, values);
    const test: Test = (model) => values.some((value) => isWanted(key, value, model));
    tests.push(isOpposite ? (model) => !test(model) : test);
  }
  return { matches: (model) => problem === undefined && tests.every((test) => test(model)), problem };
}

function isWanted(key: string, wanted: string, model: ModelView): boolean {
  const { name, basePath, origin, labels } = model;
  switch (key) {
    case 'state':
      return isInState(model, wanted);
    case 'origin':
      return origin === wanted;
    case 'source':
      return placeKind(basePath) === wanted || basePath.toLowerCase().includes(wanted);
    case 'label':
      return labels.some(({ label }) => label.toLowerCase().startsWith(wanted));
    case 'name':
      return name.toLowerCase().includes(wanted);
    default:
      return name.toLowerCase().includes(wanted) || basePath.toLowerCase().includes(wanted);
  }
}

function unknownValue(key: string, wanted: readonly string[]): string | undefined {
  const known: readonly string[] = key === 'state' ? FILTER_STATES : key === 'origin' ? ORIGINS : wanted;
  const unknown = wanted.find((value) => !known.includes(value));
  return unknown === undefined
    ? undefined
    : strings.models.unknownValue(key, unknown, known.slice(0, -1).join(', '), known.at(-1) ?? '');
}

function isInState(model: ModelView, state: string): boolean {
  if (state === 'error') return hasError(model);
  if (state === 'empty') return model.versions.length === 0;
  return model.versions.some((version) => versionStatus(version) === state);
}
