import { describe, expect, it } from 'vitest';
import { parseTextProto, type TextField, type TextValue } from './text-proto.ts';

/** Fields as plain data, places left out. */
function plain(fields: readonly TextField[]): unknown[] {
  return fields.map(({ name, value }) => [name, plainValue(value)]);
}
function plainValue(value: TextValue): unknown {
  return value.kind === 'message'
    ? plain(value.fields)
    : value.kind === 'string'
      ? value.text
      : { literal: value.text };
}

describe('parseTextProto', () => {
  it.each([
    { what: 'nothing', text: ' \n# only a comment', fields: [] },
    {
      what: 'scalars',
      text: 'a: 1 b: -2 c: 1.5e3 d: true e: LATEST',
      fields: [
        ['a', { literal: '1' }],
        ['b', { literal: '-2' }],
        ['c', { literal: '1.5e3' }],
        ['d', { literal: 'true' }],
        ['e', { literal: 'LATEST' }],
      ],
    },
    { what: 'a sign apart from its number', text: 'a: - 2', fields: [['a', { literal: '-2' }]] },
    {
      what: 'separators',
      text: 'a: 1, b: 2; c: 3',
      fields: [
        ['a', { literal: '1' }],
        ['b', { literal: '2' }],
        ['c', { literal: '3' }],
      ],
    },
    {
      what: 'both brackets, with and without colon',
      text: 'm { a: 1 } m: { a: 2 } m < a: 3 > m: < a: 4 >',
      fields: ['1', '2', '3', '4'].map((text) => ['m', [['a', { literal: text }]]]),
    },
    {
      what: 'lists',
      text: 'a: [1, 2] m [{ b: 1 }, < b: 2 >] e: []',
      fields: [
        ['a', { literal: '1' }],
        ['a', { literal: '2' }],
        ['m', [['b', { literal: '1' }]]],
        ['m', [['b', { literal: '2' }]]],
      ],
    },
    {
      what: 'both quotes',
      text: `a: "it's" b: 'say "x"'`,
      fields: [
        ['a', "it's"],
        ['b', 'say "x"'],
      ],
    },
    { what: 'strings in a row', text: `a: "one " # comment\n  'two'`, fields: [['a', 'one two']] },
    {
      what: 'escapes',
      text: String.raw`a: "\n\t\\\"\101\x42\u00e9\U0001F600\303\251"`,
      fields: [['a', '\n\t\\"ABé😀é']],
    },
    { what: 'two escapes for one character', text: String.raw`a: "\ud83d\ude00\U0001F600"`, fields: [['a', '😀😀']] },
    { what: 'plain and escaped strings in a row', text: String.raw`a: "é" '\'' "\303" "\251"`, fields: [['a', "é'é"]] },
    { what: 'non-ASCII text', text: 'a: "模型 é"', fields: [['a', '模型 é']] },
    { what: 'a byte order mark', text: '\ufeffa: 1', fields: [['a', { literal: '1' }]] },
    { what: 'extension names', text: '[a.b/c.D] { x: 1 }', fields: [['[a.b/c.D]', [['x', { literal: '1' }]]]] },
  ])('reads $what', ({ text, fields }) => {
    expect(plain(parseTextProto(text))).toEqual(fields);
  });

  it.each([
    ['a 1', 'line 1, column 3: expected ":" or "{" after the field name, found "1"'],
    ['m {\n  a: 1\n', 'line 3, column 1: the text ends where "}" was expected'],
    ['m { a: 1 >', 'line 1, column 10: expected a field name, found ">"'],
    ['a: "x\ny"', 'line 1, column 4: the string that starts here has no closing "'],
    ['a:', 'line 1, column 3: expected a value, found the end of the text'],
    ['a: [1 2]', 'expected "," or "]" in a list'],
    ['}', 'expected a field name, found "}"'],
    [String.raw`a: "\q"`, 'unknown escape'],
    [String.raw`a: "\U00110000"`, 'is not a Unicode character'],
    [String.raw`a: "\ud83d"`, 'is not a Unicode character'],
    [String.raw`a: "\377"`, 'line 1, column 4: the escapes in this string do not make UTF-8 text'],
    ['m{'.repeat(200), 'nested deeper than 100'],
  ])('refuses %j', (text, message) => {
    expect(() => parseTextProto(text)).toThrow(message);
  });

  it('tells where each field stands', () => {
    expect(parseTextProto('a: 1\n  b {\n    c: 2 }')[1]).toMatchObject({
      place: { line: 2, column: 3 },
      value: { fields: [{ place: { line: 3, column: 5 } }] },
    });
  });

  it.each([
    { where: 'between fields', text: 'a: 1\n# mine: b: 2\nc: 3' },
    { where: 'behind a field', text: 'a: 1 # mine: b: 2\nc: 3' },
    { where: 'at the end', text: 'a: 1 c: 3\n  #mine: b: 2' },
    { where: 'before another comment', text: 'a: 1 # mine: b: 2 # not mine\n# mine b: 9\nc: 3' },
  ])('finds the fields of a comment $where', ({ text }) => {
    const fields = parseTextProto(text, 'mine');
    const byName = Object.fromEntries(fields.map((field) => [field.name, field]));
    expect(Object.keys(byName).toSorted()).toEqual(['a', 'b', 'c']);
    expect(byName['b']).toMatchObject({ isPragma: true, value: { text: '2' } });
    expect(byName['a']).not.toHaveProperty('isPragma');
    expect(plain(parseTextProto(text))).toHaveLength(2);
  });

  it('gives the fields of a comment to the message in which it stands, with their place', () => {
    expect(parseTextProto('m {\n  n {}\n  # mine: b { c: 2 }\n}\n', 'mine')).toMatchObject([
      {
        name: 'm',
        value: {
          fields: [
            { name: 'n' },
            { name: 'b', place: { line: 3, column: 11 }, value: { fields: [{ place: { line: 3, column: 15 } }] } },
          ],
        },
      },
    ]);
    expect(parseTextProto('a: "# mine: b: 2"', 'mine')).toMatchObject([{ value: { text: '# mine: b: 2' } }]);
  });
});
