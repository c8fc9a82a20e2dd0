import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import type { ModelInfo } from '../../contracts/signature.ts';
import type { Call } from '../protocol/call.ts';
import type { Result } from '../protocol/frames.ts';
import type { BatchLimits } from '../protocol/main-message.ts';
import { betweenStrangers, mixingFound, STRANGERS } from './batch-proof.ts';
import type { Codec, ParsedRequest } from './codec/codec.ts';
import type { OrtSession } from './ort.ts';
import type { Turn } from './run-loop.ts';
import { byteSize, canJoin, cutRows, joinRows, type NamedTensors, sharedRows } from './tensor-batch.ts';

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
}

/** How far behind the oldest request others are looked at for the same batch. */
const MAX_LOOK_AHEAD = 256;
/** Bodies that are parsed in one turn, bounded because nothing else happens meanwhile. */
const MAX_PARSED_BODY_BYTES = 4 * 1024 * 1024;

const NO_BYTES = Buffer.alloc(0);

interface Waiting {
  readonly id: number;
  readonly call: Call;
  /** Empty once it is parsed, so that its memory can go. */
  body: Buffer;
  readonly arrivedMs: number;
  parsed: Parsed | undefined;
}

interface Parsed {
  readonly request: ParsedRequest;
  /** The same for requests that want the same outputs. */
  readonly wanted: string;
  /** Size of dimension 0; undefined when the request must run alone. */
  readonly rows: number | undefined;
  /** Of the inputs. */
  readonly bytes: number;
}

/** What one run has to tell each of its requests. */
interface Run {
  readonly startMs: number;
  readonly runMs: number;
  readonly batchRows: number;
}

interface Ready extends Waiting {
  parsed: Parsed;
}

/**
 * The requests that wait for one model. Each turn runs the oldest one together with those behind it that fit the same
 * batch; nobody waits for company. `unproven` until one request came out the same alone and between strangers.
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
  #closed = false;

  constructor(options: ModelQueueOptions) {
    this.handle = options.handle;
    this.#options = options;
    this.#batching = options.batching.enabled && options.limits.maxRows > 1 ? 'unproven' : 'off';
  }

  /** The body is kept until it is parsed, which is when the request is about to run. */
  add(requestId: number, call: Call, body: Buffer, arrivedMs: number): void {
    this.#waiting.set(requestId, { id: requestId, call, body, arrivedMs, parsed: undefined });
  }

  /** Drops a request that has not started to run; one that has is answered as usual. */
  cancel(requestId: number): void {
    if (!this.#waiting.delete(requestId) && !this.#alone.delete(requestId)) return;
    this.#options.answers.failure(requestId, this.handle, new ServingError('CANCELLED', 'request cancelled'));
    this.#options.answers.flush();
  }

  /** Fails everything that waits and releases the session. To be called between turns; nothing may be added later. */
  async close(): Promise<void> {
    this.#closed = true;
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
    try {
      if (batch.length === 1 && batch[0]) await this.#runOne(batch[0]);
      else if (batch.length > 1) await this.#runTogether(batch);
    } catch (error) {
      // Only a bug gets here; without answers the callers would wait for ever.
      for (const { id } of batch) this.#options.answers.failure(id, this.handle, asServingError(error));
    }
    this.#options.answers.flush();
    return !this.#closed && (this.#waiting.size > 0 || this.#alone.size > 0);
  }

  /** Takes the next batch out of the queue; requests that cannot be parsed are answered at once. */
  #take(): Ready[] {
    for (const waiting of this.#alone.values()) {
      this.#alone.delete(waiting.id);
      return this.#parsed(waiting) ? [waiting] : [];
    }
    const batch: Ready[] = [];
    let parsedBytes = 0;
    let looked = 0;
    let rows = 0;
    let bytes = 0;
    const maxRows = this.#maxRows();
    for (const waiting of this.#waiting.values()) {
      if (!waiting.parsed) {
        parsedBytes += waiting.body.length;
        if (batch.length > 0 && parsedBytes > MAX_PARSED_BODY_BYTES) break;
      }
      if (!this.#parsed(waiting)) {
        this.#waiting.delete(waiting.id);
        continue;
      }
      const { parsed } = waiting;
      const [oldest] = batch;
      if (oldest) {
        looked += 1;
        if (looked > MAX_LOOK_AHEAD) break;
        if (parsed.rows === undefined || !canRunTogether(oldest.parsed, parsed)) continue;
        if (rows + parsed.rows > maxRows || bytes + parsed.bytes > this.#options.limits.maxBytes) break;
      }
      batch.push(waiting);
      this.#waiting.delete(waiting.id);
      if (parsed.rows === undefined || this.#batching === 'off') break;
      rows += parsed.rows;
      bytes += parsed.bytes;
      if (rows >= maxRows) break;
    }
    return batch;
  }

  /** Parses a request unless that was done before; answers it where that fails. */
  #parsed(waiting: Waiting): waiting is Ready {
    if (waiting.parsed) return true;
    try {
      const request = this.#options.codec.parse(waiting.call, waiting.body);
      const { inputs, outputs } = request;
      // Without a row there is nothing that could be cut out of a batch again.
      const rows = this.#batching === 'off' ? undefined : sharedRows(inputs);
      waiting.body = NO_BYTES;
      waiting.parsed = rows
        ? { request, wanted: wantedKey(outputs), rows, bytes: byteSize(inputs) }
        : { request, wanted: '', rows: undefined, bytes: 0 };
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
      const batchRows = parsed.rows ?? sharedRows(request.inputs) ?? 1;
      answers.result(id, this.handle, { queueMs: startMs - arrivedMs, runMs, batchRows, body: request.write(outputs) });
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
    const startMs = performance.now();
    let outputs: NamedTensors;
    try {
      const joined = joinRows(batch.map(({ parsed }) => parsed.request.inputs));
      outputs = await session.run(joined, batch[0]?.parsed.request.outputs);
    } catch {
      // Which request is to blame shows when each runs alone.
      this.#runAlone(batch);
      return;
    }
    const runMs = performance.now() - startMs;
    const rows = batch.map(({ parsed }) => parsed.rows ?? 0);
    const shares = cutRows(outputs, rows);
    if (!shares) {
      this.#stopBatching('dimension 0 of an output does not follow that of the inputs');
      this.#runAlone(batch);
      return;
    }
    const batchRows = rows.reduce((sum, count) => sum + count, 0);
    this.#learn(runMs, batchRows);
    shares.forEach((share, index) => {
      const waiting = batch[index];
      if (waiting) this.#answer(waiting, share, { startMs, runMs, batchRows });
    });
  }

  #answer({ id, arrivedMs, parsed }: Ready, outputs: NamedTensors, { startMs, runMs, batchRows }: Run): void {
    const { answers } = this.#options;
    try {
      const body = parsed.request.write(outputs);
      answers.result(id, this.handle, { queueMs: startMs - arrivedMs, runMs, batchRows, body });
    } catch (error) {
      answers.failure(id, this.handle, asServingError(error));
    }
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
    const found = await this.#neighboursShow(parsed.request, outputs, parsed.rows ?? 0);
    if (found === 'apart') this.#batching = 'on';
    else if (found !== undefined) this.#stopBatching(found.mixing);
  }

  /**
   * Runs a request once more between strangers.
   * @returns undefined where nothing can be told, since none of them was unlike the request: the next one may tell.
   */
  async #neighboursShow(
    { inputs, outputs: wanted }: ParsedRequest,
    outputs: NamedTensors,
    rows: number,
  ): Promise<'apart' | { readonly mixing: string } | undefined> {
    let failed = false;
    // Later requests may want other outputs, so the proof is about all of them.
    const alone = wanted ? await this.#options.session.run(inputs).catch(() => undefined) : outputs;
    if (!alone) return undefined;
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

function wantedKey(outputs: readonly string[] | undefined): string {
  return outputs ? JSON.stringify(outputs.toSorted()) : '';
}

function canRunTogether(left: Parsed, right: Parsed): boolean {
  return left.wanted === right.wanted && canJoin(left.request.inputs, right.request.inputs);
}
