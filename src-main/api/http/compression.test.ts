import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { acceptsGzip, compress } from './compression.ts';

describe('acceptsGzip', () => {
  it.each([
    ['', false],
    ['gzip', true],
    ['GZip', true],
    ['x-gzip', true],
    ['gzip, deflate, br, zstd', true],
    ['br;q=1.0, gzip;q=0.8, *;q=0.1', true],
    ['*', true],
    ['deflate, br', false],
    ['identity', false],
    ['gzip;q=0', false],
    ['gzip;q=0.000', false],
    ['gzip ; q=0.001', true],
    ['gzip;q=0, *', false],
    ['*;q=0', false],
    ['gzip;q=0.5, identity', false],
    ['gzip;q=0.5, identity;q=0.5', true],
    ['gzip;q=2', false],
    ['gzip;q=', false],
    ['gzip;level=9', true],
    ['gzipped', false],
    [',,gzip,,', true],
  ])('%j: %s', (header, expected) => {
    expect(acceptsGzip(header)).toBe(expected);
  });
});

describe('compress', () => {
  it.each([0, 1, 20_000, 3_000_000])('%d bytes come back', async (length) => {
    const bytes = Buffer.from(Array.from({ length }, (_, index) => 48 + ((index * index) % 10)));
    expect(gunzipSync(await compress(bytes)).equals(bytes)).toBe(true);
  });
});
