import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import type { ModelInfo } from '../../contracts/signature.ts';
import type { WarmupFacts } from '../protocol/worker-message.ts';
import type { Codec } from './codec/codec.ts';
import type { OrtSession } from './ort.ts';
import type { Turn } from './run-loop.ts';
import { compareJson } from './warm-up/compare-json.ts';
import { parseJsonTree } from './warm-up/json-tree.ts';
import { readWarmUpRequests, type WarmUpRequest } from './warm-up/warm-up-requests.ts';

/** A model in ONNX Runtime, before its warm-up. */
export interface OpenedModel {
  readonly info: ModelInfo;
  readonly session: OrtSession;
  readonly codec: Codec;
  /** Native path of the version folder; undefined where a single file was loaded. */
  readonly versionFolder: string | undefined;
}

/** A model that is ready for requests. */
export interface ReadyModel extends OpenedModel {
  /** Of all turns of the load together. */
  readonly grownBytes: number;
  readonly warmup: WarmupFacts | undefined;
}

export interface LoadTurnOptions {
  readonly handle: number;
  /** How often each warm-up request is run; 0: they are not even read. */
  readonly warmupIterations: number;
  open(): Promise<OpenedModel>;
  /** Called before each warm-up request is read, and before each of its runs. */
  onWarmingUp(): void;
  /** One of the two is called, once, unless the load is given up. The session of a failed load is released before. */
  onReady(model: ReadyModel): void;
  onFailed(error: unknown, warmup: WarmupFacts | undefined): void;
}

/** The load of one version: the model is opened in one turn, and each warm-up request is run in a turn of its own. */
export class LoadTurn implements Turn {
  readonly handle: number;
  readonly #options: LoadTurnOptions;
  #state: 'new' | 'warming' | 'over' = 'new';
  #stopped = false;
  #opened: OpenedModel | undefined;
  #requests: AsyncGenerator<WarmUpRequest, void, undefined> | undefined;
  #current: WarmUpRequest | undefined;
  #iterationsLeft = 0;
  readonly #files = new Set<string>();
  #runs = 0;
  #records = 0;
  #warmingSinceMs = 0;
  #grownBytes = 0;

  constructor(options: LoadTurnOptions) {
    this.handle = options.handle;
    this.#options = options;
  }

  async run(): Promise<boolean> {
    if (this.#stopped || this.#state === 'over') return false;
    const rssBefore = process.memoryUsage.rss();
    try {
      const more = this.#state === 'new' ? await this.#open() : await this.#warmUp();
      this.#grownBytes += process.memoryUsage.rss() - rssBefore;
      if (more || !this.#opened) return true;
      this.#state = 'over';
      const warmup = this.#runs > 0 ? this.#facts() : undefined;
      this.#options.onReady({ ...this.#opened, grownBytes: this.#grownBytes, warmup });
    } catch (error) {
      const warmup = this.#requests && this.#facts();
      await this.giveUp();
      this.#options.onFailed(error, warmup);
    }
    return false;
  }

  /** No further turn does anything; {@link giveUp} is to follow. Without effect on one that is being taken. */
  stop(): void {
    this.#stopped = true;
  }

  /** Gives back what the load took so far; to be called between two turns. Without effect when the load is over. */
  async giveUp(): Promise<void> {
    if (this.#state === 'over') return;
    this.#state = 'over';
    await this.#requests?.return();
    await this.#opened?.session.release();
  }

  async #open(): Promise<boolean> {
    this.#opened = await this.#options.open();
    this.#state = 'warming';
    const { versionFolder } = this.#opened;
    if (versionFolder === undefined || this.#options.warmupIterations === 0) return false;
    this.#requests = readWarmUpRequests(versionFolder, () => this.#options.onWarmingUp());
    this.#warmingSinceMs = performance.now();
    return this.#next();
  }

  /** @returns whether there is another request to run. */
  async #next(): Promise<boolean> {
    const next = await this.#requests?.next();
    this.#current = next?.value ?? undefined;
    this.#iterationsLeft = this.#options.warmupIterations;
    if (this.#current) this.#files.add(this.#current.file);
    return this.#current !== undefined;
  }

  async #warmUp(): Promise<boolean> {
    const { session, codec } = this.#opened ?? {};
    const request = this.#current;
    if (!session || !codec || !request) return false;
    this.#options.onWarmingUp();
    this.#runs += 1;
    await runWarmUpRequest(request, session, codec);
    this.#iterationsLeft -= 1;
    if (this.#iterationsLeft > 0) return true;
    this.#records += 1;
    return this.#next();
  }

  #facts(): WarmupFacts {
    const ms = performance.now() - this.#warmingSinceMs;
    return { files: [...this.#files], records: this.#records, requests: this.#runs, ms };
  }
}

/**
 * Runs a request as one that came in would be, its answer written and all.
 * @throws ServingError that names the request: of the code that its caller would get, or FAILED_PRECONDITION where the
 *   answer is not the expected one.
 */
async function runWarmUpRequest(request: WarmUpRequest, session: OrtSession, codec: Codec): Promise<void> {
  let answer: Uint8Array;
  try {
    const parsed = codec.parse(request.call, request.body);
    answer = parsed.write(await session.run(parsed.inputs, parsed.outputs));
  } catch (error) {
    if (!(error instanceof ServingError)) throw error;
    const { code, message } = asServingError(error);
    throw new ServingError(code, `${request.what}: ${message}`, { cause: error });
  }
  const { expected } = request;
  if (!expected) return;
  const difference = compareJson(
    parseJsonTree(Buffer.from(answer).toString('utf8')),
    expected.answer,
    expected.tolerance,
  );
  if (!difference) return;
  const { first, count } = difference;
  const others = count > 1 ? `; ${count} values differ in all` : '';
  throw new ServingError('FAILED_PRECONDITION', `${request.what}: ${first}${others}`);
}
