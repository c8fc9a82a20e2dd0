import type { ServableName } from '../../contracts/ids.ts';
import type { RequestObserver, RequestOutcome } from '../../contracts/request-outcome.ts';
import type { ModelTraffic, TrafficBoard, TrafficHistory } from '../../contracts/ui-traffic.ts';
import type { Clock } from '../../core/clock.ts';
import { verdictOf } from '../recording/request-filter.ts';
import { TrafficSeries } from './traffic-series.ts';

const MINUTES = 60_000;
/** How far back the charts go. */
const KEPT_MS = 15 * MINUTES;
/** Of all models together, and of one: many models must not take much memory. */
const TOTAL_STEP_MS = 1000;
const MODEL_STEP_MS = 5000;
/** A row of the list shows so many seconds. */
const ROW_SECONDS = 60;
const SECOND_MS = 1000;
/** Calls in flight are counted so often at most: to count them costs more than to count a call. */
const LOOK_MS = 20;

/** The calls that run a model; all others would only blur the picture. */
const INFERENCES: ReadonlySet<RequestOutcome['method']> = new Set([
  'predict',
  'classify',
  'regress',
  'multi_inference',
]);

export interface TrafficTallyDeps {
  readonly clock: Clock;
  /** The model that a caller names, if there is one: names that callers make up are counted in the sum only. */
  readonly modelNamed: (name: string) => ServableName | undefined;
  /** Inferences that are being answered now, of one model or, without a name, of all. */
  readonly inFlight: (model?: ServableName) => number;
  /** See TrafficBoard. */
  readonly lastRequest: () => number;
}

/** Inferences of the last quarter of an hour, for the user interface. */
export interface TrafficTally {
  readonly observe: RequestObserver;
  current(): TrafficBoard;
  /** Calls back once a second while something changes. */
  subscribe(onChange: () => void): () => void;
  /** See the command `trafficHistory`. */
  history(range: {
    readonly sinceMs?: number | undefined;
    readonly model?: ServableName | undefined;
    readonly stepMs?: number | undefined;
  }): TrafficHistory;
  close(): void;
}

/** What is kept of one model: steps for its charts, and seconds for its row. */
interface ModelTally {
  readonly name: ServableName;
  readonly steps: TrafficSeries;
  readonly seconds: Uint32Array;
  newestSecond: number;
  lookedMs: number;
}

export function createTrafficTally({ clock, modelNamed, inFlight, lastRequest }: TrafficTallyDeps): TrafficTally {
  const closed = new AbortController();
  const listeners = new Set<() => void>();
  const series = (stepMs: number): TrafficSeries =>
    new TrafficSeries({ stepMs, steps: KEPT_MS / stepMs + 1, nowMs: clock.now() });
  const total = series(TOTAL_STEP_MS);
  const models = new Map<string, ModelTally>();
  let ticking = false;
  let lookedMs = -Infinity;
  /** When the newest call of any kind was seen: it may be in the records though it is not counted. */
  let lastSeenMs = -Infinity;

  const tellEachSecond = async (): Promise<void> => {
    if (ticking) return;
    ticking = true;
    // On the second, so that each one is told when it is full; and once more after the last call has left the rows.
    do {
      await clock.sleep(SECOND_MS - (clock.now() % SECOND_MS), closed.signal);
      if (closed.signal.aborted) break;
      total.sawInFlight(inFlight(), clock.now());
      // A call that takes long is seen long before it ends.
      for (const { name, steps } of models.values()) steps.sawInFlight(inFlight(name), clock.now());
      forgetQuiet();
      for (const listener of listeners) listener();
    } while (clock.now() - total.lastCallMs <= (ROW_SECONDS + 1) * SECOND_MS || clock.now() - lastSeenMs <= SECOND_MS);
    ticking = false;
  };

  const forgetQuiet = (): void => {
    for (const [name, { steps }] of models) {
      if (clock.now() - steps.lastCallMs > KEPT_MS) models.delete(name);
    }
  };

  const tallyOf = (name: string): ModelTally | undefined => {
    const before = models.get(name);
    if (before !== undefined) return before;
    const known = modelNamed(name);
    if (known === undefined) return undefined;
    const tally: ModelTally = {
      name: known,
      steps: series(MODEL_STEP_MS),
      seconds: new Uint32Array(ROW_SECONDS + 1),
      newestSecond: Math.floor(clock.now() / SECOND_MS),
      lookedMs: -Infinity,
    };
    models.set(name, tally);
    return tally;
  };

  const rowOf = (tally: ModelTally, nowMs: number): ModelTraffic | undefined => {
    const { p95Ms, clientErrors, serverErrors } = tally.steps.recent((ROW_SECONDS * SECOND_MS) / MODEL_STEP_MS, nowMs);
    if (p95Ms === undefined) return undefined;
    advanceSeconds(tally, nowMs);
    const length = tally.seconds.length;
    const perSecond = Array.from(
      { length: ROW_SECONDS },
      (_, at) => tally.seconds[(tally.newestSecond - ROW_SECONDS + at) % length] ?? 0,
    );
    return { name: tally.name, perSecond, p95Ms, clientErrors, serverErrors };
  };

  return {
    observe({ method, model, code, durationMs, queueMs, runMs }) {
      const nowMs = clock.now();
      lastSeenMs = nowMs;
      void tellEachSecond();
      if (!INFERENCES.has(method)) return;
      const call = { verdict: verdictOf(code), durationMs, queueMs, runMs };
      total.count(call, nowMs);
      // Right before a call ends, as many are in flight as at no time since the last end; the one that ended is gone.
      if (nowMs - lookedMs >= LOOK_MS) {
        lookedMs = nowMs;
        total.sawInFlight(inFlight() + 1, nowMs);
      }
      const tally = tallyOf(model);
      if (tally !== undefined) {
        tally.steps.count(call, nowMs);
        const second = advanceSeconds(tally, nowMs);
        tally.seconds[second] = (tally.seconds[second] ?? 0) + 1;
        if (nowMs - tally.lookedMs >= LOOK_MS) {
          tally.lookedMs = nowMs;
          tally.steps.sawInFlight(inFlight(tally.name) + 1, nowMs);
        }
      }
    },
    current() {
      const nowMs = clock.now();
      const rows: ModelTraffic[] = [];
      for (const tally of models.values()) {
        const row = rowOf(tally, nowMs);
        if (row) rows.push(row);
      }
      return { atMs: nowMs - (nowMs % SECOND_MS), models: rows, lastRequest: lastRequest() };
    },
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    history({ sinceMs = 0, model, stepMs = 0 }) {
      const nowMs = clock.now();
      const one = model === undefined ? total : (models.get(model)?.steps ?? series(MODEL_STEP_MS));
      return one.history(sinceMs, nowMs, Math.max(1, Math.ceil(stepMs / one.stepMs)));
    },
    close: () => closed.abort(),
  };
}

/** @returns the place of the second that runs; those that had no call are empty. */
function advanceSeconds(tally: ModelTally, nowMs: number): number {
  const { seconds } = tally;
  const second = Math.floor(nowMs / SECOND_MS);
  for (let next = Math.max(tally.newestSecond + 1, second - seconds.length + 1); next <= second; next += 1) {
    seconds[next % seconds.length] = 0;
  }
  tally.newestSecond = Math.max(tally.newestSecond, second);
  return tally.newestSecond % seconds.length;
}
