import { posix } from 'node:path';
import { ServingError } from '../../contracts/serving-error.ts';
import { abortable } from '../abortable.ts';
import {
  type DirectoryEntry,
  type FileStatus,
  type FileSystem,
  MAX_TREE_ENTRIES,
  type TreeEntry,
} from '../file-system.ts';

type Node =
  | { readonly kind: 'file'; content: Uint8Array; modifiedMs: number; revision: number }
  | { readonly kind: 'directory'; modifiedMs: number; revision: number };

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
  readonly calls: CallCounts;
  resetCalls(): void;
}

export interface MemoryFileSystemOptions {
  /** Default `memory`; `file` makes it stand in for the local disk, with plain paths. */
  readonly scheme?: string;
  /** Time stamps for what is written; default: real time. */
  readonly now?: () => number;
}

export function createMemoryFileSystem(options: MemoryFileSystemOptions = {}): MemoryFileSystem {
  const scheme = options.scheme ?? 'memory';
  const now = options.now ?? Date.now;
  const prefix = scheme === 'file' ? '' : `${scheme}://`;
  const nodes = new Map<string, Node>();
  const failures = new Map<string, ServingError>();
  const hanging = new Map<string, Promise<void>>();
  const watchers = new Set<{ readonly path: string; readonly onChange: () => void }>();
  const calls = { stat: 0, list: 0, listRecursive: 0, open: 0, localize: 0 };
  let revision = 0;

  const inner = (path: string): string => path.slice(prefix.length);

  function notify(path: string): void {
    for (const watcher of watchers) if (isAtOrBelow(path, watcher.path)) queueMicrotask(watcher.onChange);
  }

  function touchParent(path: string): void {
    const parent = nodes.get(posix.dirname(inner(path)));
    if (parent) parent.modifiedMs = now();
  }

  function makeDirectory(path: string, modifiedMs = now()): void {
    const own = inner(path);
    if (nodes.has(own)) return;
    if (own !== '/') makeDirectory(prefix + posix.dirname(own), modifiedMs);
    nodes.set(own, { kind: 'directory', modifiedMs, revision: ++revision });
    if (own !== '/') touchParent(path);
    notify(path);
  }

  function statusOf(node: Node): FileStatus {
    return {
      kind: node.kind,
      sizeBytes: node.kind === 'file' ? node.content.byteLength : 0,
      modifiedMs: node.modifiedMs,
      revision: String(node.revision),
    };
  }

  function find(path: string, kind?: Node['kind']): Node {
    const node = nodes.get(inner(path));
    const name = posix.basename(path);
    if (!node) throw new ServingError('NOT_FOUND', `"${name}" does not exist`);
    if (kind !== undefined && node.kind !== kind) {
      throw new ServingError('FAILED_PRECONDITION', `"${name}" is not a ${kind === 'file' ? 'file' : 'folder'}`);
    }
    return node;
  }

  function call<T>(kind: keyof CallCounts, path: string, signal: AbortSignal, read: () => T): Promise<T> {
    calls[kind] += 1;
    return abortable(signal, async () => {
      for (const [top, freed] of hanging) if (isAtOrBelow(path, top)) await freed;
      for (const [top, error] of failures) if (isAtOrBelow(path, top)) throw error;
      return read();
    });
  }

  function* below(directory: string): Generator<readonly [string, Node]> {
    const top = inner(directory) === '/' ? '/' : `${inner(directory)}/`;
    for (const [path, node] of nodes) if (path.startsWith(top) && path !== top) yield [path.slice(top.length), node];
  }

  makeDirectory(`${prefix}/`);

  return {
    scheme,
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
      call('list', directory, signal, () => {
        find(directory, 'directory');
        return [...below(directory)]
          .filter(([path]) => !path.includes('/'))
          .map(([name, { kind }]): DirectoryEntry => ({ name, kind }));
      }),
    listRecursive: (directory, signal, maxEntries = MAX_TREE_ENTRIES) =>
      call('listRecursive', directory, signal, () => {
        find(directory, 'directory');
        const entries = [...below(directory)].map(([path, node]): TreeEntry => ({ path, ...statusOf(node) }));
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
        const node = find(path, 'file');
        const content = node.kind === 'file' ? node.content : new Uint8Array();
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
      makeDirectory(prefix + posix.dirname(inner(path)), modifiedMs);
      if (!nodes.has(inner(path))) touchParent(path);
      nodes.set(inner(path), { kind: 'file', content: bytes, modifiedMs, revision: ++revision });
      notify(path);
    },
    makeDirectory,
    remove(path) {
      for (const candidate of nodes.keys()) if (isAtOrBelow(candidate, inner(path))) nodes.delete(candidate);
      touchParent(path);
      notify(path);
    },
    rename(from, to) {
      for (const [candidate, node] of nodes) {
        if (!isAtOrBelow(candidate, inner(from))) continue;
        nodes.delete(candidate);
        nodes.set(inner(to) + candidate.slice(inner(from).length), node);
      }
      touchParent(from);
      touchParent(to);
      notify(from);
      notify(to);
    },
    setModified(path, modifiedMs) {
      for (const [candidate, node] of nodes) if (isAtOrBelow(candidate, inner(path))) node.modifiedMs = modifiedMs;
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
    calls,
    resetCalls() {
      for (const kind of ['stat', 'list', 'listRecursive', 'open', 'localize'] as const) calls[kind] = 0;
    },
  };
}

function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(top.endsWith('/') ? top : `${top}/`);
}
