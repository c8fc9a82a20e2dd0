import { setImmediate } from 'node:timers/promises';
import { Counter, Gauge, Registry } from 'prom-client';
import { type ServableId, ServableName, servableKey } from '../../contracts/ids.ts';
import type { RequestObserver } from '../../contracts/request-outcome.ts';
import type { ErrorCode } from '../../contracts/serving-error.ts';
import type { ServableEvent, ServableStates } from '../../core/servable-state-monitor.ts';
import { isFailing } from '../../core/version-state.ts';
import { STATE_NAMES } from '../model-status.ts';
import type { ModelDirectory } from '../ui/model-directory.ts';
import { FilledHistogram, type HistogramSeries, type Labels } from './filled-histogram.ts';
import { HistogramTally, scaleOf } from './histogram-tally.ts';
import { type CallTally, LATENCY_US, RequestTally } from './request-tally.ts';

/** Seconds. */
const LOAD_SECONDS = scaleOf([0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]);
/** TensorFlow Serving's default name of the threads that run batches (bundle_factory_util.cc); ours run all there. */
const BATCH_THREADS = 'batch_threads';
const POLL_RESULTS = ['ok', 'error'] as const;
type PollResult = (typeof POLL_RESULTS)[number];
const REQUEST_COUNT = ':tensorflow:serving:request_count';
const EXAMPLE_COUNT = ':tensorflow:serving:request_example_count_total';
const RUN_COUNT = ':tensorflow:serving:batching_session:wrapped_run_count';
const WARMUP_RECORDS = ':tensorflow:serving:model_warmup_records_read';

/** A worker process as the metrics show it. */
export interface WorkerFacts {
  readonly pid: number;
  readonly shared: boolean;
  readonly rssBytes: number;
}

export interface MetricsDeps {
  readonly states: ServableStates;
  readonly directory: Pick<ModelDirectory, 'models' | 'subscribe'>;
  /** The worker processes that exist now, and how many were lost since the start. */
  readonly runtime: () => { readonly workers: readonly WorkerFacts[]; readonly restarts: number };
  /** Memory that all models may take, and what those that are loaded or loading take. */
  readonly memory: () => { readonly usedBytes: number; readonly limitBytes?: number | undefined };
  /** Version of this program. */
  readonly version: string;
}

/** How the warm-up of a version went. */
export interface WarmupOutcome {
  readonly records: number;
  readonly ms: number;
  readonly code: 'OK' | ErrorCode;
}

/** What is measured, in the text form that Prometheus reads. */
export interface Metrics {
  /** Counts an answered call; well below a microsecond. */
  readonly observe: RequestObserver;
  /** Counts a poll of a model's base path. */
  polled(name: ServableName, result: PollResult): void;
  /** Counts the warm-up of a version: how many of its requests were run, how long that took, and how it ended. */
  warmedUp(id: ServableId, warmup: WarmupOutcome): void;
  /** The page. Scrapes at the same time share one; the event loop goes on in between. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
  /**
   * The sum over all labels of one of TensorFlow Serving's counters, for HandleReloadConfigRequest.
   * @param name `/tensorflow/serving/request_count`, or as it is printed.
   * @returns undefined for what is no counter here.
   */
  counterValue(name: string): number | undefined;
  /** Follows states and configuration no longer. */
  close(): void;
}

/** What is counted of the warm-ups of one version that ended alike. */
interface WarmupTally {
  readonly id: ServableId;
  readonly labels: Readonly<Record<'model_path' | 'status', string>>;
  readonly tally: HistogramTally;
  records: number;
}

/** What is counted of one model besides its calls. */
interface ModelEvents {
  readonly labels: Labels;
  readonly tally: HistogramTally;
  failures: number;
  losses: number;
  readonly polls: Record<PollResult, number>;
  /** By version and status. */
  readonly warmups: Map<string, WarmupTally>;
}

/**
 * Measures under TensorFlow Serving's names (util/prometheus_exporter.cc), and under names of our own, which have the
 * version and the method. Series of models that are no longer configured go away.
 *
 * Of TensorFlow Serving's metrics only request_log_count is missing, which never moves there.
 *
 * Node's metrics of prom-client are not taken: they hold a timer of 10 ms and an observer of garbage collections, which
 * an idle server would pay for.
 */
export function createMetrics(deps: MetricsDeps): Metrics {
  const { states, directory } = deps;
  const registry = new Registry();
  let configured: ReadonlySet<string> | undefined;
  const isConfigured = (name: string): boolean => {
    configured ??= new Set(directory.models().map(({ config }) => config.name));
    return configured.has(name);
  };
  const isVersion = (name: string, version: string): boolean => {
    const model = ServableName.safeParse(name);
    return model.success && states.versions(model.data).some(({ id }) => id.version === version);
  };
  const requests = new RequestTally({ isConfigured, isVersion });
  const events = new Map<ServableName, ModelEvents>();

  const eventsOf = (name: ServableName): ModelEvents => {
    let found = events.get(name);
    if (!found) {
      found = {
        labels: { model: name },
        tally: new HistogramTally(LOAD_SECONDS),
        failures: 0,
        losses: 0,
        polls: { ok: 0, error: 0 },
        warmups: new Map(),
      };
      events.set(name, found);
    }
    return found;
  };
  const changed = new Set<ServableName>();
  const dropRemoved = (): void => {
    for (const name of changed) if (!isConfigured(name)) events.delete(name);
    changed.clear();
  };
  const onEvent = ({ id, kind, state }: ServableEvent): void => {
    if (kind === 'lost') eventsOf(id.name).losses += 1;
    if (kind !== 'state') return;
    if (state.phase === 'available') eventsOf(id.name).tally.observe(state.loadMs / 1000);
    // An attempt that failed is followed by the wait for the next one, or by the end.
    const gaveUp = state.phase === 'end' || (state.phase === 'loading' && state.retryAtMs !== undefined);
    if (gaveUp && isFailing(state)) eventsOf(id.name).failures += 1;
  };
  const unsubscribe = [
    states.subscribe(onEvent),
    directory.subscribe((name) => {
      configured = undefined;
      // Many models may change in one turn: the names that are configured are gathered once.
      if (changed.size === 0) queueMicrotask(dropRemoved);
      changed.add(name);
    }),
  ];
  const prune = (): void => {
    requests.prune();
    for (const [name, { warmups }] of events) {
      if (!isConfigured(name)) events.delete(name);
      for (const [key, { id }] of warmups) if (!isVersion(id.name, id.version)) warmups.delete(key);
    }
  };

  registerUpstream(registry, requests);
  registerWarmups(registry, events);
  registerCalls(registry, requests);
  registerModels(registry, deps, events);
  registerProcess(registry, deps);

  let rendering: Promise<{ readonly contentType: string; readonly body: string }> | undefined;
  const render = async (): Promise<{ readonly contentType: string; readonly body: string }> => {
    prune();
    const parts: string[] = [];
    const write = async (name: string, isFirst = true): Promise<void> => {
      const text = await registry.getSingleMetricAsString(name);
      parts.push(isFirst ? text : withoutHead(text));
      await setImmediate();
    };
    for (const metric of registry.getMetricsAsArray()) {
      if (metric instanceof FilledHistogram) await metric.eachPage((isFirst) => write(metric.metricName, isFirst));
      else await write(metric.name);
    }
    return { contentType: registry.contentType, body: `${parts.join('\n')}\n` };
  };

  return {
    observe: (outcome) => requests.add(outcome),
    polled(name, result) {
      eventsOf(name).polls[result] += 1;
    },
    warmedUp(id, { records, ms, code }) {
      const { warmups } = eventsOf(id.name);
      const key = `${id.version} ${code}`;
      let found = warmups.get(key);
      if (!found) {
        // A page that anybody may read holds no path of this computer.
        const labels = { model_path: servableKey(id), status: code };
        warmups.set(key, (found = { id, labels, tally: new HistogramTally(LATENCY_US), records: 0 }));
      }
      found.tally.observe(ms * 1000);
      found.records += records;
    },
    render() {
      rendering ??= render().finally(() => {
        rendering = undefined;
      });
      return rendering;
    },
    counterValue(name) {
      let sum = 0;
      switch (name.replaceAll('/', ':')) {
        case REQUEST_COUNT:
          for (const { statuses } of requests.models()) for (const [, count] of statuses.entries()) sum += count;
          return sum;
        case EXAMPLE_COUNT:
          for (const { examples } of requests.models()) sum += examples?.tally.sum ?? 0;
          return sum;
        case WARMUP_RECORDS:
          for (const { warmups } of events.values()) for (const { records } of warmups.values()) sum += records;
          return sum;
        case RUN_COUNT:
          return requests.batches.runs;
        default:
          return undefined;
      }
    },
    close() {
      for (const stop of unsubscribe) stop();
    },
  };
}

function registerUpstream(registry: Registry, requests: RequestTally): void {
  counter(registry, REQUEST_COUNT, 'Requests by model and status.', ['model_name', 'status'], function* count() {
    for (const { name, statuses } of requests.models()) {
      for (const [status, value] of statuses.entries()) yield [{ model_name: name, status }, value];
    }
  });
  histogram(
    registry,
    ':tensorflow:serving:request_latency',
    'Microseconds from the headers of a request to its answer, of those that succeeded.',
    function* series() {
      // Two methods may share a series.
      for (const { latency } of requests.models()) yield* new Set(latency.filter((each) => each !== undefined));
    },
  );
  histogram(registry, ':tensorflow:serving:runtime_latency', 'Microseconds of a run of a model.', function* series() {
    for (const { runtime } of requests.models()) yield* runtime.filter((each) => each !== undefined);
  });
  const queuing = [{ labels: { thread_pool_name: BATCH_THREADS }, tally: requests.queuing }];
  histogram(
    registry,
    ':tensorflow:serving:batching_session:queuing_latency',
    'Microseconds that a request waited in its worker before its run.',
    () => queuing,
  );
  registerExamples(registry, requests);
  registerBatches(registry, requests);
}

function registerExamples(registry: Registry, requests: RequestTally): void {
  counter(registry, EXAMPLE_COUNT, 'Examples of classify, regress and multi-inference.', ['model'], function* count() {
    for (const { name, examples } of requests.models()) if (examples) yield [{ model: name }, examples.tally.sum];
  });
  histogram(registry, ':tensorflow:serving:request_example_counts', 'Examples of a request.', function* series() {
    for (const { examples } of requests.models()) if (examples) yield examples;
  });
}

function registerBatches(registry: Registry, { batches }: RequestTally): void {
  const name = (metric: string): string => `:tensorflow:serving:batching_session:${metric}`;
  const input = [{ labels: {}, tally: batches.input }];
  const processed = [{ labels: {}, tally: batches.processed }];
  counter(registry, RUN_COUNT, 'Runs that ended well.', [], function* count() {
    yield [{}, batches.runs];
  });
  histogram(registry, name('input_batch_size'), 'Rows of a request.', () => input);
  histogram(registry, name('processed_batch_size'), 'Rows of a run, padding included.', () => processed);
  histogram(registry, name('padding_size'), 'Rows added to a run to get to an allowed size.', () => batches.padding());
}

function registerWarmups(registry: Registry, events: ReadonlyMap<ServableName, ModelEvents>): void {
  const labels = ['model_path', 'status'] as const;
  counter(registry, WARMUP_RECORDS, 'Warm-up requests that were run.', labels, function* count() {
    for (const { warmups } of events.values()) {
      for (const warmup of warmups.values()) yield [warmup.labels, warmup.records];
    }
  });
  histogram(registry, ':tensorflow:serving:model_warmup_latency', 'Microseconds of a warm-up.', function* series() {
    for (const { warmups } of events.values()) yield* warmups.values();
  });
}

function registerCalls(registry: Registry, requests: RequestTally): void {
  const labels = ['model', 'version', 'method', 'entrypoint'] as const;
  counter(registry, 'slipway_request_total', 'Answered requests.', [...labels, 'status'], function* count() {
    for (const call of requests.calls()) {
      for (const [status, value] of call.statuses.entries()) yield [{ ...call.labels, status }, value];
    }
  });
  counter(registry, 'slipway_request_bytes_total', 'Bytes of request bodies, inflated.', labels, function* count() {
    for (const call of requests.calls()) yield [call.labels, call.requestBytes];
  });
  counter(
    registry,
    'slipway_response_bytes_total',
    'Bytes of response bodies, not compressed.',
    labels,
    function* count() {
      for (const call of requests.calls()) yield [call.labels, call.responseBytes];
    },
  );
  const perCall = (name: string, help: string, tallyOf: (call: CallTally) => HistogramTally | undefined): void => {
    histogram(registry, name, help, function* series() {
      for (const call of requests.calls()) {
        const tally = tallyOf(call);
        if (tally) yield { labels: call.labels, tally };
      }
    });
  };
  perCall('slipway_request_duration_seconds', 'From the headers of a request to its answer.', (call) => call.duration);
  perCall('slipway_queue_duration_seconds', 'From the arrival in the worker to the run.', (call) => call.run?.queue);
  perCall('slipway_inference_duration_seconds', 'Of the run that answered a request.', (call) => call.run?.inference);
  perCall(
    'slipway_batch_rows',
    'Rows of the run that answered a request, once for each request.',
    (call) => call.run?.rows,
  );
}

function registerModels(
  registry: Registry,
  { states, directory }: MetricsDeps,
  events: ReadonlyMap<ServableName, ModelEvents>,
): void {
  const each = (valueOf: (model: ModelEvents) => number) =>
    function* values(): Samples<'model'> {
      for (const [model, found] of events) yield [{ model }, valueOf(found)];
    };
  histogram(registry, 'slipway_model_load_duration_seconds', 'Of the loads that succeeded.', () => events.values());
  counter(
    registry,
    'slipway_model_load_failures_total',
    'Attempts to load a version that failed.',
    ['model'],
    each(({ failures }) => failures),
  );
  counter(
    registry,
    'slipway_model_losses_total',
    'Times that a loaded version was lost with its worker process.',
    ['model'],
    each(({ losses }) => losses),
  );
  counter(registry, 'slipway_source_polls_total', 'Looks for versions.', ['model', 'result'], function* count() {
    for (const [model, { polls }] of events) {
      for (const result of POLL_RESULTS) yield [{ model, result }, polls[result]];
    }
  });
  gauge(
    registry,
    'slipway_source_error',
    '1 where the last look for versions failed and the list before it stands.',
    ['model'],
    function* values() {
      for (const { config, report } of directory.models())
        yield [{ model: config.name }, report.status === 'error' ? 1 : 0];
    },
  );
  gauge(
    registry,
    'slipway_model_state',
    '1 for the state that a version is in; 0 for the others.',
    ['model', 'version', 'state'],
    function* values() {
      for (const model of states.names()) {
        for (const { id, state, aspired } of states.versions(model)) {
          // What was unloaded is history.
          if (state.phase === 'end' && !aspired) continue;
          const current = STATE_NAMES[state.phase];
          for (const name of Object.values(STATE_NAMES)) {
            yield [{ model, version: id.version, state: name }, name === current ? 1 : 0];
          }
        }
      }
    },
  );
  gauge(
    registry,
    'slipway_requests_in_flight',
    'Requests that a version works on now.',
    ['model', 'version'],
    function* values() {
      for (const model of states.names()) {
        for (const { id, state, inFlight } of states.versions(model)) {
          if (state.phase !== 'end') yield [{ model, version: id.version }, inFlight];
        }
      }
    },
  );
}

function registerProcess(registry: Registry, deps: MetricsDeps): void {
  const slots = createSlots();
  gauge(
    registry,
    'slipway_worker_resident_memory_bytes',
    'Resident memory of a worker process. Workers are numbered; a new one takes the first number that is free.',
    ['worker', 'shared'],
    function* values() {
      const { workers } = deps.runtime();
      slots.keep(workers.map(({ pid }) => pid));
      for (const { pid, shared, rssBytes } of workers) {
        yield [{ worker: String(slots.slotOf(pid)), shared: String(shared) }, rssBytes];
      }
    },
  );
  counter(
    registry,
    'slipway_worker_restarts_total',
    'Worker processes that died and were replaced.',
    [],
    function* count() {
      yield [{}, deps.runtime().restarts];
    },
  );
  gauge(registry, 'slipway_memory_used_bytes', 'Memory that models take, loaded or loading.', [], function* values() {
    yield [{}, deps.memory().usedBytes];
  });
  gauge(
    registry,
    'slipway_memory_limit_bytes',
    'Memory that models may take; +Inf without a limit.',
    [],
    function* values() {
      yield [{}, deps.memory().limitBytes ?? Infinity];
    },
  );
  gauge(registry, 'slipway_build_info', 'What runs; always 1.', ['version', 'node'], function* values() {
    yield [{ version: deps.version, node: process.versions.node }, 1];
  });

  // Names that every Prometheus client library uses.
  counter(registry, 'process_cpu_seconds_total', 'Processor time of the server process.', [], function* count() {
    const { user, system } = process.cpuUsage();
    yield [{}, (user + system) / 1e6];
  });
  gauge(registry, 'process_resident_memory_bytes', 'Resident memory of the server process.', [], function* values() {
    yield [{}, process.memoryUsage.rss()];
  });
  gauge(
    registry,
    'process_start_time_seconds',
    'When the server process began, since the Unix epoch.',
    [],
    function* values() {
      yield [{}, performance.timeOrigin / 1000];
    },
  );
  gauge(
    registry,
    'nodejs_heap_size_used_bytes',
    'Memory that JavaScript objects of the server take.',
    [],
    function* values() {
      yield [{}, process.memoryUsage().heapUsed];
    },
  );
  counter(
    registry,
    'nodejs_eventloop_active_seconds_total',
    'Time in which the event loop of the server was busy.',
    [],
    function* count() {
      yield [{}, performance.eventLoopUtilization().active / 1000];
    },
  );
}

/** The samples alone, without the two lines that a metric begins with. */
function withoutHead(text: string): string {
  return text.slice(text.indexOf('\n', text.indexOf('\n') + 1) + 1);
}

/** Small numbers for things that come and go, so that their series do not become ever more. */
function createSlots(): { keep(ids: readonly number[]): void; slotOf(id: number): number } {
  const slots = new Map<number, number>();
  return {
    keep(ids) {
      for (const id of slots.keys()) {
        if (!ids.includes(id)) slots.delete(id);
      }
      const taken = new Set(slots.values());
      let free = 0;
      for (const id of ids) {
        if (slots.has(id)) continue;
        while (taken.has(free)) free += 1;
        taken.add(free);
        slots.set(id, free);
      }
    },
    slotOf: (id) => slots.get(id) ?? 0,
  };
}

type Samples<T extends string> = Generator<readonly [labels: Readonly<Record<T, string>>, value: number]>;

/** A counter that is counted elsewhere. */
function counter<T extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly T[],
  samples: () => Samples<T>,
): void {
  const made = new Counter<T>({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      made.reset();
      for (const [labels, value] of samples()) made.inc(labels, value);
    },
  });
}

/** A gauge that is read when somebody asks. */
function gauge<T extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly T[],
  samples: () => Samples<T>,
): void {
  const made = new Gauge<T>({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      made.reset();
      for (const [labels, value] of samples()) made.set(labels, value);
    },
  });
}

function histogram(registry: Registry, name: string, help: string, series: () => Iterable<HistogramSeries>): void {
  registry.registerMetric(new FilledHistogram({ name, help, series }));
}
