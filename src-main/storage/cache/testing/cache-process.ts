/** A process of its own that localises one version, slowly where told to, and tells how it goes. */
import { createMemoryObjectReader, objectOf, sampleBytes } from '../../download/testing/memory-object-reader.ts';
import { createVersionCache } from '../version-cache.ts';

/** What the process is told, as its only argument. */
export interface CacheTask {
  readonly directory: string;
  /** Size of the only file. */
  readonly sizeBytes: number;
  /** Hangs for ever at this request, counted from 0. */
  readonly hangsAt?: number;
}

/** What the process says. */
export type CacheWord =
  | { readonly kind: 'hangs' }
  | { readonly kind: 'done'; readonly path: string; readonly requests: number; readonly startBytes: readonly number[] }
  | { readonly kind: 'failed'; readonly message: string };

export const TASK_KEY = { source: 's3://models/m', version: '1' };
export const TASK_PART_BYTES = 128 * 1024;

const [argument] = process.argv.slice(2);
if (process.send && argument !== undefined) {
  const task: CacheTask = JSON.parse(argument);
  await work(task);
}

async function work(task: CacheTask): Promise<void> {
  const say = (word: CacheWord): boolean | undefined => process.send?.(word);
  const bytes = sampleBytes(task.sizeBytes);
  const reader = createMemoryObjectReader(
    { 'model.onnx': bytes },
    {
      fault({ index }) {
        if (index !== task.hangsAt) return undefined;
        say({ kind: 'hangs' });
        return { kind: 'hang', deaf: true };
      },
    },
  );
  const cache = createVersionCache({
    directory: task.directory,
    minFreeBytes: 0,
    download: { partSizeBytes: TASK_PART_BYTES, partsFromBytes: 0, requestsPerFile: 1 },
  });
  try {
    const copy = await cache.localize(TASK_KEY, [objectOf('model.onnx', bytes)], reader, new AbortController().signal);
    const startBytes = reader.requests.map(({ start }) => start);
    say({ kind: 'done', path: copy.path, requests: startBytes.length, startBytes });
    await copy.lease[Symbol.asyncDispose]();
  } catch (error) {
    say({ kind: 'failed', message: String(error) });
  } finally {
    await cache[Symbol.asyncDispose]();
    process.disconnect();
  }
}
