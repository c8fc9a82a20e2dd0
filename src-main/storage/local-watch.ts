import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import type { posix } from 'node:path';
import { errnoOf } from './errno.ts';

/** The part of `fs.watch` that is needed. May throw, and may emit errors later. */
export type WatchFunction = (
  path: string,
  options: { readonly recursive: boolean },
  onEvent: (kind: string, name: string | null) => void,
  onError: (error: unknown) => void,
) => Pick<FSWatcher, 'close'>;

export const nodeWatch: WatchFunction = (path, { recursive }, onEvent, onError) =>
  watch(path, { recursive, persistent: false }, onEvent).on('error', onError);

export interface LocalWatchDeps {
  readonly paths: typeof posix;
  readonly watch: WatchFunction;
  /** Makes one call to the operating system, or throws where it would not come back. */
  readonly ask: <T>(work: () => Promise<T>) => Promise<T>;
  /** Whether the platform itself watches whole trees. */
  readonly recursive: boolean;
  /** No more watches can be had; this one has ended. */
  onExhausted(error: unknown): void;
}

/** Where a whole tree cannot be watched, at most so many sub-folders are: the highest names, where new versions are. */
const MAX_SUBFOLDERS = 64;
/** How long after a loss (folder deleted, drive gone) the watch is set up again. */
const RETRY_MS = 1000;
/** Kernel limits on watches: inotify instances and watches, open files. */
const EXHAUSTED: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EMFILE', 'ENFILE', 'ENOSYS']);

/**
 * Watches a folder (and, where the platform cannot watch trees, its direct sub-folders) or a single file until aborted;
 * sets itself up again when the folder is deleted and made anew. Never throws; keeps no process alive.
 */
export function watchLocal(path: string, onChange: () => void, signal: AbortSignal, deps: LocalWatchDeps): void {
  const ownName = deps.paths.basename(path);
  const watchers = new Map<string, Pick<FSWatcher, 'close'>>();
  let retry: NodeJS.Timeout | undefined;
  let reconciling = false;
  let reconcileAgain = false;

  function end(): void {
    clearTimeout(retry);
    for (const watcher of watchers.values()) watcher.close();
    watchers.clear();
  }

  function lost(error: unknown): void {
    end();
    if (signal.aborted) return;
    if (EXHAUSTED.has(errnoOf(error))) {
      signal.removeEventListener('abort', end);
      deps.onExhausted(error);
      return;
    }
    retry = setTimeout(() => void attach(true), RETRY_MS);
    retry.unref();
  }

  /** @param again whether changes may have been missed since an earlier watch ended. */
  async function attach(again: boolean): Promise<void> {
    try {
      const isDirectory = (await deps.ask(() => stat(path))).isDirectory();
      if (signal.aborted || watchers.size > 0) return;
      if (isDirectory) attachDirectory();
      else attachFile();
      if (again) onChange();
    } catch (error) {
      lost(error);
    }
  }

  function attachDirectory(): void {
    watchers.set(path, deps.watch(path, { recursive: deps.recursive }, onEvent, lost));
    if (!deps.recursive) void reconcileSubfolders();
  }

  /** A file is watched by its folder, since saving a file often means putting a new one in its place. */
  function attachFile(): void {
    watchers.set(path, deps.watch(deps.paths.dirname(path), { recursive: false }, onSiblingEvent, lost));
  }

  function onSiblingEvent(_: string, name: string | null): void {
    if (name === null || name === ownName) onChange();
  }

  function onEvent(kind: string, name: string | null): void {
    if (kind === 'rename' && name === ownName) {
      // Linux tells with the folder's own name that it was deleted or moved away: the watch hangs on the old one.
      end();
      void attach(false);
    } else if (kind === 'rename' && !deps.recursive) {
      void reconcileSubfolders();
    }
    onChange();
  }

  async function reconcileSubfolders(): Promise<void> {
    reconcileAgain = reconciling;
    if (reconciling) return;
    reconciling = true;
    try {
      do {
        reconcileAgain = false;
        await watchSubfolders();
      } while (reconcileAgain);
    } catch (error) {
      lost(error);
    } finally {
      reconciling = false;
    }
  }

  async function watchSubfolders(): Promise<void> {
    const entries = await deps.ask(() => readdir(path, { withFileTypes: true }));
    if (signal.aborted || !watchers.has(path)) return;
    const names = entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .toSorted((left, right) => right.localeCompare(left, 'en', { numeric: true }))
      .slice(0, MAX_SUBFOLDERS);
    const wanted = new Set(names.map((name) => deps.paths.join(path, name)));
    for (const [watched, watcher] of watchers) {
      if (watched === path || wanted.has(watched)) continue;
      watcher.close();
      watchers.delete(watched);
    }
    for (const folder of wanted) watchSubfolder(folder);
  }

  function watchSubfolder(folder: string): void {
    if (watchers.has(folder)) return;
    const drop = (error?: unknown): void => {
      watchers.get(folder)?.close();
      watchers.delete(folder);
      if (EXHAUSTED.has(errnoOf(error))) lost(error);
    };
    try {
      const name = deps.paths.basename(folder);
      const onSubfolderEvent = (kind: string, changed: string | null): void => {
        if (kind === 'rename' && changed === name) {
          drop();
          void reconcileSubfolders();
        }
        onChange();
      };
      watchers.set(folder, deps.watch(folder, { recursive: false }, onSubfolderEvent, drop));
    } catch (error) {
      drop(error); // gone already, or not to be read: its version still is polled
    }
  }

  if (signal.aborted) return;
  signal.addEventListener('abort', end, { once: true });
  void attach(false);
}
