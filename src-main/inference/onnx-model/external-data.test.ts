import { describe, expect, it } from 'vitest';
import { checkLocation, externalFiles } from './external-data.ts';
import type { ExternalDataReference } from './onnx-model.ts';

const reference = (location: string, other: Partial<ExternalDataReference> = {}): ExternalDataReference => ({
  tensor: 't',
  location,
  offset: 0,
  length: 10,
  inUse: true,
  ...other,
});

describe('checkLocation', () => {
  it.each([
    ['weights.bin', 'weights.bin'],
    ['./weights.bin', 'weights.bin'],
    ['data//part 1/ü.bin', 'data/part 1/ü.bin'],
    ['onnx::MatMul_123', 'onnx::MatMul_123'],
    ['..weights', '..weights'],
    ['a/...', 'a/...'],
  ])('takes %j', (location, path) => {
    expect(checkLocation(location)).toEqual({ ok: true, path });
  });

  it.each([
    '',
    '.',
    './',
    '/etc/passwd',
    '//server/share/f',
    '..',
    '../secret',
    'a/../../secret',
    'a/../b',
    './..',
    '..\\secret',
    'a\\b',
    '\\\\server\\share\\f',
    'C:/secret',
    'c:secret',
    'a\u0000.bin',
    'a\nb',
    '*/_ORT_MEM_ADDR_/*',
    '*/_ORT_NATIVE_ENDIAN_MEM_ADDR_/*',
    'x'.repeat(5000),
  ])('refuses %j', (location) => {
    const checked = checkLocation(location);
    expect(checked.ok).toBe(false);
    expect(JSON.stringify(checked)).not.toMatch(/secret|passwd|server/u);
  });
});

describe('externalFiles', () => {
  it('needs of each file what its farthest tensor needs', () => {
    const references = [
      reference('w', { offset: 100, length: 50 }),
      reference('./w', { offset: 0, length: 20 }),
      reference('v', { offset: 8, length: undefined }),
    ];
    expect(externalFiles(references)).toEqual({
      files: [
        { path: 'w', neededBytes: 150, inUse: true },
        { path: 'v', neededBytes: 8, inUse: true },
      ],
      refused: [],
    });
  });

  it('needs nothing for left-over references, but refuses them alike', () => {
    const references = [
      reference('w', { inUse: false, length: 1000 }),
      reference('w', { length: 5 }),
      reference('old', { inUse: false }),
      reference('/etc/passwd', { inUse: false, tensor: 'spy' }),
    ];
    expect(externalFiles(references)).toEqual({
      files: [
        { path: 'w', neededBytes: 5, inUse: true },
        { path: 'old', neededBytes: 0, inUse: false },
      ],
      refused: [{ tensor: 'spy', reason: 'its location is an absolute path' }],
    });
  });
});
