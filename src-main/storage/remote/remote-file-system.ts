import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { ServingError } from '../../contracts/serving-error.ts';
import { type Logger, silentLogger } from '../../contracts/logger.ts';
import { throwIfCancelled } from '../abortable.ts';
import { fingerprintOf } from '../download/fingerprint.ts';
import type { DownloadProgress } from '../download/progress.ts';
import { Verified } from '../verified.ts';
import {
  type CopyChecksum,
  type DirectoryEntry,
  type FileStatus,
  type FileSystem,
  type LocalCopy,
  MAX_TREE_ENTRIES,
  type OfflineNotice,
  type RandomAccessFile,
  type TreeEntry,
} from '../file-system.ts';
import {
  type CacheSettings,
  ChecksumsAnswer,
  CopyAnswer,
  ListAnswer,
  LocalizeAnswer,
  ReadAnswer,
  splitNames,
  StatAnswer,
  type StoreCall,
  type StoreCommand,
  StoreMessage,
  TreeAnswer,
} from './store-protocol.ts';

/** What differs from scheme to scheme on the server's side. Paths are URIs, tidied up. */
export interface StoreScheme extends Required<Pick<FileSystem, 'scheme' | 'polling'>> {
  /** How the store is called in messages: `S3`. */
  readonly label: string;
  readonly parse: FileSystem['parse'];
  readonly join: FileSystem['join'];
  readonly parent: FileSystem['parent'];
  readonly baseName: FileSystem['baseName'];
  /** What the thread is started with. Asked at each start; what it throws fails the call that needs the thread. */
  thread(): { readonly workerData: unknown; readonly env?: Readonly<Record<string, string>> };
  /** The URI that the thread is to ask for, where that is not the path itself. */
  uriOf?(path: string): string;
  /** Makes an error of the scheme again of what came from the thread; undefined for an unknown code. */
  errorOf(storeCode: string, message: string): ServingError | undefined;
  /** Whether its thread can do without listings where the files of versions are known. */
  readonly takesNamedFiles?: boolean;
  /** For a directory that is to be opened as a file. */
  notAFile(path: string): ServingError;
}

/** Where the thread of a store is, and what it may use. */
export interface RemoteFileSystemOptions {
  /** Absolute path of the thread's code, in out/main. */
  readonly workerEntry: string;
  readonly cache: CacheSettings;
  /** Whether complete copies may stand in for a store that cannot be reached at the start; default true. */
  readonly offline?: boolean;
  readonly log?: Logger;
  /**
   * Told when copies begin to stand in for a directory of a store that cannot be reached, and when they no longer do.
   * @param sinceMs when the store was last seen, milliseconds since the Unix epoch; undefined: it is back.
   */
  readonly onOffline?: (path: string, sinceMs: number | undefined) => void;
}

/** Stores over a network. Nothing is started before the first call that needs one. */
export interface RemoteFileSystem extends FileSystem, AsyncDisposable {
  /**
   * Has the thread reach the store as `settings` say, from the next call on; one that is started later too.
   * @param settings of the scheme's own protocol.
   */
  configure(settings: unknown): void;
  /**
   * Has the thread do what only its scheme knows of. @param onNews gets what it tells meanwhile, not parsed yet.
   * Rejects with a ServingError, with CANCELLED on abort.
   */
  ask<T>(question: unknown, answer: z.ZodType<T>, signal: AbortSignal, onNews?: (news: unknown) => void): Promise<T>;
}

type Call = StoreCall extends infer T ? (T extends StoreCall ? Omit<T, 'id'> : never) : never;

/** Who hears of a call before it is done. */
interface Listeners {
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly onNews?: ((news: unknown) => void) | undefined;
}

interface Pending extends Listeners {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: ServingError) => void;
}

/** The thread, and what it still owes. */
interface Running {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  readonly ended: Promise<void>;
}

/** What comes over a connection dies young: collected often, it takes half the memory and no more time. */
const YOUNG_GENERATION_MB = 2;
/** A read fetches so much around what was asked for, since readers of models read in small pieces. */
const BLOCK_BYTES = 256 * 1024;
const BLOCKS_KEPT = 8;
/** Places of which it is kept what time it is there: more than are looked at together. */
const CLOCKS_KEPT = 1000;

/**
 * A file system whose stores are asked by one thread, which is started by the first call that needs it, and again after
 * it died. What the thread has to do is served by `worker/serve-store.ts`. Paths are URIs. {@link FileSystem.list} of what
 * is not there is NOT_FOUND, never empty; errors are StoreErrors.
 */
export function createRemoteFileSystem(scheme: StoreScheme, options: RemoteFileSystemOptions): RemoteFileSystem {
  const uriOf = (path: string): string => scheme.uriOf?.(path) ?? path;
  const log = options.log ?? silentLogger;
  /** What the thread called the listings that it gave, to be told when they are still the same. */
  const digests = new WeakMap<readonly unknown[], string>();
  /** What copies stand in for. */
  const offlinePaths = new Map<string, OfflineNotice>();
  /** By how much the clocks of stores were ahead in the last answers about places. */
  const aheadMs = new Map<string, number | undefined>();
  let running: Running | undefined;
  let settings: unknown;
  let lastId = 0;

  function start(): Running {
    const { workerData, env } = scheme.thread();
    const worker = new Worker(options.workerEntry, {
      name: scheme.scheme,
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      ...(env && { env }),
    });
    worker.unref();
    const pending = new Map<number, Pending>();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const started: Running = { worker, pending, ended };
    worker.on('message', (message: unknown) => receive(started, StoreMessage.parse(message)));
    worker.on('error', (error) => log.error({ error }, `the thread for ${scheme.label} ended by a bug`));
    worker.on('exit', () => {
      if (running === started) running = undefined;
      const error = new ServingError(
        'UNAVAILABLE',
        `the thread for ${scheme.label} ended; it is started again by the next call`,
      );
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
      end();
    });
    if (settings !== undefined) post(started, { kind: 'configure', settings });
    return started;
  }

  function receive({ pending, worker }: Running, message: StoreMessage): void {
    if (message.kind === 'log') {
      log[message.level](message.fields, message.message);
      return;
    }
    const waiting = pending.get(message.id);
    if (!waiting) return;
    if (message.kind === 'news') {
      waiting.onNews?.(message.news);
      return;
    }
    if (message.kind === 'progress') {
      const { doneBytes, totalBytes, file } = message;
      waiting.onProgress?.({ doneBytes, totalBytes, file });
      return;
    }
    pending.delete(message.id);
    // An idle thread keeps no process alive.
    if (pending.size === 0) worker.unref();
    if (message.kind === 'done') waiting.resolve(message.answer);
    else waiting.reject(errorFrom(scheme, message));
  }

  function post({ worker }: Running, command: StoreCommand): void {
    worker.postMessage(command, []);
  }

  function send<T>(command: (id: number) => StoreCommand, answer: z.ZodType<T>, listeners: Listeners = {}): Asked<T> {
    const thread = (running ??= start());
    lastId += 1;
    const id = lastId;
    const result = new Promise<unknown>((resolve, reject) => {
      thread.pending.set(id, { resolve, reject, ...listeners });
      thread.worker.ref();
      post(thread, command(id));
    }).then((value) => answer.parse(value));
    return { id, thread, result };
  }

  /** Rejects on abort once the thread has ended what was begun. */
  async function request<T>(
    command: (id: number) => StoreCommand,
    answer: z.ZodType<T>,
    signal: AbortSignal,
    listeners?: Listeners,
  ): Promise<T> {
    throwIfCancelled(signal);
    const { id, thread, result } = send(command, answer, listeners);
    const onAbort = (): void => post(thread, { kind: 'cancel', id });
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await result;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  function call<T>(
    wanted: Call,
    answer: z.ZodType<T>,
    signal: AbortSignal,
    onProgress?: Listeners['onProgress'],
  ): Promise<T> {
    return request((id) => ({ kind: 'call', call: { ...wanted, id } }), answer, signal, { onProgress });
  }

  function noteOffline(path: string, notice: OfflineNotice | undefined): void {
    if (!notice && !offlinePaths.has(path)) return;
    if (notice) offlinePaths.set(path, notice);
    else offlinePaths.delete(path);
    options.onOffline?.(path, notice?.seenMs);
  }

  function noteClock(path: string, ms: number | undefined): void {
    aheadMs.delete(path);
    aheadMs.set(path, ms);
    const [oldest] = aheadMs.keys();
    if (aheadMs.size > CLOCKS_KEPT && oldest !== undefined) aheadMs.delete(oldest);
  }

  async function stat(path: string, signal: AbortSignal): Promise<FileStatus> {
    const answer = await call({ kind: 'stat', uri: uriOf(path) }, StatAnswer, signal);
    const { kind, sizeBytes, modifiedMs, revision } = answer;
    noteClock(path, answer.aheadMs);
    return { kind, sizeBytes, modifiedMs, ...(revision === undefined ? {} : { revision }) };
  }

  /** @param files of each version, where nothing is to be listed. */
  function treesAndCopies(files?: readonly string[]): Pick<FileSystem, 'listRecursive' | 'localize'> {
    return {
      async listRecursive(directory, signal, maxEntries = MAX_TREE_ENTRIES, before) {
        const known = before && digests.get(before);
        const wanted = {
          kind: 'tree' as const,
          uri: uriOf(directory),
          maxEntries,
          ...(known === undefined ? {} : { known }),
          ...(files && { files }),
        };
        const answer = await call(wanted, TreeAnswer, signal);
        noteClock(directory, answer.aheadMs);
        if (answer.unchanged) return before ?? [];
        const entries = treeOf(answer);
        digests.set(entries, answer.digest);
        return entries;
      },
      async localize(path, signal, onProgress): Promise<LocalCopy> {
        const wanted = { kind: 'localize' as const, uri: uriOf(path), ...(files && { files }) };
        const { lease, verified, path: native } = await call(wanted, LocalizeAnswer, signal, onProgress);
        const thread = running;
        let isHeld = true;
        return {
          path: native,
          verified,
          async [Symbol.asyncDispose]() {
            // A thread that died gave everything back.
            if (!isHeld || !thread || running !== thread) return;
            isHeld = false;
            await send((id) => ({ kind: 'release', id, lease }), NoAnswer).result.catch(() => undefined);
          },
        };
      },
    };
  }

  const api: RemoteFileSystem = {
    scheme: scheme.scheme,
    polling: scheme.polling,
    parse: (uri) => scheme.parse(uri),
    join: (directory, ...names) => scheme.join(directory, ...names),
    parent: (path) => scheme.parent(path),
    baseName: (path) => scheme.baseName(path),

    stat,
    async list(directory, signal, before) {
      const known = before && digests.get(before);
      const wanted = { kind: 'list' as const, uri: uriOf(directory), ...(known === undefined ? {} : { known }) };
      const answer = await call(wanted, ListAnswer, signal);
      if (answer.unchanged) return before ?? [];
      noteOffline(directory, answer.offline);
      const entries: readonly DirectoryEntry[] = [
        ...splitNames(answer.files).map((name) => ({ name, kind: 'file' as const })),
        ...splitNames(answer.directories).map((name) => ({ name, kind: 'directory' as const })),
      ];
      digests.set(entries, answer.digest);
      return entries;
    },
    ...treesAndCopies(),
    async open(path, signal, listed) {
      const { kind, sizeBytes, revision } = listed?.revision === undefined ? await stat(path, signal) : listed;
      if (kind !== 'file' || revision === undefined) {
        throw scheme.notAFile(path);
      }
      return openFile(sizeBytes, async (from, to) => {
        const wanted = { kind: 'read' as const, uri: uriOf(path), revision, sizeBytes, start: from, end: to };
        return (await call(wanted, ReadAnswer, signal)).bytes;
      });
    },
    offline: (path) => offlinePaths.get(path),
    clockAheadMs: (path) => aheadMs.get(path),
    async hasCopy(path, files, signal) {
      const wanted = { kind: 'hasCopy' as const, uri: uriOf(path), fingerprint: contentOf(files) };
      return (await call(wanted, CopyAnswer, signal)).isThere;
    },
    async copyChecksums(path, files, signal) {
      const wanted = { kind: 'checksums' as const, uri: uriOf(path), fingerprint: contentOf(files) };
      return checksumsOf(await call(wanted, ChecksumsAnswer, signal));
    },
    ...(scheme.takesNamedFiles === true && {
      withFiles: (files: readonly string[]): FileSystem => ({ ...api, ...treesAndCopies(files) }),
    }),

    configure(wanted) {
      settings = wanted;
      if (running) post(running, { kind: 'configure', settings });
    },
    ask: (question, answer, signal, onNews) =>
      request((id) => ({ kind: 'ask', id, question }), answer, signal, { onNews }),

    async [Symbol.asyncDispose]() {
      const thread = running;
      if (!thread) return;
      thread.worker.ref();
      post(thread, { kind: 'end' });
      await thread.ended;
    },
  };
  return api;
}

interface Asked<T> {
  readonly id: number;
  readonly thread: Running;
  readonly result: Promise<T>;
}

const NoAnswer = z.unknown();

function errorFrom(
  scheme: StoreScheme,
  { code, storeCode, message }: Extract<StoreMessage, { kind: 'failed' }>,
): ServingError {
  const known = storeCode === undefined ? undefined : scheme.errorOf(storeCode, message);
  return known ?? new ServingError(code, message);
}

function contentOf(files: readonly TreeEntry[]): string {
  return fingerprintOf(files.map(({ path, sizeBytes, revision = '' }) => ({ path, sizeBytes, revision })));
}

function checksumsOf(answer: ChecksumsAnswer): ReadonlyMap<string, CopyChecksum> {
  const algorithms = splitNames(answer.algorithms);
  const values = splitNames(answer.values);
  const verified = splitNames(answer.verified);
  return new Map(
    splitNames(answer.files).map((path, index) => [
      path,
      { algorithm: algorithms[index] ?? '', value: values[index] ?? '', verified: Verified.parse(verified[index]) },
    ]),
  );
}

function treeOf(answer: Extract<TreeAnswer, { unchanged: false }>): readonly TreeEntry[] {
  const { sizesAndTimes } = answer;
  const revisions = splitNames(answer.revisions);
  const entries: TreeEntry[] = splitNames(answer.files).map((path, index) => {
    const revision = revisions[index];
    return {
      path,
      kind: 'file',
      sizeBytes: sizesAndTimes[index * 2] ?? 0,
      modifiedMs: sizesAndTimes[index * 2 + 1] ?? 0,
      ...(revision === undefined ? {} : { revision }),
    };
  });
  for (const path of splitNames(answer.directories)) {
    entries.push({ path, kind: 'directory', sizeBytes: 0, modifiedMs: 0 });
  }
  return entries;
}

/** @param fetch gets bytes [start, end) of the file. */
function openFile(sizeBytes: number, fetch: (start: number, end: number) => Promise<Uint8Array>): RandomAccessFile {
  const blocks = new Map<number, Promise<Uint8Array>>();

  function block(index: number): Promise<Uint8Array> {
    const known = blocks.get(index);
    if (known) return known;
    const fetched = fetch(index * BLOCK_BYTES, Math.min(sizeBytes, (index + 1) * BLOCK_BYTES));
    blocks.set(index, fetched);
    fetched.catch(() => blocks.delete(index));
    const [oldest] = blocks.keys();
    if (blocks.size > BLOCKS_KEPT && oldest !== undefined) blocks.delete(oldest);
    return fetched;
  }

  return {
    sizeBytes,
    async read(offset, length) {
      const end = Math.min(sizeBytes, offset + length);
      if (end <= offset) return new Uint8Array(0);
      if (end - offset > BLOCK_BYTES) return fetch(offset, end);
      const bytes = new Uint8Array(end - offset);
      for (let at = offset; at < end;) {
        const index = Math.floor(at / BLOCK_BYTES);
        const from = at - index * BLOCK_BYTES;
        const part = (await block(index)).subarray(from, from + end - at);
        bytes.set(part, at - offset);
        at += part.length;
      }
      return bytes;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
