import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The five checksums that S3 stores with objects. */
export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];
/** Over the whole object, or over the checksums of its parts. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** The header that carries a checksum. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The name of a checksum as headers and queries spell it; undefined for others. */
export function checksumAlgorithm(name: string | undefined): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name?.toUpperCase());
}

/** A checksum over chunks. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  /** Big-endian for the CRCs. */
  digest(): Buffer;
}

export function runningChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  switch (algorithm) {
    case 'CRC32': {
      let value = 0;
      return {
        update(bytes) {
          value = crc32(bytes, value);
        },
        digest: () => uint32(value),
      };
    }
    case 'CRC32C': {
      let value = 0xffff_ffff;
      return {
        update(bytes) {
          for (const byte of bytes) value = (CRC32C[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
        },
        digest: () => uint32((value ^ 0xffff_ffff) >>> 0),
      };
    }
    case 'CRC64NVME':
      return runningCrc64();
    case 'SHA1':
    case 'SHA256': {
      const hash = createHash(algorithm.toLowerCase());
      return {
        update(bytes) {
          hash.update(bytes);
        },
        digest: () => hash.digest(),
      };
    }
    default:
      return algorithm satisfies never;
  }
}

export function checksumOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Buffer {
  const running = runningChecksum(algorithm);
  running.update(bytes);
  return running.digest();
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

const CRC32C = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f6_3b78 : value >>> 1;
  return value;
});

/** Reflected polynomial of CRC-64/NVME; the table holds each entry as two halves, since BigInt per byte is slow. */
const CRC64_POLYNOMIAL = 0x9a6c_9329_ac4b_c9b5n;
const CRC64 = (() => {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let index = 0; index < 256; index += 1) {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ CRC64_POLYNOMIAL : value >> 1n;
    high[index] = Number(value >> 32n);
    low[index] = Number(value & 0xffff_ffffn);
  }
  return { high, low };
})();

function runningCrc64(): RunningChecksum {
  let high = 0xffff_ffff;
  let low = 0xffff_ffff;
  return {
    update(bytes) {
      for (const byte of bytes) {
        const index = (low ^ byte) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ (CRC64.low[index] ?? 0);
        high = (high >>> 8) ^ (CRC64.high[index] ?? 0);
      }
    },
    digest: () => Buffer.concat([uint32(high ^ 0xffff_ffff), uint32(low ^ 0xffff_ffff)]),
  };
}
