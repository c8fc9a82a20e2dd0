import { connect, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import { decodeMessage, encodeFailure, encodeMessage } from '../protocol/encoding.ts';
import { callFromByte } from '../protocol/call.ts';
import { FRAME, FrameReader, FrameWriter, type Result } from '../protocol/frames.ts';
import { MainMessage } from '../protocol/main-message.ts';
import type { WorkerEnvironment } from '../protocol/worker-environment.ts';
import type { Hello, WorkerMessage } from '../protocol/worker-message.ts';
import type { Codec, CodecOptions } from './codec/codec.ts';
import { LoadTurn, type ReadyModel } from './load-turn.ts';
import { loadModel } from './load-model.ts';
import { type Answers, ModelQueue } from './model-queue.ts';
import { startOrphanWatch } from './orphan-watch.ts';
import { loadOrt, type Ort } from './ort.ts';
import { RunLoop, type Turn } from './run-loop.ts';
import { createRunMarker } from './run-marker.ts';

/** Memory for reads that are not the middle of a large frame; used again for every read. */
const READ_BYTES = 64 * 1024;
/** While requests run, the main process learns this often how much memory is in use. */
const MEMORY_REPORT_MS = 2000;
/** While a load runs its warm-up requests, the main process learns at most this often that it goes on. */
const WARM_UP_REPORT_MS = 1000;

type LoadMessage = Extract<MainMessage, { kind: 'load' }>;

/** Builds the codec for one model from what is known about it. */
export type CodecFactory = (options: CodecOptions) => Codec;

/** The worker's end of the connection: loads models and answers requests until the main process is gone. */
export class WorkerServer implements Answers {
  readonly #codecFor: CodecFactory;
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #loop: RunLoop;
  readonly #models = new Map<number, ModelQueue>();
  readonly #loading = new Map<number, LoadTurn>();
  #ort: Ort | undefined;
  #watched = false;
  #arrivedMs = 0;
  #reportedMs = 0;

  constructor(environment: WorkerEnvironment, codecFor: CodecFactory) {
    this.#codecFor = codecFor;
    this.#loop = new RunLoop(createRunMarker(environment.marker));
    const reader = new FrameReader((type, requestId, handle, payload, call) =>
      this.#receive(type, requestId, handle, payload, call),
    );
    this.#socket = connect({ path: environment.socket, onread: this.#readInto(reader) });
    this.#socket.on('error', () => undefined);
    // Without the main process there is nobody to work for.
    this.#socket.on('close', () => process.exit(0));
    this.#writer = new FrameWriter(this.#socket);
    this.#send({ kind: 'hello', workerId: environment.workerId, token: environment.token });
  }

  /** Loads ONNX Runtime and reports that the worker is ready, or why it never will be. */
  async start(): Promise<void> {
    try {
      this.#ort = await loadOrt();
      this.#send({ kind: 'ready', runtimeVersion: this.#ort.version, rssBytes: process.memoryUsage.rss() });
    } catch (error) {
      const reason =
        error instanceof ServingError ? error.message : 'ONNX Runtime cannot be loaded on this system; run npm install';
      if (!(error instanceof ServingError)) process.stderr.write(`${inspect(error)}\n`);
      this.#send({ kind: 'unfit', reason });
      this.#socket.end();
    }
  }

  result(requestId: number, handle: number, result: Result): void {
    this.#writer.addResult(requestId, handle, result);
  }

  failure(requestId: number, handle: number, error: ServingError): void {
    const payload = encodeFailure(error);
    this.#writer.add(FRAME.failure, requestId, handle, [payload], payload.length);
  }

  flush(): void {
    const now = performance.now();
    if (now - this.#reportedMs > MEMORY_REPORT_MS) {
      this.#reportedMs = now;
      this.#send({ kind: 'memory', rssBytes: process.memoryUsage.rss() });
    } else {
      this.#writer.flush();
    }
  }

  batchingStopped(handle: number, reason: string): void {
    this.#send({ kind: 'batchingStopped', handle, reason });
  }

  #send(message: Hello | WorkerMessage): void {
    const payload = encodeMessage(message);
    this.#writer.add(FRAME.control, 0, 0, [payload], payload.length);
    this.#writer.flush();
  }

  /** Reads small frames into one buffer and the rest of a large one straight to where it belongs. */
  #readInto(reader: FrameReader): {
    buffer: () => Uint8Array;
    callback: (bytes: number, buffer: Uint8Array) => boolean;
  } {
    const scratch = Buffer.allocUnsafeSlow(READ_BYTES);
    let direct = false;
    return {
      buffer: () => {
        const vacant = reader.vacant();
        direct = vacant !== undefined;
        return vacant ?? scratch;
      },
      callback: (bytes) => {
        try {
          this.#arrivedMs = performance.now();
          if (direct) reader.filled(bytes);
          else reader.push(scratch.subarray(0, bytes), true);
          // What was refused on arrival.
          this.#writer.flush();
          this.#loop.start();
        } catch (error) {
          fatal('the main process broke the protocol', error);
        }
        return true;
      },
    };
  }

  #receive(type: number, requestId: number, handle: number, payload: Buffer, callByte: number): void {
    switch (type) {
      case FRAME.request: {
        const call = callFromByte(callByte);
        if (!call) throw new Error(`unknown call ${callByte}`);
        const queue = this.#models.get(handle);
        if (queue) {
          queue.add(requestId, call, payload, this.#arrivedMs);
          this.#loop.add(queue);
        } else {
          this.failure(requestId, handle, new ServingError('UNAVAILABLE', 'the model version is not loaded'));
          this.flush();
        }
        return;
      }
      case FRAME.cancel:
        this.#models.get(handle)?.cancel(requestId);
        return;
      case FRAME.control:
        this.#control(decodeMessage(MainMessage, payload));
        return;
      default:
        throw new Error(`unknown frame type ${type}`);
    }
  }

  #control(message: MainMessage): void {
    switch (message.kind) {
      case 'load': {
        const load = this.#newLoad(message);
        this.#loading.set(message.handle, load);
        this.#loop.add(load);
        return;
      }
      case 'unload':
        this.#loading.get(message.handle)?.stop();
        this.#loop.add(turn(message.handle, () => this.#unload(message.handle)));
        return;
      case 'exit':
        this.#loop.add(turn(0, () => this.#exit()));
        return;
      default:
        message satisfies never;
    }
  }

  #newLoad(message: LoadMessage): LoadTurn {
    const { handle, path, id, session: settings, tensorContent, warmupIterations } = message;
    const startMs = performance.now();
    let toldMs = -Infinity;
    return new LoadTurn({
      handle,
      warmupIterations,
      open: async () => {
        if (!this.#ort) throw new ServingError('UNAVAILABLE', 'the worker is not ready');
        const loaded = await loadModel(this.#ort, path, settings);
        const { info, classLabels } = loaded;
        return { ...loaded, codec: this.#codecFor({ id, signature: info.signature, classLabels, tensorContent }) };
      },
      onWarmingUp: () => {
        const now = performance.now();
        if (now - toldMs < WARM_UP_REPORT_MS) return;
        toldMs = now;
        this.#send({ kind: 'warmingUp', handle });
      },
      onReady: (model) => {
        this.#loading.delete(handle);
        this.#serve(message, model);
        const { info, grownBytes, warmup } = model;
        const loadMs = performance.now() - startMs;
        const rssBytes = process.memoryUsage.rss();
        this.#send({ kind: 'loaded', handle, info, loadMs, rssBytes, grownBytes, ...(warmup && { warmup }) });
        if (!this.#watched) startOrphanWatch();
        this.#watched = true;
      },
      onFailed: (error, warmup) => {
        this.#loading.delete(handle);
        if (!(error instanceof ServingError)) process.stderr.write(`${inspect(error)}\n`);
        const { code, message: reason } = asServingError(error);
        this.#send({ kind: 'loadFailed', handle, code, message: reason, ...(warmup && { warmup }) });
      },
    });
  }

  #serve({ handle, batch }: LoadMessage, { session, codec, info: { batching } }: ReadyModel): void {
    const queue: ModelQueue = new ModelQueue({
      handle,
      session,
      codec,
      batching,
      limits: batch,
      answers: this,
      wake: () => {
        this.#loop.add(queue);
        this.#loop.start();
      },
    });
    this.#models.set(handle, queue);
  }

  async #unload(handle: number): Promise<void> {
    const [load, queue] = [this.#loading.get(handle), this.#models.get(handle)];
    this.#loading.delete(handle);
    this.#models.delete(handle);
    await load?.giveUp();
    await queue?.close();
    this.#send({ kind: 'unloaded', handle, rssBytes: process.memoryUsage.rss() });
  }

  async #exit(): Promise<void> {
    await Promise.all([
      ...Array.from(this.#loading.values(), async (load) => load.giveUp()),
      ...Array.from(this.#models.values(), async (queue) => queue.close()),
    ]);
    this.#loading.clear();
    this.#models.clear();
    this.#socket.end();
  }
}

function turn(handle: number, work: () => Promise<void>): Turn {
  return {
    handle,
    run: async () => {
      await work().catch((error: unknown) => fatal('a load or unload went wrong', error));
      return false;
    },
  };
}

/** The state is unknown, so the process ends; the main process starts another one. */
export function fatal(what: string, error: unknown): never {
  process.stderr.write(`${what}: ${inspect(error)}\n`);
  process.exit(70);
}
