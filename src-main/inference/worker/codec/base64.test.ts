import { describe, expect, it } from 'vitest';
import { decodeBase64 } from './base64.ts';

describe('decodeBase64', () => {
  it.each([
    ['', ''],
    ['aGVsbG8=', 'hello'],
    ['aGVsbG8', 'hello'],
    ['aGVsbG8.', 'hello'],
    ['aGVsbA==', 'hell'],
    ['aGVsbA..', 'hell'],
    ['aGVsbA=.', 'hell'],
    ['aGVsbA', 'hell'],
    ['aGVs', 'hel'],
    [' aG\tVs\nbG\r8\f=\v ', 'hello'],
    ['aGVsbA= =', 'hell'],
    ['+/+/', '\u{fb}\u{ff}\u{bf}'],
  ])('reads %j', (text, bytes) => {
    const decoded = decodeBase64(text);
    expect(decoded === undefined ? undefined : Buffer.from(decoded).toString('latin1')).toBe(bytes);
  });

  it.each(['a', 'aGVsb', 'aGVsbA=', 'aGVsbG8==', 'aGVs=', '=', 'aG=Vs', '-_-_', 'aGV!', 'aGVé', 'aGVs\0'])(
    'refuses %j',
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );

  it('reads what Node encodes, of every length', () => {
    for (let length = 0; length < 100; length++) {
      const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 37 + length) & 0xff));
      expect(Buffer.from(decodeBase64(bytes.toString('base64')) ?? []).equals(bytes)).toBe(true);
    }
  });
});
