import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createCrcLoop } from './crc-loop.ts';

const CRC32 = 0xed_b8_83_20n;
const CRC64NVME = 0x9a_6c_93_29_ac_4b_c9_b5n;
const ONES_32 = 0xff_ff_ff_ffn;
const ONES_64 = 0xff_ff_ff_ff_ff_ff_ff_ffn;

/** The same at each run, and without a pattern. */
function noise(sizeBytes: number): Buffer {
  return createHash('shake256', { outputLength: sizeBytes }).update('noise').digest();
}

describe('the loop of table checksums', () => {
  const loop = createCrcLoop(CRC32);
  const bytes = noise(300_000);

  it.each([0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 65_535, 65_536, 65_537, 131_072, 200_003])(
    'agrees with zlib on %i bytes, wherever they begin',
    (length) => {
      for (let start = 0; start < 17; start++) {
        const piece = bytes.subarray(start, start + length);
        expect(loop(ONES_32, piece) ^ ONES_32).toBe(BigInt(crc32(piece)));
      }
    },
  );

  it('goes on from where it was, whatever came in between', () => {
    const other = createCrcLoop(CRC64NVME);
    const between = () => [loop(ONES_32, noise(100)), other(ONES_64, noise(100))];
    let state = ONES_32;
    for (const [start, end] of [
      [0, 5],
      [5, 70_000],
      [70_000, 70_000],
      [70_000, 70_001],
      [70_001, 300_000],
    ] as const) {
      state = loop(state, bytes.subarray(start, end));
      between();
    }
    expect(state ^ ONES_32).toBe(BigInt(crc32(bytes)));
  });

  // The catalogue of parametrised CRC algorithms, the tests of aws-checksums, and the NVM Express specification 2.0.
  it.each([
    { of: 'no bytes', content: Buffer.alloc(0), expected: 0n },
    { of: 'the check value', content: Buffer.from('123456789'), expected: 0xae_8b_14_86_0a_79_98_88n },
    { of: '32 zeros', content: Buffer.alloc(32), expected: 0xcf_34_73_43_4d_4e_cf_3bn },
    { of: '4 KiB of zeros', content: Buffer.alloc(4096), expected: 0x64_82_d3_67_eb_22_b6_4en },
    { of: '4 KiB of ones', content: Buffer.alloc(4096, 0xff), expected: 0xc0_dd_ba_73_02_ec_a3_acn },
    { of: '32 times 255', content: Buffer.alloc(32, 0xff), expected: 0xa0_a0_69_74_c3_4d_63_c4n },
  ])('knows CRC64NVME of $of', ({ content, expected }) => {
    expect(createCrcLoop(CRC64NVME)(ONES_64, content) ^ ONES_64).toBe(expected);
  });
});
