import { describe, expect, it } from 'vitest';
import { JsonSyntaxError, type JsonTree, parseJsonTree } from './json-tree.ts';

/** Back to plain values; numbers as their digits. */
function plain(tree: JsonTree): unknown {
  switch (tree.kind) {
    case 'null':
      return null;
    case 'number':
      return `#${tree.digits}`;
    case 'array':
      return tree.items.map(plain);
    case 'object':
      return Object.fromEntries(Array.from(tree.entries, ([key, value]) => [key, plain(value)]));
    default:
      return tree.value;
  }
}

describe('parseJsonTree', () => {
  it.each([
    { text: ' { } ', expected: {} },
    { text: '[]', expected: [] },
    { text: '[1, -2.50, 1e+9, 0]', expected: ['#1', '#-2.50', '#1e+9', '#0'] },
    { text: '[NaN,Infinity,-Infinity]', expected: ['#NaN', '#Infinity', '#-Infinity'] },
    { text: '12345678901234567890', expected: '#12345678901234567890' },
    { text: '{"a": {"b": [true, false, null]}}', expected: { a: { b: [true, false, null] } } },
    { text: '{"a": 1, "a": 2}', expected: { a: '#1' } },
    { text: String.raw`"a\"\\\u00e9\n"`, expected: 'a"\\é\n' },
    { text: '\n[\t"é",\r\n"]"]', expected: ['é', ']'] },
  ])('reads $text', ({ text, expected }) => {
    expect(plain(parseJsonTree(text))).toEqual(expected);
  });

  it('knows where each value stands', () => {
    const text = '{"body" : {"x": [1.0, NaN] } , "y": "z" }';
    const tree = parseJsonTree(text);
    const shown =
      tree.kind === 'object' ? [...tree.entries.values()].map(({ start, end }) => text.slice(start, end)) : [];
    expect(shown).toEqual(['{"x": [1.0, NaN] }', '"z"']);
  });

  it.each([
    { text: '', message: 'line 1, column 1: expected a value' },
    { text: '{"a": 1,\n "b": }', message: 'line 2, column 7: expected a value' },
    { text: '{a: 1}', message: 'line 1, column 2: expected a key in quotes' },
    { text: '{"a" 1}', message: 'line 1, column 6: expected ":"' },
    { text: '{"a": 1', message: 'line 1, column 8: expected "," or "}"' },
    { text: '[1 2]', message: 'line 1, column 4: expected "," or "]"' },
    { text: '[1,]', message: 'line 1, column 4: expected a value' },
    { text: '[01]', message: 'line 1, column 3: expected "," or "]"' },
    { text: '"a', message: 'line 1, column 1: a string that is not well-formed' },
    { text: '"a\nb"', message: 'line 1, column 1: a string that is not well-formed' },
    { text: String.raw`["\x"]`, message: 'line 1, column 2: a string that is not well-formed' },
    { text: '{} {}', message: 'line 1, column 4: unexpected text after the end' },
    { text: '['.repeat(300), message: 'line 1, column 202: nested too deep' },
  ])('refuses $text', ({ text, message }) => {
    expect(() => parseJsonTree(text)).toThrow(new JsonSyntaxError(message));
  });

  it('takes strings and lists of megabytes', () => {
    const long = 'x'.repeat(5_000_000);
    expect(plain(parseJsonTree(`["${long}"]`))).toEqual([long]);
    const tree = parseJsonTree(`[${'1,'.repeat(500_000)}1]`);
    expect(tree.kind === 'array' && tree.items.length).toBe(500_001);
  });
});
