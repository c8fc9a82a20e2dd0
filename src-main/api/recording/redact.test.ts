import { describe, expect, it } from 'vitest';
import { isSecretName, redactJson } from './redact.ts';

describe('a name of a field', () => {
  it.each([
    'password',
    'user_password',
    'apiKey',
    'api-key',
    'Authorization',
    'access_token',
    'token',
    'client_secret',
  ])('%s is that of a secret', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each(['instances', 'token_type_ids', 'tokens', 'max_tokens', 'input_ids', 'keys', 'passengers', ''])(
    '%s is no secret',
    (name) => {
      expect(isSecretName(name)).toBe(false);
    },
  );
});

describe('a text', () => {
  const R = '"[redacted]"';
  it.each([
    { of: 'nothing secret', text: '{"instances": [[1, 2], [3, 4]], "x": "a \\" b"}' },
    { of: 'a string', text: '{"password": "a\\"b", "x": 1}', expected: `{"password": ${R}, "x": 1}` },
    { of: 'a number', text: '{"pwd":12,"x":1}', expected: `{"pwd":${R},"x":1}` },
    { of: 'a literal', text: '[{"token": null}]', expected: `[{"token": ${R}}]` },
    { of: 'an object', text: '{"secret": {"a": ["]}", 1]}, "x": 1}', expected: `{"secret": ${R}, "x": 1}` },
    { of: 'a list', text: '{"a":{"api_key":[1,[2,"]"]]},"x":[3]}', expected: `{"a":{"api_key":${R}},"x":[3]}` },
    { of: 'an escaped name', text: '{"p\\u0061ssword":"x"}', expected: `{"p\\u0061ssword":${R}}` },
    { of: 'two secrets', text: '{"token":"a","secret":"b"}', expected: `{"token":${R},"secret":${R}}` },
    { of: 'a secret that is cut off', text: '{"token": "abc', expected: `{"token": ${R}` },
    { of: 'a secret object that is cut off', text: '{"secret": {"a": "b", "c', expected: `{"secret": ${R}` },
    { of: 'a value that is cut off at a backslash', text: '{"token": "abc\\', expected: `{"token": ${R}` },
    { of: 'a secret without a value yet', text: '{"token":', expected: `{"token":${R}` },
    { of: 'the word as a value', text: '["token", "password"]' },
    { of: 'no JSON', text: 'token: "x" }}] "' },
    { of: 'a short payload', text: '{"b64": "AAAA"}' },
    {
      of: 'a long payload',
      text: `{"b64": "${'AB'.repeat(100)}", "x": 1}`,
      expected: `{"b64": "${'AB'.repeat(8)}… (200 characters)", "x": 1}`,
    },
    {
      of: 'a payload that is cut off',
      text: `{"b64": "${'AB'.repeat(50)}`,
      expected: `{"b64": "${'AB'.repeat(8)}… (100 characters)"`,
    },
  ])('of $of', ({ text, expected }) => {
    expect(redactJson(text)).toBe(expected ?? text);
  });

  it('of a mebibyte is read in one pass', () => {
    for (const piece of ['[', '"a":', '{"secret":[', '\\"', '"token":"x",', 'a"b":', 'x', '\\n']) {
      const text = `{"b64": "", "x": "${piece.repeat(1024 ** 2 / piece.length)}`;
      // A quadratic one would take minutes, and run into the time limit of tests.
      expect(redactJson(text).length).toBeGreaterThan(0);
    }
  });
});
