/**
 * Follows many models of one version each on the local disk, as the server does, in a process of its own. Tells the parent
 * the CPU time of one poll of all of them: all threads, from start to start of an interval, nothing changed.
 * Arguments: the folder with the models, how many there are, the seconds to measure.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src-main/app/system-clock.ts';
import { ServableName } from '../../src-main/contracts/ids.ts';
import { silentLogger } from '../../src-main/contracts/logger.ts';
import type { ModelConfig } from '../../src-main/contracts/model-config.ts';
import { createFileSystemRegistry } from '../../src-main/storage/file-system-registry.ts';
import { createLocalFileSystem } from '../../src-main/storage/local-file-system.ts';
import { createFileSystemStoragePathSource } from '../../src-main/storage/storage-path-source.ts';
import { median } from './load.ts';
import { followTurns } from './longest-turn.ts';

const POLL_INTERVAL_MS = 1000;
const CALLS_AT_ONCE = 32;
const [directory = '', count = '', seconds = ''] = process.argv.slice(2);
const models = Array.from({ length: Number(count) }, (_, index): ModelConfig => {
  const name = ServableName.parse(`model_${index}`);
  return { name, basePath: join(directory, name), versionPolicy: { kind: 'latest', count: 1 } };
});

const source = createFileSystemStoragePathSource(
  { pollIntervalMs: POLL_INTERVAL_MS },
  {
    registry: createFileSystemRegistry([createLocalFileSystem()]),
    clock: systemClock,
    log: silentLogger,
    completenessCheck: () => Promise.resolve(undefined),
    outcomeOf: () => 'open',
  },
);
const life = new AbortController();
const found = new Set<string>();
let foundAll = (): void => undefined;
const ended = source.run((name, versions) => {
  if (versions.length > 0) found.add(name);
  else found.delete(name);
  if (found.size === models.length) foundAll();
}, life.signal);

/** The longest turn of the event loop while all models are added at once, until all are found. */
async function addAll(): Promise<{ readonly turnMs: number; readonly firstPollsMs: number }> {
  source.updateModels([]);
  const { promise: allFound, resolve } = Promise.withResolvers<void>();
  foundAll = resolve;
  await delay(100);
  const turns = followTurns();
  const start = performance.now();
  source.updateModels(models);
  await allFound;
  const firstPollsMs = performance.now() - start;
  await delay(10);
  turns.stop();
  return { turnMs: turns.longestMs(), firstPollsMs };
}

/** Three calls for each model's folder, version folder and file, as the system does them for the asking. */
async function bareCalls(): Promise<number> {
  const before = process.cpuUsage();
  const paths = models.flatMap(({ basePath }) => ['', '1', '1/model.onnx'].map((name) => join(basePath, name)));
  for (let at = 0; at < paths.length; at += CALLS_AT_ONCE) {
    await Promise.all(paths.slice(at, at + CALLS_AT_ONCE).map((path) => stat(path, { bigint: true })));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const added = [await addAll(), await addAll(), await addAll()];
// The interval after the first polls spreads them, and by the fourth folders made just now have been quiet for long.
await delay(4 * POLL_INTERVAL_MS);
const before = process.cpuUsage();
await delay(Number(seconds) * 1000);
const { user, system } = process.cpuUsage(before);
const result = {
  pollCpuMs: (user + system) / 1000 / Number(seconds) / (1000 / POLL_INTERVAL_MS),
  bareCpuMs: await bareCalls(),
  turnMs: median(added.map(({ turnMs }) => turnMs)),
  firstPollsMs: median(added.map(({ firstPollsMs }) => firstPollsMs)),
};
if (process.send) process.send(result);
else process.stdout.write(`${JSON.stringify(result)}\n`);
life.abort();
await ended;
process.disconnect?.();
