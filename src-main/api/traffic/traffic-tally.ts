import type { ServableName } from '../../contracts/ids.ts';
import type { RefusalObserver, RequestObserver, RequestOutcome } from '../../contracts/request-outcome.ts';
import type { ModelTraffic, RefusedCalls, TrafficBoard, TrafficHistory } from '../../contracts/ui-traffic.ts';
import type { Clock } from '../../core/clock.ts';
import { verdictOf } from '../recording/request-filter.ts';
import { RefusedCallsTally } from './refused-calls.ts';
import { TimeRing } from './time-ring.ts';
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
  /** Inferences that hold a version now, of one model or, without a name, of all. */
  readonly inFlight: (model?: ServableName) => number;
  /** See TrafficBoard. */
  readonly lastRequest: () => number;
}

/** Inferences of the last quarter of an hour, for the user interface. */
export interface TrafficTally {
  readonly observe: RequestObserver;
  readonly observeRefused: RefusalObserver;
  current(): TrafficBoard;
  /** Calls back once a second while something changes. */
  subscribe(onChange: () => void): () => void;
  /** See the command `trafficHistory`. */
  history(range: {
    readonly sinceMs?: number | undefined;
    readonly model?: ServableName | undefined;
    readonly stepMs?: number | undefined;
  }): TrafficHistory;
  /** See the command `refusedCalls`. */
  refused(): readonly RefusedCalls[];
  forgetRefused(): void;
  close(): void;
}

/** What is kept of one model: steps for its charts, and seconds for its row. */
interface ModelTally {
  readonly name: ServableName;
  readonly steps: TrafficSeries;
  /** The places of {@link perSecond}. */
  readonly seconds: TimeRing;
  readonly perSecond: Uint32Array;
  lookedMs: number;
}

export function createTrafficTally({ clock, modelNamed, inFlight, lastRequest }: TrafficTallyDeps): TrafficTally {
  const closed = new AbortController();
  const listeners = new Set<() => void>();
  const series = (stepMs: number): TrafficSeries =>
    new TrafficSeries({ stepMs, steps: KEPT_MS / stepMs + 1, nowMs: clock.now() });
  const total = series(TOTAL_STEP_MS);
  const models = new Map<string, ModelTally>();
  const refused = new RefusedCallsTally();
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
    const perSecond = new Uint32Array(ROW_SECONDS + 1);
    const span = { stepMs: SECOND_MS, steps: perSecond.length, nowMs: clock.now() };
    const tally: ModelTally = {
      name: known,
      steps: series(MODEL_STEP_MS),
      seconds: new TimeRing(span, (slot) => void (perSecond[slot] = 0)),
      perSecond,
      lookedMs: -Infinity,
    };
    models.set(name, tally);
    return tally;
  };

  const rowOf = (tally: ModelTally, nowMs: number): ModelTraffic | undefined => {
    const { p95Ms, clientErrors, serverErrors } = tally.steps.recent((ROW_SECONDS * SECOND_MS) / MODEL_STEP_MS, nowMs);
    if (p95Ms === undefined) return undefined;
    const perSecond = tally.seconds.last(ROW_SECONDS, nowMs).map((slot) => tally.perSecond[slot] ?? 0);
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
      // Right before a call ends, as many are in flight as at no time since the last end. It holds its version still, so
      // that it is one of those that are counted; one that never got as far as to hold a version is not in flight.
      if (nowMs - lookedMs >= LOOK_MS) {
        lookedMs = nowMs;
        total.sawInFlight(inFlight(), nowMs);
      }
      const tally = tallyOf(model);
      if (tally !== undefined) {
        tally.steps.count(call, nowMs);
        const second = tally.seconds.slotAt(nowMs);
        tally.perSecond[second] = (tally.perSecond[second] ?? 0) + 1;
        if (nowMs - tally.lookedMs >= LOOK_MS) {
          tally.lookedMs = nowMs;
          tally.steps.sawInFlight(inFlight(tally.name), nowMs);
        }
      }
    },
    observeRefused(call) {
      lastSeenMs = clock.now();
      refused.count(call, lastSeenMs);
      void tellEachSecond();
    },
    current() {
      const nowMs = clock.now();
      const rows: ModelTraffic[] = [];
      for (const tally of models.values()) {
        const row = rowOf(tally, nowMs);
        if (row) rows.push(row);
      }
      const summary = refused.summary();
      return {
        atMs: nowMs - (nowMs % SECOND_MS),
        models: rows,
        lastRequest: lastRequest(),
        ...(summary && { refused: summary }),
      };
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
    refused: () => refused.list(),
    forgetRefused() {
      refused.clear();
      for (const listener of listeners) listener();
    },
    close: () => closed.abort(),
  };
}
