import { expect, it } from 'vitest';
import { tensor } from '../testing/fixtures.ts';
import { base64OfBytes, bytesHeld, bytesInput } from './bytes-input.ts';
import { needsBodyFile, quoteCmd } from './snippets.ts';
import { warmUpFile } from './warm-up.ts';

it('writes a warm-up file with every digit of the request', () => {
  const file = warmUpFile({
    name: 'big',
    request: '{"instances": [9007199254740993]}',
    expected: '{"predictions": [NaN]}',
    tolerance: 0.001,
  });
  expect(file?.replaceAll(/\s+/gu, ' ').trim()).toBe(
    '{ "requests": [ { "name": "big", "method": "predict", "body": {"instances": [9007199254740993]}, "expected": {"predictions": [NaN]}, "tolerance": 0.001 } ] }',
  );
});

it('leaves out what is not wanted, and makes no file of what is no JSON', () => {
  expect(warmUpFile({ name: ' ', request: '{}' })).not.toMatch(/name|expected|tolerance/u);
  expect(warmUpFile({ name: '', request: '{' })).toBeUndefined();
  expect(warmUpFile({ name: '', request: '{}', expected: '[1]' })).toBeUndefined();
});

it('holds the bytes of a file in as many lists as the input has axes', () => {
  const info = tensor('image', 'string', ['batch', 1]);
  const bytes = new Uint8Array(70_000).fill(7);
  const input = bytesInput(base64OfBytes(bytes), info);
  expect(input.kind === 'json' ? bytesHeld(input.value) : undefined).toBe(70_000);
  expect(bytesHeld([])).toBeUndefined();
  expect(bytesHeld('text')).toBeUndefined();
});

it('quotes for cmd.exe, and leaves to a file what it cannot bring through', () => {
  expect(quoteCmd('{"a": "b & c"}')).toBe(String.raw`^"{\^"a\^": \^"b ^& c\^"}^"`);
  expect(quoteCmd('http://h/a%20b')).toBe('^"http://h/a^%20b^"');
  expect(needsBodyFile({ url: '', body: '{"a": "100 %"}' }, 'cmd')).toBe(true);
  expect(needsBodyFile({ url: '', body: '{"a": "ü"}' }, 'cmd')).toBe(true);
  expect(needsBodyFile({ url: '', body: '{"a": "ü"}' }, 'bash')).toBe(false);
});
