import type { ApiMethod, RequestOutcome } from '../../contracts/request-outcome.ts';
import { STATUS } from '../../contracts/serving-error.ts';
import type { Labels } from './filled-histogram.ts';
import { exponentialScale, HistogramTally, scaleOf } from './histogram-tally.ts';

/** Microseconds. Source: TensorFlow Serving servables/tensorflow/util.cc, saved_model_warmup_util.cc, `Buckets::Exponential(10, 1.8, 33)`. */
export const LATENCY_US = exponentialScale(10, 1.8, 33);
/** Microseconds. Source: TensorFlow Serving batching/batching_session.cc, `Buckets::Exponential(100, 1.2, 52)`. */
const QUEUING_US = exponentialScale(100, 1.2, 52);
const SECONDS = scaleOf([
  0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]);
/** Source: TensorFlow Serving batching/batching_util.h, `Buckets::Exponential(1, 2, 14)`. */
const ROWS = exponentialScale(1, 2, 14);
/** Source: TensorFlow Serving servables/tensorflow/util.cc, `Buckets::Exponential(1, 2, 15)`. */
const EXAMPLES = exponentialScale(1, 2, 15);

/** Status names by their number in gRPC. */
const STATUS_NAMES: readonly string[] = Object.entries(STATUS).reduce(
  (names, [name, { grpc }]) => names.with(grpc, name),
  ['OK', ...Array.from(Object.keys(STATUS), () => '')],
);

const METHODS = {
  predict: 0,
  classify: 1,
  regress: 2,
  multi_inference: 3,
  metadata: 4,
  status: 5,
  other: 6,
} as const satisfies Record<ApiMethod, number>;
const METHOD_COUNT = Object.keys(METHODS).length;

/** TensorFlow Serving's names of what runs a model, in its metrics. */
const UPSTREAM_API = {
  predict: 'Predict',
  classify: 'Classify',
  regress: 'Regress',
  multi_inference: 'MultiInference',
  metadata: '',
  status: '',
  other: '',
} as const satisfies Record<ApiMethod, string>;

/** How often each status was answered. */
class StatusCounts {
  readonly #counts = new Float64Array(STATUS_NAMES.length);

  add(code: RequestOutcome['code']): void {
    const index = code === 'OK' ? 0 : STATUS[code].grpc;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** Those that were answered at all. */
  *entries(): Generator<readonly [status: string, count: number]> {
    for (const [index, status] of STATUS_NAMES.entries()) {
      const count = this.#counts[index] ?? 0;
      if (count > 0) yield [status, count];
    }
  }
}

/** What is counted of the calls of one method, to one version, over one entry point. */
export class CallTally {
  readonly labels: Readonly<Record<'model' | 'version' | 'method' | 'entrypoint', string>>;
  readonly statuses = new StatusCounts();
  readonly duration = new HistogramTally(SECONDS);
  requestBytes = 0;
  responseBytes = 0;
  /** Of calls that ran a model. */
  run:
    { readonly queue: HistogramTally; readonly inference: HistogramTally; readonly rows: HistogramTally } | undefined;

  constructor(model: string, version: string, { method, entrypoint }: RequestOutcome) {
    this.labels = { model, version, method, entrypoint };
  }

  add(outcome: RequestOutcome): void {
    this.statuses.add(outcome.code);
    this.duration.observe(outcome.durationMs / 1000);
    this.requestBytes += outcome.requestBytes;
    this.responseBytes += outcome.responseBytes;
    if (outcome.runMs === undefined) return;
    this.run ??= {
      queue: new HistogramTally(SECONDS),
      inference: new HistogramTally(SECONDS),
      rows: new HistogramTally(ROWS),
    };
    this.run.inference.observe(outcome.runMs / 1000);
    if (outcome.queueMs !== undefined) this.run.queue.observe(outcome.queueMs / 1000);
    if (outcome.batchRows !== undefined) this.run.rows.observe(outcome.batchRows);
  }
}

interface LabelledTally {
  readonly labels: Labels;
  readonly tally: HistogramTally;
}

/** What is counted of the calls to one version, by entry point and method. */
interface VersionTally {
  readonly version: string;
  readonly calls: (CallTally | undefined)[];
}

/** Sizes of runs that have a series of their own: callers choose the sizes where nothing pads them. */
const MAX_RUN_SIZES = 128;

/**
 * What TensorFlow Serving counts of batches (batching/batching_util.h, batching_session.cc). All runs that ended well are
 * in it, since there every request is batched or none, and here what waits runs together where the model allows it.
 */
class BatchTally {
  /** Rows of each request, and of each run with its padding. */
  readonly input = new HistogramTally(ROWS);
  readonly processed = new HistogramTally(ROWS);
  readonly #padding = new Map<number, LabelledTally>();
  readonly #otherPadding: LabelledTally = paddingTally('');

  /** Runs. */
  get runs(): number {
    return this.processed.count;
  }

  *padding(): Generator<LabelledTally> {
    yield* this.#padding.values();
    yield this.#otherPadding;
  }

  add({ rows, runRows = 0, batchRows = 0, paddingRows = 0 }: RequestOutcome): void {
    if (rows === undefined) return;
    this.input.observe(rows);
    // Another answer tells of the run.
    if (runRows === 0) return;
    const fullRuns = Math.max(0, Math.ceil(batchRows / runRows) - 1);
    if (fullRuns > 0) this.#ran(runRows, 0, fullRuns);
    this.#ran(batchRows - fullRuns * runRows + paddingRows, paddingRows, 1);
  }

  #ran(size: number, padding: number, times: number): void {
    this.processed.observe(size, times);
    (this.#padding.get(size) ?? this.#newPadding(size)).tally.observe(padding, times);
  }

  #newPadding(size: number): LabelledTally {
    if (this.#padding.size >= MAX_RUN_SIZES) return this.#otherPadding;
    const added = paddingTally(String(size));
    this.#padding.set(size, added);
    return added;
  }
}

function paddingTally(size: string): LabelledTally {
  return { labels: { execution_batch_size: size }, tally: new HistogramTally(ROWS) };
}

/** What is counted of one model's calls. */
export class ModelTally {
  readonly name: string;
  readonly versions = new Map<string, VersionTally>();
  /** As TensorFlow Serving counts, over all versions. */
  readonly statuses = new StatusCounts();
  readonly latency: (LabelledTally | undefined)[] = [];
  readonly runtime: (LabelledTally | undefined)[] = [];
  /** Examples of classify, regress and multi-inference calls; undefined before the first. */
  examples: LabelledTally | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /**
   * Counts as TensorFlow Serving does (servables/tensorflow/util.cc): every REST call, of gRPC only predict, classify and
   * regress; the latency of successful calls alone. Runs are counted for both, under gRPC's names.
   */
  addAsUpstream(outcome: RequestOutcome): void {
    const { entrypoint, method, code } = outcome;
    const slot = METHODS[method];
    if (entrypoint === 'REST' || slot <= METHODS.regress) {
      this.statuses.add(code);
      if (code === 'OK') {
        const latency = (this.latency[slotOf(outcome)] ??= this.#upstreamLatency(outcome));
        latency.tally.observe(outcome.durationMs * 1000);
      }
    }
    if (outcome.runMs === undefined) return;
    const runtime = (this.runtime[slot] ??= {
      labels: { model_name: this.name, API: UPSTREAM_API[method], runtime: 'ONNX' },
      tally: new HistogramTally(LATENCY_US),
    });
    runtime.tally.observe(outcome.runMs * 1000);
    if (outcome.rows === undefined || slot < METHODS.classify || slot > METHODS.multi_inference) return;
    this.examples ??= { labels: { model: this.name }, tally: new HistogramTally(EXAMPLES) };
    this.examples.tally.observe(outcome.rows);
  }

  /** REST calls that run no model share one series, with an empty API. */
  #upstreamLatency({ entrypoint, method }: RequestOutcome): LabelledTally {
    const upstream = UPSTREAM_API[method];
    const api = entrypoint === 'REST' && upstream !== '' ? method : upstream;
    const isSame = (each: LabelledTally | undefined): boolean =>
      each !== undefined && each.labels['API'] === api && each.labels['entrypoint'] === entrypoint;
    return (
      this.latency.find(isSame) ?? {
        labels: { model_name: this.name, API: api, entrypoint },
        tally: new HistogramTally(LATENCY_US),
      }
    );
  }
}

function slotOf({ entrypoint, method }: RequestOutcome): number {
  return METHODS[method] + (entrypoint === 'REST' ? 0 : METHOD_COUNT);
}

export interface RequestTallyDeps {
  /** Whether a model of this name is configured now. Asked for names that are not counted yet. */
  readonly isConfigured: (name: string) => boolean;
  /** Whether there is such a version, or was until not long ago. Asked for versions that are not counted yet. */
  readonly isVersion: (name: string, version: string) => boolean;
}

/** Series of what is gone are looked for when so many were added. */
const MIN_PRUNE = 64;

/**
 * Counts calls by model, version, method, entry point and status.
 * What callers make up gets no series of its own: a model that is not configured is counted under the empty name, a
 * version that there is not under the empty version. Series of models and versions that are gone are dropped.
 */
export class RequestTally {
  /** Time in the queue of all runs, in microseconds. */
  readonly queuing = new HistogramTally(QUEUING_US);
  readonly batches = new BatchTally();
  readonly #deps: RequestTallyDeps;
  readonly #models = new Map<string, ModelTally>();
  readonly #unknown = new ModelTally('');
  #added = 0;
  #pruneAt = MIN_PRUNE;

  constructor(deps: RequestTallyDeps) {
    this.#deps = deps;
  }

  add(outcome: RequestOutcome): void {
    const model = this.#models.get(outcome.model) ?? this.#findModel(outcome.model);
    model.addAsUpstream(outcome);
    const wanted = outcome.version ?? '';
    const version = model.versions.get(wanted) ?? this.#findVersion(model, wanted);
    const call = (version.calls[slotOf(outcome)] ??= new CallTally(model.name, version.version, outcome));
    call.add(outcome);
    if (outcome.queueMs !== undefined) this.queuing.observe(outcome.queueMs * 1000);
    this.batches.add(outcome);
  }

  /** Drops the series of models that are not configured and of versions that are gone. */
  prune(): void {
    let kept = 0;
    for (const { name, versions } of this.#models.values()) {
      if (!this.#deps.isConfigured(name)) {
        this.#models.delete(name);
        continue;
      }
      for (const { version } of versions.values()) {
        if (version !== '' && !this.#deps.isVersion(name, version)) versions.delete(version);
      }
      kept += versions.size;
    }
    this.#added = kept;
    this.#pruneAt = Math.max(MIN_PRUNE, 2 * kept);
  }

  *models(): Generator<ModelTally> {
    yield* this.#models.values();
    yield this.#unknown;
  }

  *calls(): Generator<CallTally> {
    for (const { versions } of this.models()) {
      for (const { calls } of versions.values()) yield* calls.filter((call) => call !== undefined);
    }
  }

  #findModel(name: string): ModelTally {
    if (name === '' || !this.#deps.isConfigured(name)) return this.#unknown;
    const added = new ModelTally(name);
    this.#models.set(name, added);
    return added;
  }

  #findVersion(model: ModelTally, wanted: string): VersionTally {
    const version = model !== this.#unknown && wanted !== '' && this.#deps.isVersion(model.name, wanted) ? wanted : '';
    const known = model.versions.get(version);
    if (known) return known;
    if (this.#added >= this.#pruneAt) this.prune();
    this.#added += 1;
    const added: VersionTally = { version, calls: [] };
    model.versions.set(version, added);
    return added;
  }
}
