import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServingError } from '../../contracts/serving-error.ts';
import type { Result } from '../protocol/frames.ts';
import type { BatchLimits } from '../protocol/main-message.ts';
import type { HostTensor } from './codec/host-tensor.ts';
import type { Codec } from './codec/codec.ts';
import { type Answers, ModelQueue } from './model-queue.ts';
import type { OrtSession } from './ort.ts';
import type { NamedTensors } from './tensor-batch.ts';

/** The answer to a request that begins with it cannot be written. */
const UNSAYABLE = 666;

/** Bodies are numbers separated by commas; `;` starts a second row. What is no number is a bad body. */
const codec: Codec = {
  parse: (_call, body) => {
    const rows = body
      .toString()
      .split(';')
      .map((row) => row.split(',').map(Number));
    const data = Float32Array.from(rows.flat());
    if (data.some(Number.isNaN)) throw new ServingError('INVALID_ARGUMENT', 'not a number');
    return {
      inputs: new Map([['x', { dtype: 'float32', dims: [rows.length, rows[0]?.length ?? 0], data }]]),
      write: (outputs) => {
        const text = String(outputs.get('y')?.data);
        if (data[0] === UNSAYABLE) throw new ServingError('INTERNAL', 'cannot be written');
        return Buffer.from(text);
      },
    };
  },
};

const floatData = (tensors: NamedTensors): Float32Array => {
  const tensor = tensors.get('x');
  if (tensor?.dtype !== 'float32') throw new Error('no float input');
  return tensor.data;
};

type Model = (inputs: NamedTensors, x: HostTensor) => Float32Array;

/** Runs a function, and remembers how many rows each run had. */
function fakeSession(model: Model): OrtSession & { readonly runRows: number[]; released: boolean } {
  const runRows: number[] = [];
  return {
    runRows,
    released: false,
    run(inputs) {
      const x = inputs.get('x');
      if (!x) throw new Error('no input');
      runRows.push(x.dims[0] ?? 0);
      return Promise.resolve(new Map([['y', { dtype: 'float32', dims: x.dims, data: model(inputs, x) }]]));
    },
    release() {
      this.released = true;
      return Promise.resolve();
    },
  };
}

const double: Model = (inputs) => floatData(inputs).map((value) => value * 2);

/** Fails for any batch that holds a 13. */
const unlucky: Model = (inputs, x) => {
  if (floatData(inputs).includes(13)) throw new ServingError('INTERNAL', 'unlucky');
  return double(inputs, x);
};

/** Rounds to a grid that is as wide as the batch, so that only distant neighbours show. */
const onCommonGrid: Model = (inputs) => {
  const data = floatData(inputs);
  const step = Math.max(...data.map(Math.abs)) / 127 || 1;
  return data.map((value) => (Math.abs(value) >= 1 ? Math.round(value / step) * step : value));
};

/** Each row only depends on those before it. */
const runningSum: Model = (inputs) => {
  let sum = 0;
  return floatData(inputs).map((value) => (sum += value));
};

const minusSum: Model = (inputs) => {
  const data = floatData(inputs);
  const sum = data.reduce((all, value) => all + value, 0);
  return data.map((value) => value - sum);
};

/** Its rows depend on each other. */
const minusMean: Model = (inputs) => {
  const data = floatData(inputs);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return data.map((value) => value - mean);
};

interface Recorded extends Answers {
  /** Result body or error code, by request id. */
  readonly byId: Map<number, string>;
  readonly stopped: string[];
  /** Rows of the runs that results came from. */
  readonly rows: number[];
  /** What results say about rows, one after the other. */
  readonly facts: Pick<Result, 'rows' | 'batchRows' | 'runRows' | 'paddingRows'>[];
}

function recordAnswers(): Recorded {
  const byId = new Map<number, string>();
  const stopped: string[] = [];
  const rows: number[] = [];
  const facts: Recorded['facts'] = [];
  const once = (id: number, answer: string): void => {
    if (byId.has(id)) throw new Error(`request ${id} was answered twice`);
    byId.set(id, answer);
  };
  return {
    byId,
    stopped,
    rows,
    facts,
    result: (id, _handle, { body, queueMs: _queue, runMs: _run, ...told }) => {
      rows.push(told.batchRows);
      facts.push(told);
      once(id, Buffer.from(body).toString());
    },
    failure: (id, _handle, error) => once(id, error.code),
    flush: () => undefined,
    batchingStopped: (_handle, reason) => void stopped.push(reason),
  };
}

const LIMITS: BatchLimits = { maxRows: 8, maxBytes: 1e6, targetMs: 1e6 };

function setUp({
  model = double,
  enabled = true,
  limits = LIMITS,
}: {
  readonly model?: Model;
  readonly enabled?: boolean;
  readonly limits?: BatchLimits;
}) {
  const session = fakeSession(model);
  const answers = recordAnswers();
  const batching = { enabled, reason: '' };
  const wake = vi.fn<() => void>();
  const queue = new ModelQueue({ handle: 1, session, codec, batching, limits, answers, wake });
  let lastId = 0;
  const add = (...bodies: string[]): void => {
    for (const body of bodies) queue.add(++lastId, 'predictJson', Buffer.from(body), performance.now());
  };
  const drain = async (): Promise<void> => {
    if (await queue.run()) await drain();
  };
  /** Lets the queue find out that the model keeps rows apart, with requests 1 and 2. */
  const prove = async (): Promise<void> => {
    add('1', '2');
    await drain();
    session.runRows.length = 0;
  };
  return { session, answers, queue, wake, add, drain, prove };
}

describe('ModelQueue', () => {
  it('runs what has queued up as one batch and gives everyone their own rows', async () => {
    const { session, answers, add, drain, prove } = setUp({});
    await prove();
    add('1', '2;3', '4');
    await drain();
    expect(session.runRows).toEqual([4]);
    expect([...answers.byId.values()].slice(2)).toEqual(['2', '4,6', '8']);
    expect(answers.rows).toEqual([1, 1, 4, 4, 4]);
  });

  it('tells each request its own rows, and one of a batch about the run', async () => {
    const { answers, add, drain, prove } = setUp({});
    await prove();
    answers.facts.length = 0;
    add('1', '2;3', '4');
    await drain();
    expect(answers.facts).toEqual([
      { batchRows: 4, rows: 1, runRows: 4, paddingRows: 0 },
      { batchRows: 4, rows: 2, runRows: 0, paddingRows: 0 },
      { batchRows: 4, rows: 1, runRows: 0, paddingRows: 0 },
    ]);
  });

  it.each([
    { when: 'the model is not batched', enabled: false, limits: LIMITS, expected: { runRows: 3, paddingRows: 0 } },
    {
      when: 'it is padded',
      enabled: true,
      limits: { ...LIMITS, allowedRows: [2, 4, 8] },
      expected: { runRows: 3, paddingRows: 1 },
    },
    {
      when: 'it runs in pieces',
      enabled: true,
      limits: { ...LIMITS, maxRows: 2, split: true, allowedRows: [2] },
      expected: { runRows: 2, paddingRows: 1 },
    },
  ])('tells a request of three rows about its run when $when', async ({ enabled, limits, expected }) => {
    const { answers, add, drain } = setUp({ enabled, limits });
    add('1;2;3');
    await drain();
    expect(answers.facts).toEqual([{ batchRows: 3, rows: 3, ...expected }]);
  });

  it('tells the next request about the run where the answer to the first cannot be written', async () => {
    const { answers, add, drain, prove } = setUp({});
    await prove();
    answers.facts.length = 0;
    add('666', '2');
    await drain();
    expect(answers.facts).toEqual([{ batchRows: 2, rows: 1, runRows: 2, paddingRows: 0 }]);
    expect([...answers.byId.values()].slice(2)).toEqual(['INTERNAL', '4']);
  });

  it('runs the first request alone and once more between strangers before it batches', async () => {
    const { session, answers, add, drain } = setUp({});
    add('1', '2');
    await drain();
    expect(session.runRows).toEqual([1, 3, 1]);
    expect([...answers.byId.values()]).toEqual(['2', '4']);
  });

  it.each([
    { when: 'the model has no open batch dimension', enabled: false, limits: LIMITS },
    { when: 'it is switched off', enabled: true, limits: { ...LIMITS, maxRows: 1 } },
  ])('does not batch when $when', async ({ enabled, limits }) => {
    const { session, add, drain } = setUp({ enabled, limits });
    add('1', '2', '3');
    await drain();
    expect(session.runRows).toEqual([1, 1, 1]);
  });

  it('merges only equal shapes, and those that differ wait no longer for it', async () => {
    const { session, answers, add, drain, prove } = setUp({});
    await prove();
    add('1', '1,2', '3', '3,4', '5');
    await drain();
    expect(session.runRows).toEqual([3, 2]);
    expect([...answers.byId.values()].slice(2)).toEqual(['2', '6', '10', '2,4', '6,8']);
  });

  it.each([
    { bound: 'rows', limits: { ...LIMITS, maxRows: 2 }, expected: [2, 2, 1] },
    { bound: 'bytes', limits: { ...LIMITS, maxBytes: 12 }, expected: [3, 2] },
  ])('keeps a batch within the bound on $bound', async ({ limits, expected }) => {
    const { session, add, drain, prove } = setUp({ limits });
    await prove();
    add('1', '2', '3', '4', '5');
    await drain();
    expect(session.runRows).toEqual(expected);
  });

  it('runs a request above the bounds alone', async () => {
    const { session, answers, add, drain, prove } = setUp({ limits: { ...LIMITS, maxRows: 2 } });
    await prove();
    add('1;2;3', '4');
    await drain();
    expect(session.runRows).toEqual([3, 1]);
    expect([...answers.byId.values()].slice(2)).toEqual(['2,4,6', '8']);
  });

  it('answers a body that cannot be parsed without touching its neighbours', async () => {
    const { session, answers, add, drain, prove } = setUp({});
    await prove();
    add('1', 'bad', '3');
    await drain();
    expect(session.runRows).toEqual([2]);
    expect([...answers.byId].slice(2)).toEqual([
      [4, 'INVALID_ARGUMENT'],
      [3, '2'],
      [5, '6'],
    ]);
  });

  it('runs each request of a failed batch alone, so that only the guilty one fails', async () => {
    const { session, answers, add, drain, prove } = setUp({ model: unlucky });
    await prove();
    add('1', '13', '3');
    await drain();
    expect(session.runRows).toEqual([3, 1, 1, 1]);
    expect([...answers.byId].slice(2)).toEqual([
      [3, '2'],
      [4, 'INTERNAL'],
      [5, '6'],
    ]);
    expect(answers.stopped).toEqual([]);
  });

  it('drops a cancelled request before it runs, also one of a failed batch', async () => {
    const { session, answers, queue, add, drain, prove } = setUp({});
    await prove();
    add('1', '2', '3');
    queue.cancel(4);
    await drain();
    expect(session.runRows).toEqual([2]);
    expect(answers.byId.get(4)).toBe('CANCELLED');
    queue.cancel(4);
    queue.cancel(99);
    expect(answers.byId.size).toBe(5);
  });

  it('stops batching for good when a model mixes the rows of a batch', async () => {
    const { session, answers, add, drain } = setUp({ model: minusMean });
    add('1,2', '5,7', '6,8');
    await drain();
    expect([...answers.byId.values()]).toEqual(['-0.5,0.5', '-1,1', '-1,1']);
    expect(answers.stopped).toEqual([
      'output "y" of one request depends on its neighbours in a batch: requests are not batched',
    ]);
    session.runRows.length = 0;
    add('1', '2');
    await drain();
    expect(session.runRows).toEqual([1, 1]);
  });

  it.each([
    { what: 'by the range of all rows', model: onCommonGrid, expected: ['1', '1', '1000'] },
    { what: 'with the rows before', model: runningSum, expected: ['1', '1', '1000'] },
    { what: 'by the sum of all rows', model: minusSum, expected: ['0', '0', '0'] },
  ])('notices a model that mixes rows $what', async ({ model, expected }) => {
    const { answers, add, drain, prove } = setUp({ model });
    await prove();
    expect(answers.stopped).toHaveLength(1);
    answers.byId.clear();
    add('1', '1', '1000');
    await drain();
    expect([...answers.byId.values()]).toEqual(expected);
  });

  it('takes a failing run for no proof, and answers the request all the same', async () => {
    const small: Model = (inputs, x) => {
      if (floatData(inputs).some((value) => value > 100)) throw new ServingError('INTERNAL', 'too large');
      return double(inputs, x);
    };
    const { session, answers, add, drain } = setUp({ model: small });
    add('1', '2', '3');
    await drain();
    expect([...answers.byId.values()]).toEqual(['2', '4', '6']);
    expect(answers.stopped).toEqual([
      'a request that runs well alone fails beside other values: requests are not batched',
    ]);
    expect(session.runRows).toEqual([1, 3, 1, 1]);
  });

  it('asks the next request where one is like its strangers', async () => {
    const { session, answers, add, drain } = setUp({});
    const largest = String(new Float32Array([3.4028234663852886e38])[0]);
    add(largest, largest, '2', '3', '4');
    await drain();
    // The first one proves nothing, and those that came with it run alone.
    expect(answers.stopped).toEqual([]);
    expect(session.runRows).toEqual([1, 1, 1, 1, 1]);
    session.runRows.length = 0;
    add('1', '2', '3', '4', '5', '6');
    await drain();
    add('1', '2');
    await drain();
    expect(session.runRows.at(-1)).toBe(2);
  });

  it('stops batching when dimension 0 of an output does not follow the inputs', async () => {
    const { session, answers, add, drain } = setUp({});
    session.run = (inputs) =>
      Promise.resolve(new Map([['y', { dtype: 'float32', dims: [1], data: floatData(inputs).slice(0, 1) }]]));
    add('1', '2');
    await drain();
    expect([...answers.byId.values()]).toEqual(['1', '2']);
    expect(answers.stopped).toHaveLength(1);
  });

  it('neither batches nor proves anything when runs are slow', async () => {
    const { session, answers, add, drain } = setUp({ limits: { ...LIMITS, targetMs: 1e-9 } });
    add('1', '2', '3');
    await drain();
    expect(session.runRows).toEqual([1, 1, 1]);
    expect([...answers.byId.values()]).toEqual(['2', '4', '6']);
  });

  it('fails what waits when the model is closed, and releases the session', async () => {
    const { session, answers, queue, add } = setUp({});
    add('1', '2');
    await queue.close();
    expect([...answers.byId.values()]).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
    expect(session.released).toBe(true);
    expect(await queue.run()).toBe(false);
  });
});

describe('ModelQueue with batching parameters', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** The first answers that come after the proof, in the order of the requests. */
  const later = ({ byId }: Recorded, proofs = 2): string[] =>
    [...byId]
      .filter(([id]) => id > proofs)
      .toSorted(([left], [right]) => left - right)
      .map(([, answer]) => answer);

  it.each([
    { when: 'there is no limit', limits: LIMITS, body: '1;2;3', expected: '2,4,6', model: double },
    { when: 'it is as large as allowed', limits: { ...LIMITS, maxRequestRows: 3 }, body: '1;2;3', expected: '2,4,6' },
    { when: 'it is larger', limits: { ...LIMITS, maxRequestRows: 2 }, body: '1;2;3', expected: 'INVALID_ARGUMENT' },
    {
      when: 'it is larger, and the model mixes rows',
      limits: { ...LIMITS, maxRequestRows: 2 },
      body: '1;2;3',
      expected: 'INVALID_ARGUMENT',
      model: minusMean,
    },
  ])('takes or refuses a request by its size: $when', async ({ limits, body, expected, model }) => {
    const { answers, add, drain, prove } = setUp({ limits, ...(model && { model }) });
    await prove();
    add(body);
    await drain();
    expect(later(answers)).toEqual([expected]);
  });

  it('does not take the first dimension for rows where the model gives it a size', async () => {
    const { answers, add, drain } = setUp({ enabled: false, limits: { ...LIMITS, maxRequestRows: 2 } });
    add('1;2;3');
    await drain();
    expect([...answers.byId.values()]).toEqual(['2,4,6']);
  });

  it('waits for company until the oldest request has waited long enough', async () => {
    const { session, answers, queue, wake, add, prove } = setUp({ limits: { ...LIMITS, waitMs: 10 } });
    await prove();
    add('1');
    expect(await queue.run()).toBe(false);
    vi.advanceTimersByTime(6);
    add('2');
    expect(await queue.run()).toBe(false);
    expect([session.runRows, wake.mock.calls.length]).toEqual([[], 0]);
    vi.advanceTimersByTime(4);
    expect(wake).toHaveBeenCalledOnce();
    expect(await queue.run()).toBe(false);
    expect([session.runRows, later(answers)]).toEqual([[2], ['2', '4']]);
    vi.advanceTimersByTime(100);
    expect(wake).toHaveBeenCalledOnce();
  });

  it('waits out what is too short for a timer', async () => {
    const { session, queue, add, prove } = setUp({ limits: { ...LIMITS, waitMs: 0.5 } });
    await prove();
    add('1');
    expect(await queue.run()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(await queue.run()).toBe(false);
    expect(session.runRows).toEqual([1]);
  });

  it.each([
    { when: 'a batch is full', bodies: ['1', '2;3', '4'], expected: [3], left: 1 },
    { when: 'the next one does not fit', bodies: ['1;2', '3;4'], expected: [2], left: 1 },
    { when: 'a younger one of another shape is full', bodies: ['1', '1,1;2,2;3,3'], expected: [3], left: 1 },
    { when: 'only the proof is missing', bodies: [], expected: [], left: 0 },
  ])('does not wait when $when', async ({ bodies, expected, left }) => {
    const { session, answers, queue, add, prove } = setUp({ limits: { ...LIMITS, maxRows: 3, waitMs: 10 } });
    await prove();
    add(...bodies);
    while (await queue.run());
    expect(session.runRows).toEqual(expected);
    expect(bodies.length - later(answers).length).toBe(left);
  });

  it('does not wait with a model that cannot be batched', async () => {
    const { session, add, drain, prove } = setUp({ model: minusMean, limits: { ...LIMITS, waitMs: 10 } });
    await prove();
    add('1', '2');
    await drain();
    expect(session.runRows).toEqual([1, 1]);
  });

  it('leaves no timer behind when the model is closed while a batch waits', async () => {
    const { answers, queue, add, prove } = setUp({ limits: { ...LIMITS, waitMs: 10 } });
    await prove();
    add('1');
    await queue.run();
    expect(vi.getTimerCount()).toBe(1);
    await queue.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(later(answers)).toEqual(['UNAVAILABLE']);
  });

  it('refuses what the queue has no room for, and takes more when it has', async () => {
    const limits = { ...LIMITS, maxRows: 2, maxWaiting: 2 };
    const { session, answers, queue, add, drain, prove } = setUp({ limits });
    await prove();
    add('1', '2;3', '4', '5', 'bad');
    expect(later(answers)).toEqual(['UNAVAILABLE', 'INVALID_ARGUMENT']);
    // Who goes makes room.
    queue.cancel(3);
    add('6');
    await drain();
    expect(later(answers)).toEqual(['CANCELLED', '4,6', '8', 'UNAVAILABLE', 'INVALID_ARGUMENT', '12']);
    expect(session.runRows).toEqual([2, 2]);
    add('1;2;3;4;5', '6');
    expect(later(answers).slice(6)).toEqual(['UNAVAILABLE']);
    await drain();
    expect(later(answers).slice(6)).toEqual(['2,4,6,8,10', 'UNAVAILABLE']);
  });

  it('pads batches to the sizes that are allowed, and cuts the padding off', async () => {
    const { session, answers, add, drain } = setUp({ limits: { ...LIMITS, maxRows: 6, allowedRows: [2, 4, 6] } });
    add('1');
    await drain();
    // Alone, between strangers, and then padded.
    expect(session.runRows).toEqual([1, 3, 2]);
    session.runRows.length = 0;
    add('1', '2;3');
    await drain();
    add('1,2;3,4', '5,6;7,8', '9,0');
    await drain();
    add('1;2;3;4;5;6;7');
    await drain();
    expect(session.runRows).toEqual([4, 6, 7]);
    expect([...answers.byId.values()]).toEqual(['2', '2', '4,6', '2,4,6,8', '10,12,14,16', '18,0', '2,4,6,8,10,12,14']);
  });

  it('does not pad for a model that mixes the rows of a batch', async () => {
    const { session, answers, add, drain } = setUp({ model: minusMean, limits: { ...LIMITS, allowedRows: [4, 8] } });
    add('1,3');
    await drain();
    expect(session.runRows).toEqual([1, 3, 1]);
    expect([...answers.byId.values()]).toEqual(['-1,1']);
  });

  it('answers for a padded run that fails with its own error', async () => {
    const { answers, add, drain } = setUp({ model: unlucky, limits: { ...LIMITS, allowedRows: [4, 8] } });
    add('1', '13');
    await drain();
    expect([...answers.byId]).toEqual([
      [1, '2'],
      [2, 'INTERNAL'],
    ]);
  });

  it.each([
    { allowed: undefined, expected: [1, 3, 3, 3, 1] },
    { allowed: [2, 3], expected: [1, 3, 3, 3, 2] },
  ])('runs a large request in pieces, padded to $allowed', async ({ allowed, expected }) => {
    const limits = { ...LIMITS, maxRows: 3, split: true, ...(allowed && { allowedRows: allowed }) };
    const { session, answers, add, drain } = setUp({ limits });
    add('1;2;3;4;5;6;7');
    await drain();
    expect(session.runRows).toEqual(expected);
    expect([...answers.byId.values()]).toEqual(['2,4,6,8,10,12,14']);
    expect(answers.rows).toEqual([7]);
  });

  it('runs a large request as a whole where the model mixes rows, or a piece does not come out as its rows', async () => {
    const limits = { ...LIMITS, maxRows: 2, split: true };
    const mixing = setUp({ model: minusMean, limits });
    mixing.add('1;2;3');
    await mixing.drain();
    expect(mixing.session.runRows).toEqual([1, 3, 3]);
    expect([...mixing.answers.byId.values()]).toEqual(['-1,0,1']);

    const odd = setUp({ limits });
    await odd.prove();
    odd.session.run = (inputs) => {
      const { length } = floatData(inputs);
      odd.session.runRows.push(length);
      const rows = length === 3 ? 3 : 1;
      return Promise.resolve(new Map([['y', { dtype: 'float32', dims: [rows], data: new Float32Array(rows) }]]));
    };
    odd.add('1;2;3');
    await odd.drain();
    expect(odd.session.runRows).toEqual([2, 3]);
    expect(later(odd.answers)).toEqual(['0,0,0']);
  });

  it('fails a large request when one of its pieces fails', async () => {
    const { answers, add, drain, prove } = setUp({ model: unlucky, limits: { ...LIMITS, maxRows: 2, split: true } });
    await prove();
    add('1;2;13');
    await drain();
    expect(later(answers)).toEqual(['INTERNAL']);
  });
});

describe('requests that want some of the outputs', () => {
  it('run together with those that want the same, once all outputs are proven', async () => {
    const wanting: Codec = {
      parse(call, body) {
        const [numbers = '', names] = body.toString().split('>');
        return { ...codec.parse(call, Buffer.from(numbers)), ...(names && { outputs: names.split('+') }) };
      },
    };
    const { session, answers, queue } = setUp({});
    const asked: (readonly string[] | undefined)[] = [];
    const watched: OrtSession = {
      run: (inputs, wanted) => {
        asked.push(wanted);
        return session.run(inputs);
      },
      release: () => session.release(),
    };
    const batching = { enabled: true, reason: '' };
    const own = new ModelQueue({
      handle: 1,
      session: watched,
      codec: wanting,
      batching,
      limits: LIMITS,
      answers,
      wake: () => 0,
    });
    ['1>y', '2>y'].forEach((body, index) => own.add(index + 1, 'predictProto', Buffer.from(body), 0));
    while (await own.run());
    // For its own answer, then alone and between strangers for all outputs, then the second request.
    expect(asked).toEqual([['y'], undefined, undefined, ['y']]);
    asked.length = 0;
    session.runRows.length = 0;
    const bodies = ['1>y+z', '2', '3>z+y', '4>y', '5'];
    bodies.forEach((body, index) => own.add(index + 11, 'predictProto', Buffer.from(body), 0));
    while (await own.run());
    expect([session.runRows, asked]).toEqual([
      [2, 2, 1],
      [['y', 'z'], undefined, ['y']],
    ]);
    expect([...answers.byId.values()].slice(2)).toEqual(['2', '6', '4', '10', '8']);
    await queue.close();
  });
});

describe('requests that are small as messages and large as tensors', () => {
  /** Bodies are the width of one row that a single value fills. */
  function filling(limits: BatchLimits) {
    const parsed: number[] = [];
    const fill: Codec = {
      parse(_call, body) {
        const width = Number(body.toString());
        parsed.push(width);
        const data = new Float32Array(width);
        return {
          inputs: new Map([['x', { dtype: 'float32', dims: [1, width], data }]]),
          write: () => Buffer.from('ok'),
        };
      },
    };
    const answers = recordAnswers();
    const batching = { enabled: true, reason: '' };
    const session = fakeSession(double);
    const queue = new ModelQueue({ handle: 1, session, codec: fill, batching, limits, answers, wake: () => 0 });
    let lastId = 0;
    const add = (...widths: readonly number[]): void => {
      for (const width of widths) queue.add(++lastId, 'predictProto', Buffer.from(String(width)), 0);
    };
    return { parsed, answers, queue, add };
  }

  const MEGABYTE = 2 ** 18;

  it('are not all unpacked to see which of them fit a batch', async () => {
    const { parsed, answers, queue, add } = filling(LIMITS);
    // None fits a batch with another.
    const widths = Array.from({ length: 20 }, (_, index) => MEGABYTE + index);
    add(...widths);
    for (let turn = 1; turn <= widths.length; turn += 1) {
      await queue.run();
      expect(answers.byId.size).toBe(turn);
      // Those that run, and 5 MB ahead of them.
      expect(parsed.length).toBeLessThanOrEqual(turn + 5);
    }
    expect(parsed).toEqual(widths);
  });

  it('are not kept unpacked from their arrival where the queue is bounded', async () => {
    const { parsed, answers, queue, add } = filling({ ...LIMITS, maxWaiting: 10 });
    const widths = [2, MEGABYTE, MEGABYTE + 1];
    add(...widths);
    expect(parsed).toEqual(widths);
    while (await queue.run());
    expect([...answers.byId.values()]).toEqual(['ok', 'ok', 'ok']);
    // What is as small as its message is unpacked once.
    expect(parsed.slice(3).toSorted((left, right) => left - right)).toEqual(widths.slice(1));
  });
});
