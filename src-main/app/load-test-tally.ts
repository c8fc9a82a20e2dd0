import { quantile } from '../api/traffic/quantile.ts';
import { LATENCY_SCALE } from '../api/traffic/traffic-series.ts';
import type { LoadTestCounts } from '../contracts/ui-traffic.ts';

const SECOND_MS = 1000;
/** Of the first failure, so much is kept. */
const MAX_ERROR = 500;

/** What became of one request of a load test. */
export type LoadTestAnswer =
  | { readonly status: number; readonly durationMs: number; readonly error?: string }
  | { readonly status: undefined; readonly error: string };

/** Adds up the answers of a load test. Times in milliseconds since its start. */
export interface LoadTestTally {
  add(answer: LoadTestAnswer, atMs: number): void;
  counts(elapsedMs: number): LoadTestCounts;
}

export function createLoadTestTally(): LoadTestTally {
  const { bounds } = LATENCY_SCALE;
  const latency = new Uint32Array(bounds.length + 1);
  const perSecond: number[] = [];
  const sums = { ok: 0, clientErrors: 0, serverErrors: 0, unanswered: 0 };
  let firstError: string | undefined;
  let answers = 0;
  let totalMs = 0;
  let minMs = Infinity;
  let maxMs = 0;

  return {
    add(answer, atMs) {
      if (answer.error !== undefined) firstError ??= answer.error.slice(0, MAX_ERROR);
      if (answer.status === undefined) {
        sums.unanswered += 1;
        return;
      }
      const { status, durationMs } = answer;
      sums[status < 400 ? 'ok' : status < 500 ? 'clientErrors' : 'serverErrors'] += 1;
      answers += 1;
      totalMs += durationMs;
      minMs = Math.min(minMs, durationMs);
      maxMs = Math.max(maxMs, durationMs);
      const row = bounds.findIndex((bound) => durationMs <= bound);
      const at = row === -1 ? bounds.length : row;
      latency[at] = (latency[at] ?? 0) + 1;
      const second = Math.floor(atMs / SECOND_MS);
      while (perSecond.length <= second) perSecond.push(0);
      perSecond[second] = (perSecond[second] ?? 0) + 1;
    },
    counts(elapsedMs) {
      // A quantile lies within its row; what was measured bounds it more closely.
      const within = (share: number): number =>
        answers === 0 ? 0 : Math.min(maxMs, Math.max(minMs, quantile(latency, bounds, share) ?? 0));
      const seconds = Math.floor(elapsedMs / SECOND_MS);
      return {
        elapsedMs,
        ...sums,
        ...(firstError !== undefined && { firstError }),
        boundsMs: [...bounds],
        latency: [...latency],
        minMs: answers === 0 ? 0 : minMs,
        meanMs: answers === 0 ? 0 : totalMs / answers,
        maxMs,
        p50Ms: within(0.5),
        p95Ms: within(0.95),
        p99Ms: within(0.99),
        perSecond: Array.from({ length: seconds }, (_, second) => perSecond[second] ?? 0),
      };
    },
  };
}
