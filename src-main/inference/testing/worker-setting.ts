/** Real worker processes for tests, and models on disk for them. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServableId, ServableName, ServableVersion } from '../../contracts/ids.ts';
import type { LogFields, Logger } from '../../contracts/logger.ts';
import type { InferenceRequest } from '../../contracts/model-servable.ts';
import type { ServingError } from '../../contracts/serving-error.ts';
import { createChildProcessHost } from '../child-process-host.ts';
import type { WorkerModel } from '../inference-worker.ts';
import type { WarmupFacts } from '../protocol/worker-message.ts';
import type { WorkerHost } from '../worker-host.ts';
import { DEFAULT_POOL_OPTIONS, type PoolLoadRequest, WorkerPool, type WorkerPoolOptions } from '../worker-pool.ts';

/** The worker's own source: Node runs it without a build. */
export const WORKER_ENTRY = fileURLToPath(new URL('../worker/main.ts', import.meta.url));

/** A request with this JSON body, in the given number of chunks. */
export function requestOf(body: unknown, chunks = 1): InferenceRequest {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const size = Math.ceil(bytes.length / chunks);
  const parts = Array.from({ length: chunks }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
  return { method: 'predict', encoding: 'json', body: parts, bodyBytes: bytes.length };
}

/** `name/version`. */
function idOf(label: string): ServableId {
  const [name, version] = label.split('/');
  return { name: ServableName.parse(name), version: ServableVersion.parse(version) };
}

/** A log that can be looked into. */
export interface RecordingLogger extends Logger {
  readonly lines: { readonly level: string; readonly fields: LogFields; readonly message: string }[];
}

function createRecordingLogger(): RecordingLogger {
  const lines: RecordingLogger['lines'] = [];
  const withFields = (own: LogFields): RecordingLogger => {
    const at =
      (level: string) =>
      (fields: LogFields, message: string): void => {
        lines.push({ level, fields: { ...own, ...fields }, message });
      };
    return {
      lines,
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => withFields({ ...own, ...fields }),
    };
  };
  return withFields({});
}

/** What happened to a loaded model without being asked for. */
export interface Loss {
  readonly label: string;
  readonly error: ServingError;
  readonly blamed: boolean;
}

export type VersionFiles = Uint8Array | Readonly<Record<string, Uint8Array | string>>;

export interface WorkerSetting extends AsyncDisposable {
  readonly pool: WorkerPool;
  readonly log: RecordingLogger;
  /** Losses so far, in order. */
  readonly losses: readonly Loss[];
  /** Warm-ups so far, in order. */
  readonly warmups: readonly (WarmupFacts & { readonly label: string; readonly code: string })[];
  /** Resolves when so many losses were reported. */
  lost(count: number): Promise<void>;
  /** Number of the model that has its turn, or had the last one, in the process started last; the first load is 1. */
  lastTurn(): number;
  /** Writes a version folder with these files alone, by path below it; a bare model becomes `model.onnx`. */
  write(label: string, files: VersionFiles): Promise<string>;
  load(label: string, folder: string, request?: Partial<PoolLoadRequest>): Promise<WorkerModel>;
  /** Writes and loads. */
  serve(label: string, files: VersionFiles, request?: Partial<PoolLoadRequest>): Promise<WorkerModel>;
}

/** A pool with real workers in a temporary folder; disposing ends the workers and removes the folder. */
export async function createWorkerSetting(
  options: Partial<WorkerPoolOptions> = {},
  host: WorkerHost = createChildProcessHost({ entry: WORKER_ENTRY }),
): Promise<WorkerSetting> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-test-'));
  const log = createRecordingLogger();
  let marker = '';
  const observed: WorkerHost = {
    start: async (start) => {
      marker = start.env['SLIPWAY_WORKER_MARKER'] ?? '';
      return host.start(start);
    },
  };
  const pool = new WorkerPool({ host: observed, log }, { ...DEFAULT_POOL_OPTIONS, ...options });
  const losses: Loss[] = [];
  const warmups: (WarmupFacts & { readonly label: string; readonly code: string })[] = [];
  const changes = new EventTarget();
  const setting: WorkerSetting = {
    pool,
    log,
    losses,
    warmups,
    async lost(count) {
      // Each loss is one event, so waiting for them one after the other misses none.
      if (losses.length >= count) return;
      await once(changes, 'loss');
      await setting.lost(count);
    },
    lastTurn: () => readFileSync(marker).readUInt32LE(0),
    async write(label, files) {
      const target = path.join(folder, ...label.split('/'));
      await rm(target, { recursive: true, force: true });
      const all = files instanceof Uint8Array ? { 'model.onnx': files } : files;
      for (const [name, content] of Object.entries(all)) {
        const file = path.join(target, ...name.split('/'));
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, content);
      }
      return target;
    },
    async load(label, modelFolder, request = {}) {
      return pool.load({
        id: idOf(label),
        path: modelFolder,
        sizeBytes: 1000,
        alone: false,
        signal: new AbortController().signal,
        onWarmedUp: (warmup, code) => warmups.push({ label, ...warmup, code }),
        onLost: (error, blamed) => {
          losses.push({ label, error, blamed });
          changes.dispatchEvent(new Event('loss'));
        },
        ...request,
      });
    },
    async serve(label, files, request) {
      return setting.load(label, await setting.write(label, files), request);
    },
    async [Symbol.asyncDispose]() {
      await pool.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return setting;
}
