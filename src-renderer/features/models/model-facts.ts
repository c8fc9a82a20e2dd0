import type { ModelView, VersionView } from '#contracts/ui.ts';
import type { ModelTraffic, TrafficBoard } from '#contracts/ui-traffic.ts';
import { cachedBy } from '../../stores/cached-by.ts';
import { hasError } from '../../stores/server-store.ts';
import { strings } from '../../strings/index.ts';
import { placeKind } from './reason-text.ts';
import { versionStatus } from './version-status.ts';

/** What a model as a whole is at: the worst first. */
export const MODEL_STATES = ['error', 'busy', 'serving', 'idle'] as const;
export type ModelState = (typeof MODEL_STATES)[number];

export function modelState(model: ModelView): ModelState {
  if (hasError(model)) return 'error';
  const statuses = model.versions.map(versionStatus);
  if (statuses.some((status) => !['available', 'unloaded', 'held'].includes(status))) return 'busy';
  return statuses.includes('available') ? 'serving' : 'idle';
}

/** Bytes that its versions take in memory: measured, else expected; undefined where none takes any. */
export function modelMemory(model: ModelView): number | undefined {
  let sum: number | undefined;
  for (const { memory } of model.versions) if (memory) sum = (sum ?? 0) + memoryOf(memory).bytes;
  return sum;
}

/** What to show of a version's memory: measured, or expected where that says nothing, as with one too small to be seen. */
export function memoryOf({ measuredBytes = 0, estimatedBytes }: NonNullable<VersionView['memory']>): {
  readonly bytes: number;
  readonly isMeasured: boolean;
} {
  return measuredBytes > 0 ? { bytes: measuredBytes, isMeasured: true } : { bytes: estimatedBytes, isMeasured: false };
}

/** What one shared process holds: the versions in it, and the memory of it and all of them as far as that was measured. */
export interface Sharers {
  readonly versions: number;
  readonly bytes: number;
}

/** The shared processes by their id. */
export const sharersOf = cachedBy((models: Readonly<Record<string, ModelView>>): ReadonlyMap<number, Sharers> => {
  const byPid = new Map<number, Sharers>();
  for (const { versions } of Object.values(models)) {
    for (const { worker, memory } of versions) {
      if (worker?.shared !== true) continue;
      const { versions: count, bytes } = byPid.get(worker.pid) ?? { versions: 0, bytes: worker.processBytes ?? 0 };
      byPid.set(worker.pid, { versions: count + 1, bytes: bytes + (memory?.measuredBytes ?? 0) });
    }
  }
  return byPid;
});

/** The place that a model and its neighbours are in: the folder above its own, `s3://bucket/prefix`, or `https://host`. */
export function sourceGroup({ basePath, origin }: Pick<ModelView, 'basePath' | 'origin'>): string {
  if (origin === 'sample') return strings.models.samples;
  if (placeKind(basePath) === 'web') return /^https?:\/\/[^/]+/iu.exec(basePath)?.[0] ?? basePath;
  const path = basePath.replace(/[/\\]+$/u, '');
  const above = path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')));
  // A whole bucket, or a folder right below the root, is its own group.
  return above === '' || /^s3:\/*$/iu.test(above) ? path : above;
}

/** What a board knows of a model; undefined where there were no calls in the last minute. */
export function trafficOf(board: TrafficBoard | undefined, name: string): ModelTraffic | undefined {
  if (!board) return undefined;
  let byName = trafficByName.get(board);
  if (!byName) {
    byName = new Map(board.models.map((model) => [model.name, model]));
    trafficByName.set(board, byName);
  }
  return byName.get(name);
}

/** A list of a thousand models asks a board a thousand times. */
const trafficByName = new WeakMap<TrafficBoard, ReadonlyMap<string, ModelTraffic>>();

/** Requests per second now: over so many seconds, so that a slow caller does not show as 0 and 1 by turns. */
const RATE_OVER_SECONDS = 5;

export function requestRate({ perSecond }: Pick<ModelTraffic, 'perSecond'>): number {
  const last = perSecond.slice(-RATE_OVER_SECONDS);
  return last.length === 0 ? 0 : last.reduce((sum, count) => sum + count, 0) / last.length;
}
