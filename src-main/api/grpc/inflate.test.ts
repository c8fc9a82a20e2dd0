import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { ServingError } from '../../contracts/serving-error.ts';
import { inflateMessage } from './inflate.ts';

const ZEROS = Buffer.alloc(300_000);
const onGrown = (): undefined => undefined;

describe('inflateMessage', () => {
  it.each([
    { encoding: 'gzip', message: gzipSync(ZEROS) },
    { encoding: 'deflate', message: deflateSync(ZEROS) },
  ])('$encoding, and tells how it grows', async ({ encoding, message }) => {
    const grown = vi.fn<(bytes: number) => undefined>();
    const inflated = await inflateMessage(message, encoding, { maxBytes: 300_000, onGrown: grown });
    expect(inflated.equals(ZEROS)).toBe(true);
    expect(grown.mock.calls.length).toBeGreaterThan(3);
    expect(grown).toHaveBeenLastCalledWith(300_000);
  });

  it.each([
    {
      when: 'more than the limit',
      message: gzipSync(ZEROS),
      options: { maxBytes: 299_999 },
      expected: { code: 'RESOURCE_EXHAUSTED', message: 'Message inflates to more than the limit of 299999 bytes' },
    },
    {
      when: 'a bomb',
      message: gzipSync(ZEROS),
      options: { maxBytes: 1e9, freeBytes: 100_000 },
      expected: { code: 'RESOURCE_EXHAUSTED', message: 'Compressed message inflates too far' },
    },
    {
      when: 'what is not compressed',
      message: ZEROS,
      options: { maxBytes: 1e9 },
      expected: { code: 'INVALID_ARGUMENT', message: 'Message is not valid gzip data' },
    },
    {
      when: 'half a message',
      message: gzipSync(ZEROS).subarray(0, 100),
      options: { maxBytes: 1e9 },
      expected: { code: 'INVALID_ARGUMENT', message: 'Message is not valid gzip data' },
    },
  ])('refuses $when', async ({ message, options, expected }) => {
    await expect(inflateMessage(message, 'gzip', { ...options, onGrown })).rejects.toMatchObject(expected);
  });

  it('knows no other encoding', async () => {
    await expect(inflateMessage(ZEROS, 'snappy', { maxBytes: 1e9, onGrown })).rejects.toMatchObject({
      code: 'UNIMPLEMENTED',
    });
  });

  it('stops when it is told to', async () => {
    const error = new ServingError('CANCELLED', 'nobody waits');
    const grown = vi.fn<(bytes: number) => ServingError>(() => error);
    await expect(inflateMessage(gzipSync(ZEROS), 'gzip', { maxBytes: 1e9, onGrown: grown })).rejects.toBe(error);
    expect(grown).toHaveBeenCalledOnce();
  });
});
