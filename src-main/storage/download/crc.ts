import { crc32 } from 'node:zlib';
import { createCrcLoop, type CrcLoop } from './crc-loop.ts';

/** Checksums of pieces that can be combined into the checksum of the whole, so that pieces may come in any order. */
export type CrcAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME';

/** The checksum of what came so far. */
export interface RunningCrc {
  update(bytes: Uint8Array): void;
  value(): bigint;
}

interface Field {
  readonly bits: bigint;
  /** Reflected: the highest bit is the coefficient of x^0. */
  readonly polynomial: bigint;
  /** x^(2^k) at k, modulo the polynomial; grows as needed. */
  readonly powers: bigint[];
}

/** Polynomials: RFC 3385 for CRC32C, NVM Express base specification 2.0 for CRC64NVME. */
const FIELDS: Readonly<Record<CrcAlgorithm, Field>> = {
  CRC32: field(32n, 0xed_b8_83_20n),
  CRC32C: field(32n, 0x82_f6_3b_78n),
  CRC64NVME: field(64n, 0x9a_6c_93_29_ac_4b_c9_b5n),
};

/** Whether a checksum algorithm is one whose values of pieces can be combined. */
export function isCrcAlgorithm(algorithm: string): algorithm is CrcAlgorithm {
  return Object.hasOwn(FIELDS, algorithm);
}

/** Starts a checksum over no bytes. */
export function createCrc(algorithm: CrcAlgorithm): RunningCrc {
  return algorithm === 'CRC32' ? nativeCrc32() : byLoop(algorithm);
}

/**
 * The checksum of two pieces in a row, from the checksums of each and the length of the second.
 * Source: the combination of zlib's crc32.c (multmodp, x2nmodp), for any width.
 */
export function combineCrc(algorithm: CrcAlgorithm, first: bigint, second: bigint, secondBytes: number): bigint {
  const of = FIELDS[algorithm];
  return multiply(of, shift(of, secondBytes), first) ^ second;
}

/** A checksum as S3 writes it: big-endian, base64. */
export function crcToBase64(algorithm: CrcAlgorithm, value: bigint): string {
  const bytes = Buffer.alloc(Number(FIELDS[algorithm].bits) / 8);
  if (bytes.length === 8) bytes.writeBigUInt64BE(value);
  else bytes.writeUInt32BE(Number(value));
  return bytes.toString('base64');
}

function nativeCrc32(): RunningCrc {
  let value = 0;
  return {
    update(bytes) {
      value = crc32(bytes, value);
    },
    value: () => BigInt(value),
  };
}

/** Made at their first use: stores that send CRC32 need none. */
const loops = new Map<CrcAlgorithm, CrcLoop>();

function byLoop(algorithm: CrcAlgorithm): RunningCrc {
  const { bits, polynomial } = FIELDS[algorithm];
  let loop = loops.get(algorithm);
  if (!loop) {
    loop = createCrcLoop(polynomial);
    loops.set(algorithm, loop);
  }
  const ones = (1n << bits) - 1n;
  let state = ones;
  return {
    update(bytes) {
      state = loop(state, bytes);
    },
    value: () => state ^ ones,
  };
}

function field(bits: bigint, polynomial: bigint): Field {
  return { bits, polynomial, powers: [1n << (bits - 2n)] };
}

/** The product of two polynomials, neither of which is zero, modulo the field's. */
function multiply({ bits, polynomial }: Field, left: bigint, right: bigint): bigint {
  let product = 0n;
  let shifted = right;
  for (let bit = 1n << (bits - 1n); bit > 0n; bit >>= 1n) {
    if (left & bit) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n;
  }
  return product;
}

/** x to the power of the number of bits in so many bytes. */
function shift(of: Field, byteCount: number): bigint {
  let result = 1n << (of.bits - 1n);
  let exponent = BigInt(byteCount) * 8n;
  for (let k = 0; exponent > 0n; k++, exponent >>= 1n) {
    const power = powerOf(of, k);
    if (exponent & 1n) result = multiply(of, power, result);
  }
  return result;
}

function powerOf(of: Field, k: number): bigint {
  let power = of.powers[0] ?? 0n;
  for (let at = 1; at <= k; at++) {
    power = of.powers[at] ??= multiply(of, power, power);
  }
  return power;
}
