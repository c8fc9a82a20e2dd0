import { crc32 } from 'node:zlib';

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

const SLICES = 8;

/** Whether a checksum algorithm is one whose values of pieces can be combined. */
export function isCrcAlgorithm(algorithm: string): algorithm is CrcAlgorithm {
  return Object.hasOwn(FIELDS, algorithm);
}

/** Starts a checksum over no bytes. */
export function createCrc(algorithm: CrcAlgorithm): RunningCrc {
  if (algorithm === 'CRC32') return nativeCrc32();
  return algorithm === 'CRC32C' ? crc32c() : crc64();
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

/** Tables are made at their first use: stores that send CRC32 need none. */
let tables32c: readonly Uint32Array[] | undefined;
let tables64: { readonly low: readonly Uint32Array[]; readonly high: readonly Uint32Array[] } | undefined;

/** Eight bytes a turn, each through its own table. */
function crc32c(): RunningCrc {
  tables32c ??= lowHalves(tablesOf(FIELDS.CRC32C));
  const [t0, t1, t2, t3, t4, t5, t6, t7] = eight(tables32c);
  let crc = 0xff_ff_ff_ff;
  return {
    update(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const whole = bytes.length - (bytes.length % SLICES);
      let value = crc;
      for (let at = 0; at < whole; at += SLICES) {
        const one = value ^ view.getUint32(at, true);
        const two = view.getUint32(at + 4, true);
        value =
          at32(t7, one) ^
          at32(t6, one >>> 8) ^
          at32(t5, one >>> 16) ^
          at32(t4, one >>> 24) ^
          at32(t3, two) ^
          at32(t2, two >>> 8) ^
          at32(t1, two >>> 16) ^
          at32(t0, two >>> 24);
      }
      for (let at = whole; at < bytes.length; at++) value = at32(t0, value ^ view.getUint8(at)) ^ (value >>> 8);
      crc = value >>> 0;
    },
    value: () => BigInt((crc ^ 0xff_ff_ff_ff) >>> 0),
  };
}

/** The same in two halves, since numbers have no 64 bits and big integers are slow. */
function crc64(): RunningCrc {
  if (!tables64) {
    const tables = tablesOf(FIELDS.CRC64NVME);
    tables64 = { low: lowHalves(tables), high: lowHalves(tables.map((table) => table.map((entry) => entry >> 32n))) };
  }
  const [l0, l1, l2, l3, l4, l5, l6, l7] = eight(tables64.low);
  const [h0, h1, h2, h3, h4, h5, h6, h7] = eight(tables64.high);
  let low = 0xff_ff_ff_ff;
  let high = 0xff_ff_ff_ff;
  return {
    update(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const whole = bytes.length - (bytes.length % SLICES);
      for (let at = 0; at < whole; at += SLICES) {
        const one = low ^ view.getUint32(at, true);
        const two = high ^ view.getUint32(at + 4, true);
        low =
          at32(l7, one) ^
          at32(l6, one >>> 8) ^
          at32(l5, one >>> 16) ^
          at32(l4, one >>> 24) ^
          at32(l3, two) ^
          at32(l2, two >>> 8) ^
          at32(l1, two >>> 16) ^
          at32(l0, two >>> 24);
        high =
          at32(h7, one) ^
          at32(h6, one >>> 8) ^
          at32(h5, one >>> 16) ^
          at32(h4, one >>> 24) ^
          at32(h3, two) ^
          at32(h2, two >>> 8) ^
          at32(h1, two >>> 16) ^
          at32(h0, two >>> 24);
      }
      for (let at = whole; at < bytes.length; at++) {
        const index = low ^ view.getUint8(at);
        low = at32(l0, index) ^ ((low >>> 8) | (high << 24));
        high = at32(h0, index) ^ (high >>> 8);
      }
    },
    value: () => (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0),
  };
}

function at32(table: Uint32Array, index: number): number {
  return table[index & 0xff] ?? 0;
}

type Eight<T> = readonly [T, T, T, T, T, T, T, T];

function eight([a, b, c, d, e, f, g, h]: readonly Uint32Array[]): Eight<Uint32Array> {
  if (!a || !b || !c || !d || !e || !f || !g || !h) throw new Error('a table of checksums is missing');
  return [a, b, c, d, e, f, g, h];
}

function field(bits: bigint, polynomial: bigint): Field {
  return { bits, polynomial, powers: [1n << (bits - 2n)] };
}

/** Table k holds what a byte does to the checksum when k more bytes follow it. */
function tablesOf({ polynomial }: Field): bigint[][] {
  const first = Array.from({ length: 256 }, (_, byte) => {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    return value;
  });
  const tables = [first];
  for (let slice = 1; slice < SLICES; slice++) {
    const before = tables[slice - 1] ?? [];
    tables.push(before.map((value) => (first[Number(value & 0xffn)] ?? 0n) ^ (value >> 8n)));
  }
  return tables;
}

function lowHalves(tables: readonly (readonly bigint[])[]): Uint32Array[] {
  return tables.map((table) => Uint32Array.from(table, (entry) => Number(entry & 0xff_ff_ff_ffn)));
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
