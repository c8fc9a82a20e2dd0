import { expect, it } from 'vitest';
import { jsonFile } from './json-file.ts';

const sevens = (count: number): readonly number[] => Array.from({ length: count }, () => 7);
const key = (length: number): string => 'k'.repeat(length);

it.each<{ what: string; value: unknown; lines: readonly string[] }>([
  {
    what: 'objects and texts line by line',
    value: { a: 'x "y"', b: { c: null, d: true } },
    lines: ['{', '  "a": "x \\"y\\"",', '  "b": {', '    "c": null,', '    "d": true', '  }', '}'],
  },
  { what: 'numbers that fit on one line', value: { a: [1, 2.5, -3] }, lines: ['{', '  "a": [1, 2.5, -3]', '}'] },
  {
    what: 'numbers that do not, as many to a line as fit',
    value: { a: sevens(39) },
    lines: ['{', '  "a": [', `    ${'7, '.repeat(38)}7`, '  ]', '}'],
  },
  {
    what: 'a second line of numbers',
    value: { a: sevens(40) },
    lines: ['{', '  "a": [', `    ${'7, '.repeat(38)}7,`, '    7', '  ]', '}'],
  },
  {
    what: 'rows one by one, and a row alone without breaks',
    value: { a: [[1, 2], [3]], b: [[4, 5]] },
    lines: ['{', '  "a": [', '    [1, 2],', '    [3]', '  ],', '  "b": [[4, 5]]', '}'],
  },
  {
    what: 'a line of just 120 characters',
    value: { [key(108)]: [1, 2] },
    lines: ['{', `  "${key(108)}": [1, 2]`, '}'],
  },
  {
    what: 'a line that would be too long by its comma',
    value: { [key(108)]: [1, 2], a: 3 },
    lines: ['{', `  "${key(108)}": [`, '    1, 2', '  ],', '  "a": 3', '}'],
  },
])('writes $what', ({ value, lines }) => {
  const written = new TextDecoder().decode(jsonFile(value));
  expect(written).toBe(`${lines.join('\n')}\n`);
  expect(JSON.parse(written)).toEqual(value);
});
