import type { JsonTree } from './json-tree.ts';

/** What a comparison found. */
export interface Difference {
  /** The first place where the two differ, as `predictions[3][7]`, and how. */
  readonly first: string;
  /** How many values differ. */
  readonly count: number;
}

/** Longest text of a value that is shown. */
const MAX_SHOWN = 100;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/u;
const WHOLE = /^-?\d+$/u;
/** How files in strict JSON can write what is no number there. */
const SPECIAL: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

/**
 * Compares an answer with what was expected. Two numbers are the same where they differ by at most
 * `tolerance * (1 + |expected|)`; whole numbers, strings and everything else only where they are equal. NaN equals NaN.
 * @returns undefined where they are the same.
 */
export function compareJson(got: JsonTree, expected: JsonTree, tolerance: number): Difference | undefined {
  let first: string | undefined;
  let count = 0;
  const differs = (place: string, what: string): void => {
    first ??= `${place === '' ? 'the answer' : place} ${what}`;
    count += 1;
  };

  const compare = (left: JsonTree, right: JsonTree, place: string): void => {
    if (left.kind === 'array' && right.kind === 'array') {
      const [length, wanted] = [left.items.length, right.items.length];
      if (length !== wanted) {
        differs(place, `has ${length} element${length === 1 ? '' : 's'}, expected ${wanted}`);
        return;
      }
      right.items.forEach((item, index) => {
        const other = left.items[index];
        if (other) compare(other, item, `${place}[${index}]`);
      });
    } else if (left.kind === 'object' && right.kind === 'object') {
      for (const [key, value] of right.entries) {
        const other = left.entries.get(key);
        if (other) compare(other, value, join(place, key));
        else differs(join(place, key), `is missing, expected ${show(value)}`);
      }
      for (const [key, value] of left.entries) {
        if (!right.entries.has(key)) differs(join(place, key), `is ${show(value)}, expected nothing`);
      }
    } else if (!sameValue(left, right, tolerance)) {
      const allowed = left.kind === 'number' && right.kind === 'number' ? ` (tolerance ${tolerance})` : '';
      differs(place, `is ${show(left)}, expected ${show(right)}${allowed}`);
    }
  };

  compare(got, expected, '');
  return first === undefined ? undefined : { first, count };
}

function sameValue(got: JsonTree, expected: JsonTree, tolerance: number): boolean {
  if (got.kind === 'number') {
    if (expected.kind === 'number') return sameNumber(got.digits, expected.digits, tolerance);
    return expected.kind === 'string' && SPECIAL.has(expected.value) && got.digits === expected.value;
  }
  if (got.kind === 'string') return expected.kind === 'string' && got.value === expected.value;
  if (got.kind === 'boolean') return expected.kind === 'boolean' && got.value === expected.value;
  return got.kind === 'null' && expected.kind === 'null';
}

function sameNumber(got: string, expected: string, tolerance: number): boolean {
  if (WHOLE.test(got) && WHOLE.test(expected)) return BigInt(got) === BigInt(expected);
  const [one, two] = [Number(got), Number(expected)];
  if (Object.is(one, two) || one === two) return true;
  return Number.isFinite(two) && Math.abs(one - two) <= tolerance * (1 + Math.abs(two));
}

function join(place: string, key: string): string {
  if (!IDENTIFIER.test(key)) return `${place}[${JSON.stringify(key)}]`;
  return place === '' ? key : `${place}.${key}`;
}

function show(value: JsonTree): string {
  switch (value.kind) {
    case 'number':
      return value.digits;
    case 'string': {
      const text = JSON.stringify(value.value);
      return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
    }
    case 'boolean':
      return String(value.value);
    case 'null':
      return 'null';
    case 'array':
      return `an array of ${value.items.length}`;
    case 'object':
      return 'an object';
    default:
      return value satisfies never;
  }
}
