import { describe, expect, it } from 'vitest';
import { describeListenError } from './listen-error.ts';

describe('describeListenError', () => {
  it.each([
    { code: 'EACCES', expected: 'PERMISSION_DENIED', message: /^port 80 on 127\.0\.0\.1 .* --ui_port$/u },
    { code: 'EADDRNOTAVAIL', expected: 'INVALID_ARGUMENT', message: /127\.0\.0\.1 is no address .* --host$/u },
    { code: 'EMFILE', expected: 'UNAVAILABLE', message: /^cannot listen on port 80 of 127\.0\.0\.1 \(EMFILE\)$/u },
    { code: undefined, expected: 'UNAVAILABLE', message: /unknown error/u },
  ])('$code becomes $expected', async ({ code, expected, message }) => {
    const thrown = Object.assign(new Error('listen'), { code });
    const error = await describeListenError(thrown, { host: '127.0.0.1', port: 80, portFlag: 'ui_port' });
    expect(error.code).toBe(expected);
    expect(error.message).toMatch(message);
    expect(error.cause).toBe(thrown);
  });
});
