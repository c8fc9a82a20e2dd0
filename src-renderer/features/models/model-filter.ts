import type { ModelView } from '#contracts/ui.ts';
import { hasError } from '../../stores/server-store.ts';
import { ORIGIN_TEXT, VERSION_STATUSES, versionStatus } from './version-status.ts';

/**
 * The filter box. Words separated by blanks, all of which must match:
 * `resnet` in the name or path, `"two words"`, `state:error`, `state:loading,retrying`, `origin:sample`, `-state:available`.
 */
export interface ModelFilter {
  matches(model: ModelView): boolean;
  /** What is wrong with the filter, in words; it then matches nothing. */
  readonly problem: string | undefined;
}

/** `error` is anything that needs a person; `empty` a model without a version. */
const FILTER_STATES = ['error', 'empty', ...VERSION_STATUSES] as const;
const ORIGINS = Object.keys(ORIGIN_TEXT);

const TERM = /(-?)(?:(state|origin):(\S*)|"([^"]*)"?|(\S+))/giu;

export function parseModelFilter(text: string): ModelFilter {
  const tests: ((model: ModelView) => boolean)[] = [];
  let problem: string | undefined;
  for (const [, minus, key, values = '', quoted, word] of text.matchAll(TERM)) {
    const wanted = values
      .toLowerCase()
      .split(',')
      .filter((value) => value !== '');
    let test: (model: ModelView) => boolean;
    switch (key?.toLowerCase()) {
      case 'state':
        problem ??= unknownValue('state', wanted, FILTER_STATES);
        test = (model) => wanted.length === 0 || wanted.some((state) => isInState(model, state));
        break;
      case 'origin':
        problem ??= unknownValue('origin', wanted, ORIGINS);
        test = (model) => wanted.length === 0 || wanted.includes(model.origin);
        break;
      default: {
        const needle = (quoted ?? word ?? '').toLowerCase();
        test = (model) => model.name.toLowerCase().includes(needle) || model.basePath.toLowerCase().includes(needle);
      }
    }
    tests.push(minus === '-' ? (model) => !test(model) : test);
  }
  return { matches: (model) => problem === undefined && tests.every((test) => test(model)), problem };
}

function unknownValue(key: string, wanted: readonly string[], known: readonly string[]): string | undefined {
  const unknown = wanted.find((value) => !known.some((candidate) => candidate === value));
  return unknown === undefined
    ? undefined
    : `There is no ${key} “${unknown}”. Try ${known.slice(0, -1).join(', ')} or ${known.at(-1)}.`;
}

function isInState(model: ModelView, state: string): boolean {
  if (state === 'error') return hasError(model);
  if (state === 'empty') return model.versions.length === 0;
  return model.versions.some((version) => versionStatus(version) === state);
}
