import { describe, expect, it } from 'vitest';
import { ServingError } from '../../contracts/serving-error.ts';
import { type Family, parseExposition } from '../testing/exposition.ts';
import { FakeModels, name, version } from '../testing/fake-models.ts';
import { FakeDirectory } from '../testing/fake-ui.ts';
import { outcome } from '../testing/outcomes.ts';
import { createMetrics, type WorkerFacts } from './metrics.ts';

function setUp() {
  const models = new FakeModels();
  const directory = new FakeDirectory();
  const workers: WorkerFacts[] = [];
  const runtime = { workers, restarts: 0 };
  const memory: { usedBytes: number; limitBytes?: number } = { usedBytes: 5 };
  directory.set('m');
  models.serve('m', '1');
  const metrics = createMetrics({
    states: models,
    directory,
    runtime: () => runtime,
    memory: () => memory,
    version: '1.2.3',
  });
  const scrape = async (): Promise<ReadonlyMap<string, Family>> => parseExposition((await metrics.render()).body);
  /** The values of one name, each under its labels as text. */
  const values = async (family: string, sample = family): Promise<Record<string, number>> => {
    const { samples } = (await scrape()).get(family) ?? { samples: [] };
    return Object.fromEntries(
      samples
        .filter((each) => each.name === sample)
        .map(({ labels, value }) => [
          Object.entries(labels)
            .map(([label, text]) => `${label}=${text}`)
            .join(' '),
          value,
        ]),
    );
  };
  return { models, directory, runtime, memory, metrics, scrape, values };
}

const REQUEST_COUNT = ':tensorflow:serving:request_count';
const LATENCY = ':tensorflow:serving:request_latency';

describe('the page', () => {
  it('is text that a strict reader takes, also for names that need escapes', async () => {
    const { directory, models, metrics, scrape } = setUp();
    const strange = 'a "b" \\ c{d},é';
    directory.set(strange);
    models.serve(strange, '1');
    metrics.observe(outcome({ model: strange }));
    metrics.observe(outcome());
    expect((await metrics.render()).contentType).toMatch(/^text\/plain; version=0\.0\.4/u);
    const families = await scrape();
    const names = families.get('slipway_request_total')?.samples.map(({ labels }) => labels['model']);
    expect(names).toEqual([strange, 'm']);
    const counts = families.get(LATENCY)?.samples.filter((sample) => sample.name === `${LATENCY}_count`);
    expect(counts?.map(({ labels }) => labels['model_name'])).toEqual([strange, 'm']);
  });

  it('has every model, and each line once, where it is written in pieces', async () => {
    const { directory, models, metrics, values } = setUp();
    for (let index = 0; index < 250; index += 1) {
      directory.set(`m${index}`);
      models.serve(`m${index}`, '1');
      metrics.observe(outcome({ model: `m${index}` }));
    }
    expect(Object.keys(await values(LATENCY, `${LATENCY}_count`))).toHaveLength(250);
  });

  it('is shared by scrapes at the same time, and made anew for the next', async () => {
    const { metrics } = setUp();
    const first = metrics.render();
    expect(metrics.render()).toBe(first);
    await first;
    metrics.observe(outcome());
    expect((await metrics.render()).body).toContain('status="OK"');
  });
});

describe("TensorFlow Serving's metrics", () => {
  it.each([
    { what: 'a REST predict', differing: {}, counted: true, latency: 'predict', entrypoint: 'REST' },
    {
      what: 'a gRPC predict',
      differing: { entrypoint: 'GRPC' },
      counted: true,
      latency: 'Predict',
      entrypoint: 'GRPC',
    },
    {
      what: 'a gRPC classify',
      differing: { entrypoint: 'GRPC', method: 'classify' },
      counted: true,
      latency: 'Classify',
      entrypoint: 'GRPC',
    },
    { what: 'a REST regress', differing: { method: 'regress' }, counted: true, latency: 'regress', entrypoint: 'REST' },
    {
      what: 'a REST status',
      differing: { method: 'status', runMs: undefined },
      counted: true,
      latency: '',
      entrypoint: 'REST',
    },
    { what: 'a gRPC multi-inference', differing: { entrypoint: 'GRPC', method: 'multi_inference' }, counted: false },
    { what: 'a gRPC status', differing: { entrypoint: 'GRPC', method: 'status', runMs: undefined }, counted: false },
    { what: 'a failed REST predict', differing: { code: 'INTERNAL', runMs: undefined }, counted: true },
  ] as const)('count $what: $counted, latency under "$latency"', async ({ differing, counted, ...expected }) => {
    const { metrics, values } = setUp();
    metrics.observe(outcome(differing));
    const status = 'code' in differing ? differing.code : 'OK';
    expect(await values(REQUEST_COUNT)).toEqual(counted ? { [`model_name=m status=${status}`]: 1 } : {});
    expect(await values(LATENCY, `${LATENCY}_count`)).toEqual(
      'latency' in expected ? { [`model_name=m API=${expected.latency} entrypoint=${expected.entrypoint}`]: 1 } : {},
    );
  });

  it('have the latency in microseconds, in the buckets of TensorFlow Serving', async () => {
    const { metrics, values } = setUp();
    metrics.observe(outcome({ durationMs: 0.15 }));
    metrics.observe(outcome({ durationMs: 0.2 }));
    const buckets = await values(LATENCY, `${LATENCY}_bucket`);
    const of = (le: string): number | undefined => buckets[`le=${le} model_name=m API=predict entrypoint=REST`];
    expect([of('104.976'), of('188.957'), of('340.122'), of('1.47476e+09'), of('+Inf')]).toEqual([0, 1, 2, 2, 2]);
    expect(Object.values(await values(LATENCY, `${LATENCY}_sum`))).toEqual([350]);
  });

  it('have runs under the names of gRPC, whatever came in, and the time in the queue', async () => {
    const { metrics, values } = setUp();
    metrics.observe(outcome());
    metrics.observe(outcome({ entrypoint: 'GRPC' }));
    metrics.observe(outcome({ runMs: undefined, queueMs: undefined, code: 'UNAVAILABLE' }));
    const runtime = ':tensorflow:serving:runtime_latency';
    expect(await values(runtime, `${runtime}_count`)).toEqual({ 'model_name=m API=Predict runtime=ONNX': 2 });
    const queuing = ':tensorflow:serving:batching_session:queuing_latency';
    expect(await values(queuing, `${queuing}_sum`)).toEqual({ 'thread_pool_name=batch_threads': 1000 });
  });

  it('have the examples of classify, regress and multi-inference, by model', async () => {
    const { metrics, values } = setUp();
    metrics.observe(outcome({ rows: 7 }));
    metrics.observe(outcome({ method: 'classify', rows: 3 }));
    metrics.observe(outcome({ method: 'regress', rows: 5, entrypoint: 'GRPC' }));
    metrics.observe(outcome({ method: 'multi_inference', rows: 20_000, entrypoint: 'GRPC' }));
    metrics.observe(outcome({ method: 'classify', code: 'INVALID_ARGUMENT', runMs: undefined, rows: undefined }));
    const counts = ':tensorflow:serving:request_example_counts';
    expect(await values(':tensorflow:serving:request_example_count_total')).toEqual({ 'model=m': 20_008 });
    expect(await values(counts, `${counts}_count`)).toEqual({ 'model=m': 3 });
    const buckets = await values(counts, `${counts}_bucket`);
    const of = (le: string): number | undefined => buckets[`le=${le} model=m`];
    expect([of('2'), of('4'), of('8'), of('16384'), of('+Inf')]).toEqual([0, 1, 2, 2, 3]);
    expect(Object.keys(buckets)).toHaveLength(16);
  });

  const batch = ':tensorflow:serving:batching_session';

  it('count a run once, however many requests it answered, and each request', async () => {
    const { metrics, values } = setUp();
    // Three requests of a run that was padded to 8, one alone, and one that was cut into pieces of 4, 4 and 2 rows.
    metrics.observe(outcome({ rows: 2, batchRows: 6, runRows: 6, paddingRows: 2 }));
    metrics.observe(outcome({ rows: 1, batchRows: 6, runRows: 0, paddingRows: 2 }));
    metrics.observe(outcome({ rows: 3, batchRows: 6, runRows: 0, paddingRows: 2 }));
    metrics.observe(outcome({ rows: 1, batchRows: 1, runRows: 1, paddingRows: 0 }));
    metrics.observe(outcome({ rows: 10, batchRows: 10, runRows: 4, paddingRows: 2 }));
    expect(await values(`${batch}:wrapped_run_count`)).toEqual({ '': 5 });
    expect(await values(`${batch}:input_batch_size`, `${batch}:input_batch_size_sum`)).toEqual({ '': 17 });
    expect(await values(`${batch}:input_batch_size`, `${batch}:input_batch_size_count`)).toEqual({ '': 5 });
    expect(await values(`${batch}:processed_batch_size`, `${batch}:processed_batch_size_sum`)).toEqual({ '': 21 });
    expect(await values(`${batch}:padding_size`, `${batch}:padding_size_count`)).toEqual({
      'execution_batch_size=8': 1,
      'execution_batch_size=1': 1,
      'execution_batch_size=4': 3,
    });
    expect(await values(`${batch}:padding_size`, `${batch}:padding_size_sum`)).toEqual({
      'execution_batch_size=8': 2,
      'execution_batch_size=1': 0,
      'execution_batch_size=4': 2,
    });
    const buckets = await values(`${batch}:processed_batch_size`, `${batch}:processed_batch_size_bucket`);
    expect([buckets['le=1'], buckets['le=4'], buckets['le=8'], buckets['le=8192']]).toEqual([1, 4, 5, 5]);
    expect(Object.keys(buckets)).toHaveLength(15);
  });

  it('count a run without rows', async () => {
    const { metrics, values } = setUp();
    metrics.observe(outcome({ rows: 0, batchRows: 0, runRows: 1, paddingRows: 0 }));
    expect(await values(`${batch}:wrapped_run_count`)).toEqual({ '': 1 });
    expect(await values(`${batch}:padding_size`, `${batch}:padding_size_count`)).toEqual({
      'execution_batch_size=0': 1,
    });
  });

  it('get no series for each of very many sizes that callers choose', async () => {
    const { metrics, values } = setUp();
    for (let rows = 1; rows <= 1000; rows += 1) metrics.observe(outcome({ rows, batchRows: rows, runRows: rows }));
    const counts = await values(`${batch}:padding_size`, `${batch}:padding_size_count`);
    expect(Object.keys(counts)).toHaveLength(129);
    expect(counts['execution_batch_size=']).toBe(872);
  });

  it('have warm-ups by model and version instead of a path, until their version is gone', async () => {
    const { metrics, models, values } = setUp();
    const id = { name: name('m'), version: version('1') };
    metrics.warmedUp(id, { records: 3, ms: 0.5, code: 'OK' });
    metrics.warmedUp(id, { records: 2, ms: 0.25, code: 'OK' });
    metrics.warmedUp(id, { records: 1, ms: 2, code: 'INVALID_ARGUMENT' });
    const latency = ':tensorflow:serving:model_warmup_latency';
    expect(await values(latency, `${latency}_sum`)).toEqual({
      'model_path=m/1 status=OK': 750,
      'model_path=m/1 status=INVALID_ARGUMENT': 2000,
    });
    const records = ':tensorflow:serving:model_warmup_records_read';
    expect(await values(records)).toEqual({
      'model_path=m/1 status=OK': 5,
      'model_path=m/1 status=INVALID_ARGUMENT': 1,
    });
    models.forget('m');
    expect(await values(records)).toEqual({});
  });

  it('tell the sum of a counter, and of nothing else', () => {
    const { metrics } = setUp();
    metrics.observe(outcome());
    metrics.observe(outcome({ model: 'no such', version: undefined, code: 'NOT_FOUND', rows: undefined }));
    metrics.observe(outcome({ method: 'classify', rows: 4, runRows: 0 }));
    metrics.warmedUp({ name: name('m'), version: version('1') }, { records: 3, ms: 1, code: 'OK' });
    expect(metrics.counterValue('/tensorflow/serving/request_count')).toBe(3);
    expect(metrics.counterValue(REQUEST_COUNT)).toBe(3);
    expect(metrics.counterValue('/tensorflow/serving/request_example_count_total')).toBe(4);
    expect(metrics.counterValue('/tensorflow/serving/batching_session/wrapped_run_count')).toBe(1);
    expect(metrics.counterValue('/tensorflow/serving/model_warmup_records_read')).toBe(3);
    expect(metrics.counterValue('/tensorflow/serving/request_latency')).toBeUndefined();
  });
});

describe('our metrics', () => {
  it('count each status, and each request once in every histogram', async () => {
    const { metrics, scrape, values } = setUp();
    for (const code of ['OK', 'OK', 'OK', 'INVALID_ARGUMENT', 'UNAUTHENTICATED'] as const) {
      metrics.observe(outcome({ code }));
    }
    const labels = 'model=m version=1 method=predict entrypoint=REST';
    expect(await values('slipway_request_total')).toEqual({
      [`${labels} status=OK`]: 3,
      [`${labels} status=INVALID_ARGUMENT`]: 1,
      [`${labels} status=UNAUTHENTICATED`]: 1,
    });
    const families = await scrape();
    for (const histogram of [
      'slipway_request_duration_seconds',
      'slipway_queue_duration_seconds',
      'slipway_inference_duration_seconds',
      'slipway_batch_rows',
    ]) {
      const samples = families.get(histogram)?.samples ?? [];
      const count = samples.filter((sample) => sample.name === `${histogram}_count`);
      expect(count).toEqual([{ name: `${histogram}_count`, labels: expect.anything(), value: 5 }]);
    }
    expect(await values('slipway_batch_rows', 'slipway_batch_rows_sum')).toEqual({ [labels]: 15 });
    expect(await values('slipway_request_bytes_total')).toEqual({ [labels]: 85 });
    expect(await values('slipway_response_bytes_total')).toEqual({ [labels]: 95 });
  });

  it('show states, requests in flight and memory as they are when asked', async () => {
    const { models, memory, values } = setUp();
    models.inFlight('m', '1', 7);
    models.move('m', '2', { phase: 'loading', attempt: 1 });
    models.move('m', '0', { phase: 'end' }, { aspired: false });
    const states = await values('slipway_model_state');
    expect(Object.keys(states)).toHaveLength(10);
    expect(Object.entries(states).flatMap(([labels, value]) => (value === 1 ? [labels] : []))).toEqual([
      'model=m version=2 state=LOADING',
      'model=m version=1 state=AVAILABLE',
    ]);
    expect(await values('slipway_requests_in_flight')).toEqual({ 'model=m version=2': 0, 'model=m version=1': 7 });
    expect(await values('slipway_memory_used_bytes')).toEqual({ '': 5 });
    expect(await values('slipway_memory_limit_bytes')).toEqual({ '': Infinity });
    memory.limitBytes = 9;
    expect(await values('slipway_memory_limit_bytes')).toEqual({ '': 9 });
    expect(await values('slipway_build_info')).toEqual({ [`version=1.2.3 node=${process.versions.node}`]: 1 });
  });

  it('count loads, failed attempts, polls and workers lost', async () => {
    const { models, directory, runtime, metrics, values } = setUp();
    const error = new ServingError('INTERNAL', 'bad file');
    models.move('m', '1', { phase: 'available', loadMs: 300 });
    models.move('m', '2', { phase: 'loading', attempt: 1 });
    models.move('m', '2', { phase: 'loading', attempt: 1, error, retryAtMs: 5 });
    models.move('m', '2', { phase: 'loading', attempt: 2, error });
    models.move('m', '2', { phase: 'end', error });
    metrics.polled(name('m'), 'ok');
    metrics.polled(name('m'), 'ok');
    metrics.polled(name('m'), 'error');
    runtime.restarts = 1;
    directory.set('m', { status: 'error' });
    const load = 'slipway_model_load_duration_seconds';
    expect(await values(load, `${load}_sum`)).toEqual({ 'model=m': 0.3 });
    expect(await values('slipway_model_load_failures_total')).toEqual({ 'model=m': 2 });
    expect(await values('slipway_source_polls_total')).toEqual({ 'model=m result=ok': 2, 'model=m result=error': 1 });
    expect(await values('slipway_source_error')).toEqual({ 'model=m': 1 });
    expect(await values('slipway_worker_restarts_total')).toEqual({ '': 1 });
  });

  it('number the workers, so that a new process takes the place of the one before', async () => {
    const { runtime, values } = setUp();
    const { workers } = runtime;
    const family = 'slipway_worker_resident_memory_bytes';
    workers.push({ pid: 900, shared: true, rssBytes: 1 }, { pid: 901, shared: false, rssBytes: 2 });
    expect(await values(family)).toEqual({ 'worker=0 shared=true': 1, 'worker=1 shared=false': 2 });
    workers.splice(0, 1, { pid: 902, shared: true, rssBytes: 3 });
    expect(await values(family)).toEqual({ 'worker=0 shared=true': 3, 'worker=1 shared=false': 2 });
  });
});

describe('what callers make up', () => {
  it('gets no series of its own', async () => {
    const { metrics, values } = setUp();
    for (let index = 0; index < 500; index += 1) {
      metrics.observe(outcome({ model: `x${index}`, version: undefined, code: 'NOT_FOUND', runMs: undefined }));
      metrics.observe(outcome({ version: version(String(1000 + index)), code: 'NOT_FOUND', runMs: undefined }));
    }
    expect(await values(REQUEST_COUNT)).toEqual({
      'model_name= status=NOT_FOUND': 500,
      'model_name=m status=NOT_FOUND': 500,
    });
    expect(await values('slipway_request_total')).toEqual({
      'model= version= method=predict entrypoint=REST status=NOT_FOUND': 500,
      'model=m version= method=predict entrypoint=REST status=NOT_FOUND': 500,
    });
  });

  it('is a name of its own once it is configured', async () => {
    const { directory, models, metrics, values } = setUp();
    metrics.observe(outcome({ model: 'late' }));
    directory.set('late');
    models.serve('late', '1');
    metrics.observe(outcome({ model: 'late' }));
    expect(await values(REQUEST_COUNT)).toEqual({ 'model_name= status=OK': 1, 'model_name=late status=OK': 1 });
  });
});

describe('what is gone', () => {
  it('has no series any more', async () => {
    const { directory, models, metrics, scrape } = setUp();
    directory.set('old');
    models.serve('old', '1');
    metrics.observe(outcome({ model: 'old' }));
    metrics.polled(name('old'), 'ok');
    expect((await metrics.render()).body).toContain('"old"');
    directory.remove('old');
    models.forget('old');
    expect((await metrics.render()).body).not.toContain('"old"');
    expect((await scrape()).get('slipway_request_total')?.samples).toEqual([]);
  });

  it('leaves the counts of the model, where a version is gone', async () => {
    const { models, metrics, values } = setUp();
    metrics.observe(outcome());
    models.forget('m');
    models.serve('m', '2');
    metrics.observe(outcome({ version: version('2') }));
    expect(await values(REQUEST_COUNT)).toEqual({ 'model_name=m status=OK': 2 });
    expect(Object.keys(await values('slipway_request_total'))).toEqual([
      'model=m version=2 method=predict entrypoint=REST status=OK',
    ]);
  });
});
