import { posix } from 'node:path';
import { ServingError } from '../../contracts/serving-error.ts';
import { abortable } from '../abortable.ts';
import {
  type DirectoryEntry,
  type FileStatus,
  type FileSystem,
  MAX_TREE_ENTRIES,
  type OfflineNotice,
  type PollingAdvice,
  type TreeEntry,
} from '../file-system.ts';

interface FileNode {
  readonly kind: 'file';
  readonly content: Uint8Array;
  modifiedMs: number;
  readonly revision: number;
}
interface DirectoryNode {
  readonly kind: 'directory';
  readonly entries: Map<string, Node>;
  modifiedMs: number;
  readonly revision: number;
}
type Node = FileNode | DirectoryNode;

/** Read calls counted so far, by method. */
export type CallCounts = Readonly<Record<'stat' | 'list' | 'listRecursive' | 'open' | 'localize', number>>;

/** A file system in memory that tests write to. Paths are POSIX paths, after `scheme://` unless the scheme is `file`. */
export interface MemoryFileSystem extends FileSystem {
  /** Creates or overwrites a file and the directories above it; like a real disk it stamps what it touches. */
  writeFile(path: string, content: string | Uint8Array, modifiedMs?: number): void;
  makeDirectory(path: string, modifiedMs?: number): void;
  /** Removes a file, or a directory with all that is in it. */
  remove(path: string): void;
  /** Moves a file or directory; times stay, as with `rename(2)`. */
  rename(from: string, to: string): void;
  /** Sets the time of an entry and of all below it. */
  setModified(path: string, modifiedMs: number): void;
  /** From now on every read call on this path or below fails with the error; undefined lifts it. */
  failWith(path: string, error: ServingError | undefined): void;
  /** From now on read calls on this path or below never end, until lifted with the function returned. */
  hang(path: string): () => void;
  /** From now on what is there counts as a memory of a store that cannot be reached; undefined brings the store back. */
  setOffline(notice: OfflineNotice | undefined): void;
  /** By how much the clock of a store over a network is ahead; undefined: it does not tell the time. At first 0. */
  setClockAhead(ms: number | undefined): void;
  /** Paths of directories of which a store over a network has a complete copy. */
  readonly copies: Set<string>;
  readonly calls: CallCounts;
  resetCalls(): void;
}

export interface MemoryFileSystemOptions {
  /** Default `memory`; `file` makes it stand in for the local disk, with plain paths. */
  readonly scheme?: string;
  /** Time stamps for what is written; default: real time. */
  readonly now?: () => number;
  readonly polling?: PollingAdvice;
}

export function createMemoryFileSystem(options: MemoryFileSystemOptions = {}): MemoryFileSystem {
  const scheme = options.scheme ?? 'memory';
  const now = options.now ?? Date.now;
  const prefix = scheme === 'file' ? '' : `${scheme}://`;
  const failures = new Map<string, ServingError>();
  const hanging = new Map<string, Promise<void>>();
  const watchers = new Set<{ readonly path: string; readonly onChange: () => void }>();
  const calls = { stat: 0, list: 0, listRecursive: 0, open: 0, localize: 0 };
  const copies = new Set<string>();
  let offline: OfflineNotice | undefined;
  let clockAheadMs: number | undefined = 0;
  let revision = 0;
  const root: DirectoryNode = { kind: 'directory', entries: new Map(), modifiedMs: now(), revision: 0 };

  const inner = (path: string): string => path.slice(prefix.length);

  function notify(path: string): void {
    for (const watcher of watchers) if (isAtOrBelow(path, watcher.path)) queueMicrotask(watcher.onChange);
  }

  function lookUp(path: string): Node | undefined {
    let node: Node | undefined = root;
    for (const name of namesOf(inner(path))) node = node?.kind === 'directory' ? node.entries.get(name) : undefined;
    return node;
  }

  /** @throws Error when a file is in the way: a mistake of the test. */
  function ensureDirectory(names: readonly string[], modifiedMs: number): DirectoryNode {
    let directory = root;
    for (const name of names) {
      const known = directory.entries.get(name);
      if (known?.kind === 'file') throw new Error(`${name} is a file`);
      const next = known ?? { kind: 'directory', entries: new Map<string, Node>(), modifiedMs, revision: ++revision };
      if (!known) put(directory, name, next);
      directory = next;
    }
    return directory;
  }

  function put(directory: DirectoryNode, name: string, node: Node): void {
    if (!directory.entries.has(name)) directory.modifiedMs = now();
    directory.entries.set(name, node);
  }

  function take(path: string): Node {
    const names = namesOf(inner(path));
    const directory = ensureDirectory(names.slice(0, -1), now());
    const name = names.at(-1) ?? '';
    const node = directory.entries.get(name);
    if (!node) throw new Error(`${path} does not exist`);
    directory.entries.delete(name);
    directory.modifiedMs = now();
    return node;
  }

  function find(path: string): Node {
    const node = lookUp(path);
    if (!node) throw new ServingError('NOT_FOUND', `"${posix.basename(path)}" does not exist`);
    return node;
  }

  function findDirectory(path: string): DirectoryNode {
    const node = find(path);
    if (node.kind === 'directory') return node;
    throw new ServingError('FAILED_PRECONDITION', `"${posix.basename(path)}" is not a folder`);
  }

  function findFile(path: string): FileNode {
    const node = find(path);
    if (node.kind === 'file') return node;
    throw new ServingError('FAILED_PRECONDITION', `"${posix.basename(path)}" is not a file`);
  }

  function call<T>(kind: keyof CallCounts, path: string, signal: AbortSignal, read: () => T): Promise<T> {
    calls[kind] += 1;
    return abortable(signal, async () => {
      for (const [top, freed] of hanging) if (isAtOrBelow(path, top)) await freed;
      for (const [top, error] of failures) if (isAtOrBelow(path, top)) throw error;
      return read();
    });
  }

  const overNetwork = (polling: PollingAdvice): Partial<FileSystem> => ({
    polling,
    clockAheadMs: () => clockAheadMs,
    hasCopy: (path) => Promise.resolve(copies.has(path)),
    withFiles: (files) => ({
      ...api,
      list: () => Promise.reject(new ServingError('PERMISSION_DENIED', 'listing is denied')),
      listRecursive: (directory, signal) =>
        call('listRecursive', directory, signal, () =>
          files.map((path) => ({ path, ...statusOf(findFile(posix.join(directory, path))) })),
        ),
    }),
  });

  const api: MemoryFileSystem = {
    scheme,
    ...(options.polling && overNetwork(options.polling)),
    offline: () => offline,
    parse(uri) {
      const path = scheme === 'file' ? uri.replace(/^file:\/\//u, '') : uri;
      if (!path.startsWith(`${prefix}/`)) {
        throw new ServingError('INVALID_ARGUMENT', `write the whole path, like ${prefix}/models/my_model`);
      }
      const normal = posix.normalize(inner(path));
      return prefix + (normal === '/' ? normal : normal.replace(/\/$/u, ''));
    },
    join: (directory, ...names) => prefix + posix.join(inner(directory), ...names),
    parent: (path) => (inner(path) === '/' ? undefined : prefix + posix.dirname(inner(path))),
    baseName: (path) => posix.basename(inner(path)),
    stat: (path, signal) => call('stat', path, signal, () => statusOf(find(path))),
    list: (directory, signal) =>
      call('list', directory, signal, () =>
        [...findDirectory(directory).entries].map(([name, { kind }]): DirectoryEntry => ({ name, kind })),
      ),
    listRecursive: (directory, signal, maxEntries = MAX_TREE_ENTRIES) =>
      call('listRecursive', directory, signal, () => {
        const entries = [...treeOf(findDirectory(directory), '')];
        if (entries.length > maxEntries) {
          throw new ServingError(
            'RESOURCE_EXHAUSTED',
            `"${posix.basename(directory)}" holds more than ${maxEntries} files and folders`,
          );
        }
        return entries;
      }),
    open: (path, signal) =>
      call('open', path, signal, () => {
        const { content } = findFile(path);
        return {
          sizeBytes: content.byteLength,
          read: (offset: number, length: number) => Promise.resolve(content.slice(offset, offset + length)),
          [Symbol.asyncDispose]: () => Promise.resolve(),
        };
      }),
    localize: (path, signal) =>
      call('localize', path, signal, () => {
        find(path);
        return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
      }),
    watch(path, onChange, signal) {
      if (signal.aborted) return;
      const watcher = { path, onChange: () => signal.aborted || onChange() };
      watchers.add(watcher);
      signal.addEventListener('abort', () => watchers.delete(watcher), { once: true });
    },

    writeFile(path, content, modifiedMs = now()) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      const names = namesOf(inner(path));
      const node: FileNode = { kind: 'file', content: bytes, modifiedMs, revision: ++revision };
      put(ensureDirectory(names.slice(0, -1), modifiedMs), names.at(-1) ?? '', node);
      notify(path);
    },
    makeDirectory(path, modifiedMs = now()) {
      ensureDirectory(namesOf(inner(path)), modifiedMs);
      notify(path);
    },
    remove(path) {
      take(path);
      notify(path);
    },
    rename(from, to) {
      const node = take(from);
      const names = namesOf(inner(to));
      put(ensureDirectory(names.slice(0, -1), now()), names.at(-1) ?? '', node);
      notify(from);
      notify(to);
    },
    setModified(path, modifiedMs) {
      const node = find(path);
      setTimes(node, modifiedMs);
      notify(path);
    },
    failWith(path, error) {
      if (error) failures.set(path, error);
      else failures.delete(path);
    },
    hang(path) {
      const { promise, resolve } = Promise.withResolvers<void>();
      hanging.set(path, promise);
      return () => {
        hanging.delete(path);
        resolve();
      };
    },
    setOffline(notice) {
      offline = notice;
    },
    setClockAhead(ms) {
      clockAheadMs = ms;
    },
    copies,
    calls,
    resetCalls() {
      for (const kind of ['stat', 'list', 'listRecursive', 'open', 'localize'] as const) calls[kind] = 0;
    },
  };
  return api;
}

function namesOf(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '');
}

function statusOf(node: Node): FileStatus {
  return {
    kind: node.kind,
    sizeBytes: node.kind === 'file' ? node.content.byteLength : 0,
    modifiedMs: node.modifiedMs,
    revision: String(node.revision),
  };
}

function* treeOf(directory: DirectoryNode, prefix: string): Generator<TreeEntry> {
  for (const [name, node] of directory.entries) {
    yield { path: prefix + name, ...statusOf(node) };
    if (node.kind === 'directory') yield* treeOf(node, `${prefix}${name}/`);
  }
}

function setTimes(node: Node, modifiedMs: number): void {
  node.modifiedMs = modifiedMs;
  if (node.kind === 'directory') for (const below of node.entries.values()) setTimes(below, modifiedMs);
}

function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(top.endsWith('/') ? top : `${top}/`);
}
