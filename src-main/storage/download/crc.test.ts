import { array, assert, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineCrc, type CrcAlgorithm, createCrc, crcToBase64, isCrcAlgorithm } from './crc.ts';

const ALGORITHMS: readonly CrcAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME'];

function crcOf(algorithm: CrcAlgorithm, ...pieces: readonly Uint8Array[]): bigint {
  const crc = createCrc(algorithm);
  for (const piece of pieces) crc.update(piece);
  return crc.value();
}

/** Bit by bit, as the definition says. */
function slowCrc(bits: bigint, polynomial: bigint, bytes: Uint8Array): bigint {
  const ones = (1n << bits) - 1n;
  let crc = ones;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
  }
  return crc ^ ones;
}

describe('createCrc', () => {
  // The check values of the catalogue of parametrised CRC algorithms.
  it.each([
    { algorithm: 'CRC32', expected: 0xcb_f4_39_26n, base64: 'y/Q5Jg==' },
    { algorithm: 'CRC32C', expected: 0xe3_06_92_83n, base64: '4waSgw==' },
    { algorithm: 'CRC64NVME', expected: 0xae_8b_14_86_0a_79_98_88n, base64: 'rosUhgp5mIg=' },
  ] as const)('gives the check value of $algorithm', ({ algorithm, expected, base64 }) => {
    const value = crcOf(algorithm, Buffer.from('123456789'));
    expect(value).toBe(expected);
    expect(crcToBase64(algorithm, value)).toBe(base64);
    expect(crcOf(algorithm)).toBe(0n);
  });

  it.each([
    { algorithm: 'CRC32', bits: 32n, polynomial: 0xed_b8_83_20n },
    { algorithm: 'CRC32C', bits: 32n, polynomial: 0x82_f6_3b_78n },
    { algorithm: 'CRC64NVME', bits: 64n, polynomial: 0x9a_6c_93_29_ac_4b_c9_b5n },
  ] as const)('agrees with the definition of $algorithm for any pieces', ({ algorithm, bits, polynomial }) => {
    const pieces = array(uint8Array({ maxLength: 50 }), { maxLength: 8 });
    assert(
      property(pieces, (parts) => {
        expect(crcOf(algorithm, ...parts)).toBe(slowCrc(bits, polynomial, Buffer.concat(parts)));
      }),
    );
  });
});

describe('combineCrc', () => {
  it.each(ALGORITHMS)('gives the %s of both pieces together', (algorithm) => {
    const bytes = uint8Array({ maxLength: 200 });
    assert(
      property(bytes, bytes, (first, second) => {
        const combined = combineCrc(algorithm, crcOf(algorithm, first), crcOf(algorithm, second), second.length);
        expect(combined).toBe(crcOf(algorithm, first, second));
      }),
    );
  });

  it.each(ALGORITHMS)('counts %s lengths beyond 32 bits', (algorithm) => {
    const [first, second] = [crcOf(algorithm, Buffer.from('first')), crcOf(algorithm, Buffer.from('second'))];
    const half = 2 ** 32 + 12_345;
    // Adding nothing but length twice is adding it once, doubled.
    const twice = combineCrc(algorithm, combineCrc(algorithm, first, 0n, half), second, half);
    expect(twice).toBe(combineCrc(algorithm, first, second, 2 * half));
    expect(twice).not.toBe(combineCrc(algorithm, first, second, (2 * half) % 2 ** 32));
  });
});

describe('isCrcAlgorithm', () => {
  it.each([
    ['CRC32C', true],
    ['SHA256', false],
    ['toString', false],
  ])('of %s is %s', (algorithm, expected) => {
    expect(isCrcAlgorithm(algorithm)).toBe(expected);
  });
});
