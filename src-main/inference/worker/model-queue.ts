import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import type { ModelInfo } from '../../contracts/signature.ts';
import type { Call } from '../protocol/call.ts';
import type { Result } from '../protocol/frames.ts';
import type { BatchLimits } from '../protocol/main-message.ts';
import { betweenStrangers, mixingFound, STRANGERS } from './batch-proof.ts';
import type { Codec, ParsedRequest } from './codec/codec.ts';
import type { OrtSession } from './ort.ts';
import type { Turn } from './run-loop.ts';
import { byteSize, canJoin, cutRows, joinRows, type NamedTensors, repeatFirstRow, sharedRows } from './tensor-batch.ts';

/** Where answers go. Each request gets exactly one. */
export interface Answers {
  result(requestId: number, handle: number, result: Result): void;
  failure(requestId: number, handle: number, error: ServingError): void;
  /** All answers of one turn are given. */
  flush(): void;
  batchingStopped(handle: number, reason: string): void;
}

export interface ModelQueueOptions {
  readonly handle: number;
  readonly session: OrtSession;
  readonly codec: Codec;
  readonly batching: ModelInfo['batching'];
  readonly limits: BatchLimits;
  readonly answers: Answers;
  /** Asks for a turn, because a batch has waited long enough. */
  readonly wake: () => void;
}

/** How far behind the oldest request others are looked at for the same batch. */
const MAX_LOOK_AHEAD = 256;
/**
 * Bodies that are parsed in one turn, or their tensors where these are larger: bounded because nothing else happens
 * meanwhile, and because those that fit no batch with the oldest request stay in memory until it is their turn.
 */
const MAX_PARSED_BYTES = 4 * 1024 * 1024;
/**
 * Tensors this many times as large as their body are not kept from a request's arrival to its turn: one value that fills
 * a whole shape makes them, at once and as often as needed. Numbers in JSON make no more than four times their text.
 */
const MUCH_LARGER = 8;

/** How many kinds of requests that fit no common batch are looked at for one that need not wait any longer. */
const MAX_GROUPS = 8;
/** Timers are no finer; what is left of a wait is spent in turns that do nothing. */
const TIMER_MS = 1;

const NO_BYTES = Buffer.alloc(0);
const NOBODY: ReadonlySet<Waiting> = new Set();

interface Waiting {
  readonly id: number;
  readonly call: Call;
  /** Empty once it is parsed, so that its memory can go. */
  body: Buffer;
  readonly arrivedMs: number;
  parsed: Parsed | undefined;
  /** Rows that it takes up in the queue; 0 where the queue is not bounded. */
  queuedRows: number;
}

interface Parsed {
  readonly request: ParsedRequest;
  /** The same for requests that want the same outputs. */
  readonly wanted: string;
  /** Size of dimension 0; undefined when the request must run alone. */
  readonly rows: number | undefined;
  /** The same whether it must run alone or not; 1 where its inputs share no such size. */
  readonly ownRows: number;
  /** Of the inputs. */
  readonly bytes: number;
}

/** What one run has to tell each of its requests. */
interface Run extends Pick<Result, 'runMs' | 'batchRows' | 'runRows' | 'paddingRows'> {
  readonly startMs: number;
}

interface Ready extends Waiting {
  parsed: Parsed;
}

/** Requests that fit one batch, oldest first. */
interface Group {
  readonly requests: readonly Ready[];
  /** Whether nobody could join any more, or is to. */
  readonly full: boolean;
}

/**
 * The requests that wait for one model. Each turn runs the oldest one together with those behind it that fit the same
 * batch; nobody waits for company, unless the limits say so. `unproven` until one request came out the same alone and
 * between strangers: until then, and for a model that mixes the rows of a batch, every request runs by itself.
 */
export class ModelQueue implements Turn {
  readonly handle: number;
  readonly #options: ModelQueueOptions;
  /** By request id, oldest first. */
  readonly #waiting = new Map<number, Waiting>();
  /** Requests of a batch that failed: they run alone, before all others. */
  readonly #alone = new Map<number, Waiting>();
  #batching: 'off' | 'unproven' | 'on';
  #msPerRow = 0;
  #queuedRows = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ModelQueueOptions) {
    this.handle = options.handle;
    this.#options = options;
    this.#batching = options.batching.enabled && mayBatch(options.limits) ? 'unproven' : 'off';
  }

  /**
   * The body is kept until it is parsed: when the request is about to run, or at once where the queue is bounded. A request
   * that is refused is answered without a flush.
   */
  add(requestId: number, call: Call, body: Buffer, arrivedMs: number): void {
    const waiting = { id: requestId, call, body, arrivedMs, parsed: undefined, queuedRows: 0 };
    this.#waiting.set(requestId, waiting);
    if (this.#options.limits.maxWaiting !== undefined) this.#admit(waiting, this.#options.limits.maxWaiting);
  }

  /** Drops a request that has not started to run; one that has is answered as usual. */
  cancel(requestId: number): void {
    const waiting = this.#waiting.get(requestId);
    if (waiting) this.#remove(waiting);
    else if (!this.#alone.delete(requestId)) return;
    this.#options.answers.failure(requestId, this.handle, new ServingError('CANCELLED', 'request cancelled'));
    this.#options.answers.flush();
  }

  /** Fails everything that waits and releases the session. To be called between turns; nothing may be added later. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const error = new ServingError('UNAVAILABLE', 'the model version was unloaded');
    for (const queue of [this.#alone, this.#waiting]) {
      for (const id of queue.keys()) this.#options.answers.failure(id, this.handle, error);
      queue.clear();
    }
    this.#options.answers.flush();
    await this.#options.session.release();
  }

  async run(): Promise<boolean> {
    if (this.#closed) return false;
    const batch = this.#take();
    const [oldest] = batch;
    try {
      if (oldest && this.#needsProof(oldest)) await this.#proveByRow(oldest);
      if (oldest && this.#splits(oldest)) await this.#runSplit(oldest);
      else if (oldest && batch.length === 1 && this.#padding(oldest.parsed.rows) === 0) await this.#runOne(oldest);
      else if (oldest) await this.#runTogether(batch);
    } catch (error) {
      // Only a bug gets here; without answers the callers would wait for ever.
      for (const { id } of batch) this.#options.answers.failure(id, this.handle, asServingError(error));
    }
    this.#options.answers.flush();
    return !this.#closed && (this.#alone.size > 0 || (this.#waiting.size > 0 && this.#timer === undefined));
  }

  /** Refuses a request that the queue has no room for. How many rows it has shows only when it is parsed. */
  #admit(waiting: Waiting, maxWaiting: number): void {
    const { answers, limits } = this.#options;
    const { body } = waiting;
    if (!this.#parsed(waiting)) {
      this.#remove(waiting);
      return;
    }
    const { parsed } = waiting;
    const rows = parsed.rows ?? limits.maxRows;
    if (this.#queuedRows > 0 && this.#queuedRows + rows > maxWaiting * limits.maxRows) {
      const message = `The batch scheduling queue to which this task was submitted is full; max_enqueued_batches is ${maxWaiting}`;
      answers.failure(waiting.id, this.handle, new ServingError('UNAVAILABLE', message));
      this.#remove(waiting);
      return;
    }
    waiting.queuedRows = rows;
    this.#queuedRows += rows;
    if (parsed.bytes > MUCH_LARGER * body.length) unparse(waiting, body);
  }

  #remove(waiting: Waiting): void {
    this.#waiting.delete(waiting.id);
    this.#queuedRows -= waiting.queuedRows;
  }

  /** Takes the next batch out of the queue, unless all are to wait; requests that cannot be parsed are answered at once. */
  #take(): readonly Ready[] {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const waiting of this.#alone.values()) {
      this.#alone.delete(waiting.id);
      return this.#parsed(waiting) ? [waiting] : [];
    }
    const { waitMs } = this.#options.limits;
    return waitMs === undefined ? this.#removed(this.#gather(NOBODY).requests) : this.#takeDue(waitMs);
  }

  /** Takes the first batch that is full or has waited long enough; where there is none, sees to it that its turn comes. */
  #takeDue(waitMs: number): readonly Ready[] {
    const passedOver = new Set<Waiting>();
    let soonestMs = Infinity;
    for (let groups = 0; groups < MAX_GROUPS; groups += 1) {
      const { requests, full } = this.#gather(passedOver);
      const [oldest] = requests;
      if (!oldest) break;
      const leftMs = full ? 0 : oldest.arrivedMs + waitMs - performance.now();
      if (leftMs <= 0) return this.#removed(requests);
      soonestMs = Math.min(soonestMs, leftMs);
      for (const waiting of requests) passedOver.add(waiting);
    }
    if (passedOver.size > 0 && soonestMs >= TIMER_MS) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#options.wake();
      }, Math.floor(soonestMs));
    }
    return [];
  }

  #removed(requests: readonly Ready[]): readonly Ready[] {
    for (const waiting of requests) this.#remove(waiting);
    return requests;
  }

  /** The oldest request that is not passed over, with those behind it that fit the same batch. They stay in the queue. */
  #gather(passedOver: ReadonlySet<Waiting>): Group {
    const requests: Ready[] = [];
    let heldBytes = 0;
    let looked = 0;
    let rows = 0;
    let bytes = 0;
    const maxRows = this.#maxRows();
    for (const waiting of this.#waiting.values()) {
      if (passedOver.has(waiting)) continue;
      const isNew = waiting.parsed === undefined;
      const bodyBytes = waiting.body.length;
      if (isNew && requests.length > 0 && heldBytes + bodyBytes > MAX_PARSED_BYTES) return { requests, full: true };
      if (!this.#parsed(waiting)) {
        heldBytes += bodyBytes;
        this.#remove(waiting);
        continue;
      }
      const { parsed } = waiting;
      if (isNew) heldBytes += Math.max(bodyBytes, parsed.bytes);
      const [oldest] = requests;
      if (oldest) {
        looked += 1;
        if (looked > MAX_LOOK_AHEAD) return { requests, full: true };
        if (parsed.rows === undefined || !canRunTogether(oldest.parsed, parsed)) {
          if (!isNew) heldBytes += parsed.bytes;
          continue;
        }
        if (rows + parsed.rows > maxRows || bytes + parsed.bytes > this.#options.limits.maxBytes) {
          return { requests, full: true };
        }
      }
      requests.push(waiting);
      if (parsed.rows === undefined || this.#batching === 'off') return { requests, full: true };
      rows += parsed.rows;
      bytes += parsed.bytes;
      if (rows >= maxRows) return { requests, full: true };
    }
    return { requests, full: this.#batching !== 'on' };
  }

  /** Parses a request unless that was done before; answers it where that fails. */
  #parsed(waiting: Waiting): waiting is Ready {
    if (waiting.parsed) return true;
    try {
      const request = this.#options.codec.parse(waiting.call, waiting.body);
      const { inputs, outputs } = request;
      const { maxRequestRows } = this.#options.limits;
      const bounded = maxRequestRows !== undefined && this.#options.batching.enabled;
      const ownRows = sharedRows(inputs);
      if (bounded && ownRows !== undefined && ownRows > maxRequestRows) {
        const message = `Task size ${ownRows} is larger than maximum input batch size ${maxRequestRows}`;
        throw new ServingError('INVALID_ARGUMENT', message);
      }
      // Without a row there is nothing that could be cut out of a batch again.
      const rows = this.#batching === 'off' ? undefined : ownRows;
      waiting.body = NO_BYTES;
      waiting.parsed = {
        request,
        wanted: wantedKey(outputs),
        rows: rows === 0 ? undefined : rows,
        ownRows: ownRows ?? 1,
        bytes: byteSize(inputs),
      };
      return true;
    } catch (error) {
      this.#options.answers.failure(waiting.id, this.handle, asServingError(error));
      return false;
    }
  }

  #maxRows(): number {
    const { maxRows, targetMs } = this.#options.limits;
    if (this.#msPerRow === 0 || targetMs === undefined) return maxRows;
    return Math.max(1, Math.min(maxRows, Math.floor(targetMs / this.#msPerRow)));
  }

  /** @returns the outputs, or undefined after the failure was answered. */
  async #runOne({ id, arrivedMs, parsed }: Ready): Promise<NamedTensors | undefined> {
    const { session, answers } = this.#options;
    const { request } = parsed;
    const startMs = performance.now();
    try {
      const outputs = await session.run(request.inputs, request.outputs);
      const runMs = performance.now() - startMs;
      this.#learn(runMs, parsed.rows ?? 1);
      const rows = parsed.ownRows;
      const body = request.write(outputs);
      const facts = { runMs, rows, batchRows: rows, runRows: Math.max(1, rows), paddingRows: 0 };
      answers.result(id, this.handle, { queueMs: startMs - arrivedMs, ...facts, body });
      return outputs;
    } catch (error) {
      answers.failure(id, this.handle, asServingError(error));
      return undefined;
    }
  }

  async #runTogether(batch: readonly Ready[]): Promise<void> {
    if (this.#batching === 'unproven') {
      await this.#prove(batch);
      return;
    }
    const { session } = this.#options;
    const rows = batch.map(({ parsed }) => parsed.rows ?? 0);
    const total = rows.reduce((sum, count) => sum + count, 0);
    const padding = this.#padding(total);
    const inputs = batch.map(({ parsed }) => parsed.request.inputs);
    const startMs = performance.now();
    let outputs: NamedTensors;
    try {
      const joined = joinRows(inputs[0] && padding > 0 ? [...inputs, repeatFirstRow(inputs[0], padding)] : inputs);
      outputs = await session.run(joined, batch[0]?.parsed.request.outputs);
    } catch (error) {
      const [only, ...others] = batch;
      // Which request is to blame shows when each runs alone.
      if (others.length > 0) this.#runAlone(batch);
      else if (only) this.#options.answers.failure(only.id, this.handle, asServingError(error));
      return;
    }
    const runMs = performance.now() - startMs;
    const shares = cutRows(outputs, padding > 0 ? [...rows, padding] : rows);
    if (!shares) {
      this.#stopBatching('dimension 0 of an output does not follow that of the inputs');
      this.#runAlone(batch);
      return;
    }
    this.#learn(runMs, total);
    // The first answer that can be written tells of the run.
    let runRows = total;
    shares.forEach((share, index) => {
      const waiting = batch[index];
      if (!waiting) return;
      const run = { startMs, runMs, batchRows: total, runRows, paddingRows: padding };
      if (this.#answer(waiting, share, run)) runRows = 0;
    });
  }

  /** @returns whether the answer is the outputs, and not that they cannot be written. */
  #answer({ id, arrivedMs, parsed }: Ready, outputs: NamedTensors, { startMs, ...facts }: Run): boolean {
    const { answers } = this.#options;
    try {
      const body = parsed.request.write(outputs);
      answers.result(id, this.handle, { queueMs: startMs - arrivedMs, ...facts, rows: parsed.ownRows, body });
      return true;
    } catch (error) {
      answers.failure(id, this.handle, asServingError(error));
      return false;
    }
  }

  /** Whether a request has more rows than a run may have, and may be cut into several. */
  #splits({ parsed }: Ready): boolean {
    const { split, maxRows } = this.#options.limits;
    return split === true && this.#batching === 'on' && (parsed.rows ?? 0) > maxRows;
  }

  /** Rows to add to a batch of so many, so that it has one of the allowed sizes. */
  #padding(rows: number | undefined): number {
    const { allowedRows } = this.#options.limits;
    if (!allowedRows || rows === undefined || this.#batching !== 'on') return 0;
    const size = allowedRows.find((allowed) => allowed >= rows);
    return size === undefined ? 0 : size - rows;
  }

  /** Runs one request in pieces, and joins their outputs. Where these do not fit together it runs as a whole. */
  async #runSplit(waiting: Ready): Promise<void> {
    const { session, answers, limits } = this.#options;
    const { request, rows = 0 } = waiting.parsed;
    const startMs = performance.now();
    const sizes: number[] = [];
    for (let left = rows; left > 0; left -= limits.maxRows) sizes.push(Math.min(left, limits.maxRows));
    const outputs: NamedTensors[] = [];
    let paddingRows = 0;
    try {
      for (const [index, piece] of (cutRows(request.inputs, sizes) ?? []).entries()) {
        const size = sizes[index] ?? 0;
        paddingRows = this.#padding(size);
        const padded = paddingRows > 0 ? joinRows([piece, repeatFirstRow(piece, paddingRows)]) : piece;
        const own = cutRows(await session.run(padded, request.outputs), [size, paddingRows])?.[0];
        const [first = own] = outputs;
        if (!own || !first || !canJoin(first, own)) {
          this.#stopBatching('dimension 0 of an output does not follow that of the inputs');
          this.#runAlone([waiting]);
          return;
        }
        outputs.push(own);
      }
    } catch (error) {
      answers.failure(waiting.id, this.handle, asServingError(error));
      return;
    }
    const runMs = performance.now() - startMs;
    this.#learn(runMs, rows);
    const run = { startMs, runMs, batchRows: rows, runRows: limits.maxRows, paddingRows };
    this.#answer(waiting, joinRows(outputs), run);
  }

  /** Whether this request is to be padded or cut as soon as it is known that its rows are independent. */
  #needsProof({ parsed }: Ready): boolean {
    const { allowedRows, split, maxRows } = this.#options.limits;
    if (this.#batching !== 'unproven' || parsed.rows === undefined) return false;
    return allowedRows !== undefined || (split === true && parsed.rows > maxRows);
  }

  /** Finds out with its first row alone. A failure says nothing: the request itself will tell. */
  async #proveByRow({ parsed: { request, rows = 0 } }: Ready): Promise<void> {
    const row = cutRows(request.inputs, [1, rows - 1])?.[0];
    const outputs = row && (await this.#options.session.run(row).catch(() => undefined));
    if (outputs) await this.#judge(row, outputs, 1);
  }

  #runAlone(batch: readonly Waiting[]): void {
    for (const waiting of batch) this.#alone.set(waiting.id, waiting);
  }

  /** Answers the oldest request by a run of its own, and finds out whether the others may run together. */
  async #prove([oldest, ...others]: readonly Ready[]): Promise<void> {
    this.#runAlone(others);
    const outputs = oldest && (await this.#runOne(oldest));
    if (!outputs) return;
    const { parsed } = oldest;
    // Too slow to gain from batches, and the proof would take three times as long as that run.
    if (this.#maxRows() < 2 * (parsed.rows ?? 1)) return;
    const { inputs, outputs: wanted } = parsed.request;
    // Later requests may want other outputs, so the proof is about all of them.
    const all = wanted ? await this.#options.session.run(inputs).catch(() => undefined) : outputs;
    if (all) await this.#judge(inputs, all, parsed.rows ?? 0);
  }

  async #judge(inputs: NamedTensors, alone: NamedTensors, rows: number): Promise<void> {
    const found = await this.#neighboursShow(inputs, alone, rows);
    if (found === 'apart') this.#batching = 'on';
    else if (found !== undefined) this.#stopBatching(found.mixing);
  }

  /**
   * Runs a request once more between strangers.
   * @returns undefined where nothing can be told, since none of them was unlike the request: the next one may tell.
   */
  async #neighboursShow(
    inputs: NamedTensors,
    alone: NamedTensors,
    rows: number,
  ): Promise<'apart' | { readonly mixing: string } | undefined> {
    let failed = false;
    for (const strangers of STRANGERS) {
      try {
        const together = betweenStrangers(inputs, strangers);
        if (!together) continue;
        // The second kind of strangers is for models that refuse the first.
        const mixing = mixingFound(alone, await this.#options.session.run(together), rows);
        return mixing === undefined ? 'apart' : { mixing };
      } catch {
        failed = true;
      }
    }
    return failed ? { mixing: 'a request that runs well alone fails beside other values' } : undefined;
  }

  #stopBatching(reason: string): void {
    this.#batching = 'off';
    this.#options.answers.batchingStopped(this.handle, `${reason}: requests are not batched`);
  }

  /** Falls at once, rises slowly: one pause of the machine must not end batching. */
  #learn(runMs: number, rows: number): void {
    const msPerRow = runMs / Math.max(1, rows);
    this.#msPerRow =
      this.#msPerRow === 0 || msPerRow < this.#msPerRow ? msPerRow : this.#msPerRow * 0.9 + msPerRow * 0.1;
  }
}

function mayBatch({ maxRows, split = false }: BatchLimits): boolean {
  return maxRows > 1 || split;
}

/** Back to what it was on arrival. */
function unparse(waiting: Waiting, body: Buffer): void {
  waiting.parsed = undefined;
  waiting.body = body;
}

function wantedKey(outputs: readonly string[] | undefined): string {
  return outputs ? JSON.stringify(outputs.toSorted()) : '';
}

function canRunTogether(left: Parsed, right: Parsed): boolean {
  return left.wanted === right.wanted && canJoin(left.request.inputs, right.request.inputs);
}
