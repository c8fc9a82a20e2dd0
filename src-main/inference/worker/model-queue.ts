import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import type { ModelInfo } from '../../contracts/signature.ts';
import type { BatchLimits } from '../protocol/main-message.ts';
import { betweenStrangers, mixingFound, STRANGERS } from './batch-proof.ts';
import type { OrtSession } from './ort.ts';
import type { Turn } from './run-loop.ts';
import { byteSize, canJoin, cutRows, joinRows, type NamedTensors, sharedRows } from './tensor-batch.ts';

/** A parsed request body: what the codec makes of it. */
export interface ParsedRequest {
  readonly inputs: NamedTensors;
}

/** Turns bodies into tensors and back. Both throw ServingError for what the caller did wrong. */
export interface Codec<R extends ParsedRequest> {
  parse(body: Buffer): R;
  write(outputs: NamedTensors, request: R): Uint8Array;
}

/** Where answers go. Each request gets exactly one. */
export interface Answers {
  result(requestId: number, handle: number, queueMs: number, runMs: number, body: Uint8Array): void;
  failure(requestId: number, handle: number, error: ServingError): void;
  /** All answers of one turn are given. */
  flush(): void;
  batchingStopped(handle: number, reason: string): void;
}

export interface ModelQueueOptions<R extends ParsedRequest> {
  readonly handle: number;
  readonly session: OrtSession;
  readonly codec: Codec<R>;
  readonly batching: ModelInfo['batching'];
  readonly limits: BatchLimits;
  readonly answers: Answers;
}

/** How far behind the oldest request others are looked at for the same batch. */
const MAX_LOOK_AHEAD = 256;
/** Bodies that are parsed in one turn, bounded because nothing else happens meanwhile. */
const MAX_PARSED_BODY_BYTES = 4 * 1024 * 1024;

const NO_BYTES = Buffer.alloc(0);

interface Waiting<R> {
  readonly id: number;
  /** Empty once it is parsed, so that its memory can go. */
  body: Buffer;
  readonly arrivedMs: number;
  parsed: Parsed<R> | undefined;
}

interface Parsed<R> {
  readonly request: R;
  /** Size of dimension 0; undefined when the request must run alone. */
  readonly rows: number | undefined;
  readonly bytes: number;
}

interface Ready<R> extends Waiting<R> {
  parsed: Parsed<R>;
}

/**
 * The requests that wait for one model. Each turn runs the oldest one together with those behind it that fit the same
 * batch; nobody waits for company. `unproven` until one request came out the same alone and between strangers.
 */
export class ModelQueue<R extends ParsedRequest> implements Turn {
  readonly handle: number;
  readonly #options: ModelQueueOptions<R>;
  /** By request id, oldest first. */
  readonly #waiting = new Map<number, Waiting<R>>();
  /** Requests of a batch that failed: they run alone, before all others. */
  readonly #alone = new Map<number, Waiting<R>>();
  #batching: 'off' | 'unproven' | 'on';
  #msPerRow = 0;
  #closed = false;

  constructor(options: ModelQueueOptions<R>) {
    this.handle = options.handle;
    this.#options = options;
    this.#batching = options.batching.enabled && options.limits.maxRows > 1 ? 'unproven' : 'off';
  }

  /** The body is kept until it is parsed, which is when the request is about to run. */
  add(requestId: number, body: Buffer, arrivedMs: number): void {
    this.#waiting.set(requestId, { id: requestId, body, arrivedMs, parsed: undefined });
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
  #take(): Ready<R>[] {
    for (const waiting of this.#alone.values()) {
      this.#alone.delete(waiting.id);
      return this.#parsed(waiting) ? [waiting] : [];
    }
    const batch: Ready<R>[] = [];
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
        if (parsed.rows === undefined || !canJoin(oldest.parsed.request.inputs, parsed.request.inputs)) continue;
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
  #parsed(waiting: Waiting<R>): waiting is Ready<R> {
    if (waiting.parsed) return true;
    try {
      const request = this.#options.codec.parse(waiting.body);
      const { inputs } = request;
      // Without a row there is nothing that could be cut out of a batch again.
      const rows = this.#batching === 'off' ? undefined : sharedRows(inputs);
      waiting.body = NO_BYTES;
      waiting.parsed = rows ? { request, rows, bytes: byteSize(inputs) } : { request, rows: undefined, bytes: 0 };
      return true;
    } catch (error) {
      this.#options.answers.failure(waiting.id, this.handle, asServingError(error));
      return false;
    }
  }

  #maxRows(): number {
    const { maxRows, targetMs } = this.#options.limits;
    if (this.#msPerRow === 0) return maxRows;
    return Math.max(1, Math.min(maxRows, Math.floor(targetMs / this.#msPerRow)));
  }

  /** @returns the outputs, or undefined after the failure was answered. */
  async #runOne({ id, arrivedMs, parsed }: Ready<R>): Promise<NamedTensors | undefined> {
    const { session, codec, answers } = this.#options;
    const startMs = performance.now();
    try {
      const outputs = await session.run(parsed.request.inputs);
      const runMs = performance.now() - startMs;
      this.#learn(runMs, parsed.rows ?? 1);
      answers.result(id, this.handle, startMs - arrivedMs, runMs, codec.write(outputs, parsed.request));
      return outputs;
    } catch (error) {
      answers.failure(id, this.handle, asServingError(error));
      return undefined;
    }
  }

  async #runTogether(batch: readonly Ready<R>[]): Promise<void> {
    if (this.#batching === 'unproven') {
      await this.#prove(batch);
      return;
    }
    const { session } = this.#options;
    const startMs = performance.now();
    let outputs: NamedTensors;
    try {
      outputs = await session.run(joinRows(batch.map(({ parsed }) => parsed.request.inputs)));
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
    this.#learn(
      runMs,
      rows.reduce((sum, count) => sum + count, 0),
    );
    shares.forEach((share, index) => {
      const waiting = batch[index];
      if (waiting) this.#answer(waiting, share, startMs, runMs);
    });
  }

  #answer({ id, arrivedMs, parsed }: Ready<R>, outputs: NamedTensors, startMs: number, runMs: number): void {
    const { answers, codec } = this.#options;
    try {
      answers.result(id, this.handle, startMs - arrivedMs, runMs, codec.write(outputs, parsed.request));
    } catch (error) {
      answers.failure(id, this.handle, asServingError(error));
    }
  }

  #runAlone(batch: readonly Waiting<R>[]): void {
    for (const waiting of batch) this.#alone.set(waiting.id, waiting);
  }

  /** Answers the oldest request by a run of its own, and finds out whether the others may run together. */
  async #prove([oldest, ...others]: readonly Ready<R>[]): Promise<void> {
    this.#runAlone(others);
    const outputs = oldest && (await this.#runOne(oldest));
    if (!outputs) return;
    const { parsed } = oldest;
    // Too slow to gain from batches, and the proof would take three times as long as that run.
    if (this.#maxRows() < 2 * (parsed.rows ?? 1)) return;
    const found = await this.#neighboursShow(parsed.request.inputs, outputs, parsed.rows ?? 0);
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
