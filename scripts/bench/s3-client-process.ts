/**
 * S3 as the server uses it, in a process of its own: the file system on the main thread, the thread that it starts, the
 * cache on the disk. Arguments: the thread's code, the folder of the cache. The store comes by the environment, as ever.
 * Answers each message with what that cost.
 */
import { rm } from 'node:fs/promises';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { z } from 'zod';
import { createS3FileSystem } from '../../src-main/storage/s3/s3-file-system.ts';
import { cpuMs, followTurns } from './longest-turn.ts';

const Message = z.object({ kind: z.enum(['localize', 'tree']), uri: z.string() });

const RESOLUTION_MS = 5;
const LOOK_AT_MEMORY_EVERY_MS = 10;

const [workerEntry = '', cacheDirectory = ''] = process.argv.slice(2);
const fileSystem = createS3FileSystem({
  workerEntry,
  environment: process.env,
  cache: { directory: cacheDirectory, capBytes: Number.MAX_SAFE_INTEGER },
});
const { signal } = new AbortController();

/** What the process takes, all threads, and what its main thread notices, while work is going on. */
async function measured<T>(work: () => Promise<T>) {
  const baseRss = process.memoryUsage.rss();
  let mostRss = baseRss;
  const looking = setInterval(() => {
    mostRss = Math.max(mostRss, process.memoryUsage.rss());
  }, LOOK_AT_MEMORY_EVERY_MS);
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const turns = followTurns();
  const cpuBefore = process.cpuUsage();
  const mainBefore = cpuMs();
  const start = performance.now();
  const result = await work();
  const ms = performance.now() - start;
  const mainCpuMs = cpuMs() - mainBefore;
  const { user, system } = process.cpuUsage(cpuBefore);
  turns.stop();
  histogram.disable();
  clearInterval(looking);
  return {
    result,
    cost: {
      ms,
      /** Of all threads but the main one. */
      cpuMs: (user + system) / 1000 - mainCpuMs,
      mainCpuMs,
      rssGrowthBytes: mostRss - baseRss,
      p99Ms: Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS),
      maxMs: Math.max(0, histogram.max / 1e6 - RESOLUTION_MS),
      turnMs: turns.longestMs(),
    },
  };
}

async function answer(message: z.infer<typeof Message>): Promise<unknown> {
  const { kind, uri } = message;
  // The thread and the SDK are there in a server that has an S3 model; starting them is not what is measured.
  await fileSystem.list(fileSystem.parent(uri) ?? uri, signal);
  if (kind === 'tree') {
    const { result, cost } = await measured(() => fileSystem.listRecursive(uri, signal));
    return { ...cost, count: result.length };
  }
  const { result, cost } = await measured(async () => {
    const copy = await fileSystem.localize?.(uri, signal);
    if (!copy) throw new Error('S3 is no file system that makes copies');
    return copy;
  });
  await result[Symbol.asyncDispose]();
  await rm(cacheDirectory, { recursive: true, force: true });
  return { ...cost, count: 1 };
}

process.on('message', (message: unknown) => {
  void answer(Message.parse(message)).then((cost) => process.send?.(cost));
});
process.once('disconnect', () => process.exit(0));
process.send?.({ ready: true });
