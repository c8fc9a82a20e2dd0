import { describe, expect, it } from 'vitest';
import type { VersionCache } from '../../cache/cached-version.ts';
import { StoreError } from '../store-error.ts';
import { createRemoteStore, type StoreAccess } from './remote-store.ts';

const never = new AbortController().signal;
const failed = (_uri: string, message = ''): StoreError => new StoreError('UNAVAILABLE', 'TEST_FAILED', message);

/** A store that never comes to an end, and ends when it is told to. */
function endless(): { readonly access: StoreAccess; readonly asked: string[] } {
  const asked: string[] = [];
  const wait =
    (what: string) =>
    (...values: readonly unknown[]): Promise<never> => {
      asked.push(what);
      const signal = values.find((value) => value instanceof AbortSignal);
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('ended')), { once: true });
      });
    };
  const access: StoreAccess = {
    above: (uri) => (uri === 's3://b' ? undefined : { parent: 's3://b', name: '1' }),
    nameOf: (uri) => uri,
    children: wait('children'),
    objects: wait('objects'),
    version: wait('version'),
    stat: wait('stat'),
    readObject: wait('readObject'),
    readFile: wait('readFile'),
    isAway: () => false,
    errors: {
      notFound: failed,
      notAVersion: failed,
      tooManyEntries: (uri) => failed(uri),
      broken: failed,
      transfer: (uri, { message }) => failed(uri, message),
      unavailable: failed,
    },
  };
  return { access, asked };
}

const cache: VersionCache = {
  localize: () => Promise.reject(new Error('not to be asked')),
  find: () => Promise.resolve(undefined),
  remember: () => Promise.resolve(),
  offline: () => Promise.resolve(undefined),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

describe('a store that never comes to an end', () => {
  const call = { id: 1, uri: 's3://b/1' } as const;
  it.each([
    { what: 'children', wanted: { ...call, kind: 'list' } as const },
    { what: 'objects', wanted: { ...call, kind: 'tree', maxEntries: 10 } as const },
    { what: 'stat', wanted: { ...call, kind: 'stat' } as const },
    { what: 'version', wanted: { ...call, kind: 'localize' } as const },
  ])('is given up when it is asked for $what', async ({ what, wanted }) => {
    const { access, asked } = endless();
    const store = createRemoteStore({ access, cache, offline: false, onOffline: () => undefined, lookTimeoutMs: 10 });
    await expect(store.do(wanted, never, () => undefined)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      storeCode: 'TEST_FAILED',
      message: expect.stringContaining('within 0.01 s'),
    });
    expect(asked).toEqual([what]);
  });

  it('ends at once with what its caller wants', async () => {
    const { access } = endless();
    const store = createRemoteStore({ access, cache, offline: false, onOffline: () => undefined });
    const stop = new AbortController();
    const listed = store.do({ ...call, kind: 'list' }, stop.signal, () => undefined);
    stop.abort();
    await expect(listed).rejects.toThrow('ended');
  });
});
