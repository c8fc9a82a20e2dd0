import { describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from './crc32c.ts';

describe('crc32c', () => {
  it.each([
    { what: 'the usual digits', bytes: Buffer.from('123456789'), expected: 0xe306_9283 },
    // RFC 3720, appendix B.4.
    { what: 'zeros', bytes: new Uint8Array(32), expected: 0x8a91_36aa },
    { what: 'ones', bytes: new Uint8Array(32).fill(0xff), expected: 0x62a8_ab43 },
    { what: 'bytes that rise', bytes: Uint8Array.from({ length: 32 }, (_, index) => index), expected: 0x46dd_794e },
    { what: 'nothing', bytes: new Uint8Array(), expected: 0 },
  ])('knows $what', ({ bytes, expected }) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it('is masked by a rotation and a constant, and stays within 32 bits', () => {
    expect(maskedCrc32c(new Uint8Array())).toBe(0xa282_ead8);
    // 0xe3069283 rotated by 15 is 0x2507c60d.
    expect(maskedCrc32c(Buffer.from('123456789'))).toBe((0x2507_c60d + 0xa282_ead8) % 2 ** 32);
  });
});
