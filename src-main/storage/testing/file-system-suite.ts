import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FileSystem } from '../file-system.ts';
import { createFileSystemRegistry } from '../file-system-registry.ts';

/** One file system with an empty directory in it, and the means to fill it. */
export interface FileSystemFixture extends AsyncDisposable {
  readonly fileSystem: FileSystem;
  /** An empty directory, as a URI or plain path that {@link FileSystem.parse} takes. */
  readonly rootUri: string;
  /** Creates or overwrites a file below the root and the directories above it; `path` is relative, with `/`. */
  write(path: string, content: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Absent where the store knows no empty directories. */
  readonly makeDirectory?: (path: string) => Promise<void>;
  /** Absent where the store knows no links. `target` is relative to the root. */
  readonly link?: (path: string, target: string) => Promise<void>;
}

/** The promises of the FileSystem port; every implementation passes it. */
export function fileSystemSuite(name: string, createFixture: () => Promise<FileSystemFixture>): void {
  describe(`${name} as a file system`, () => {
    const { signal } = new AbortController();
    let fixture: FileSystemFixture;
    let fileSystem: FileSystem;
    let root: string;

    beforeEach(async () => {
      fixture = await createFixture();
      ({ fileSystem } = fixture);
      root = fileSystem.parse(fixture.rootUri);
    });
    afterEach(() => fixture[Symbol.asyncDispose]());

    it('gives back paths that the registry takes as they are', () => {
      const path = fileSystem.join(root, 'a');
      expect(createFileSystemRegistry([fileSystem]).resolve(path)).toEqual({ fileSystem, path });
    });

    it('takes a path apart as it put it together', () => {
      const path = fileSystem.join(root, 'a', 'b.onnx');
      expect(fileSystem.baseName(path)).toBe('b.onnx');
      expect(fileSystem.parent(path)).toBe(fileSystem.join(root, 'a'));
      let top = path;
      for (let parent = fileSystem.parent(top); parent !== undefined; parent = fileSystem.parent(top)) top = parent;
      expect(fileSystem.baseName(top)).toBe('');
    });

    it('lists what is directly in a directory', async () => {
      await fixture.write('1/model.onnx', 'abc');
      await fixture.write('2/deep/er/weights.bin', 'x');
      await fixture.write('notes.txt', '');
      expect(byName(await fileSystem.list(root, signal))).toEqual([
        { name: '1', kind: 'directory' },
        { name: '2', kind: 'directory' },
        { name: 'notes.txt', kind: 'file' },
      ]);
    });

    it('lists all that is below a directory, with sizes and times', async () => {
      const before = Date.now();
      await fixture.write('1/model.onnx', 'abc');
      await fixture.write('1/data/weights.bin', 'xy');
      const entries = byName(await fileSystem.listRecursive(fileSystem.join(root, '1'), signal));
      expect(entries.map(({ path, kind }) => ({ path, kind }))).toEqual([
        { path: 'data', kind: 'directory' },
        { path: 'data/weights.bin', kind: 'file' },
        { path: 'model.onnx', kind: 'file' },
      ]);
      expect(entries[1]?.sizeBytes).toBe(2);
      expect(entries[2]?.sizeBytes).toBe(3);
      // Stores keep times at least to the second or two; a clock of a network store may be off by some more.
      expect(Math.abs((entries[2]?.modifiedMs ?? 0) - before)).toBeLessThan(60_000);
    });

    it.each(['with space', 'ünïcödé 模型 🙂', 'a#b?c%20d&e', 'quote"apostrophe\'', '..hidden', 'UPPER.lower'])(
      'keeps the name %j',
      async (entry) => {
        if (process.platform === 'win32' && /["?]/u.test(entry)) return; // not possible there
        await fixture.write(`${entry}/${entry}`, 'abc');
        const directory = fileSystem.join(root, entry);
        expect(await fileSystem.list(root, signal)).toEqual([{ name: entry, kind: 'directory' }]);
        expect(await fileSystem.list(directory, signal)).toEqual([{ name: entry, kind: 'file' }]);
        expect(await fileSystem.stat(fileSystem.join(directory, entry), signal)).toMatchObject({ sizeBytes: 3 });
      },
    );

    it('tells files from directories', async () => {
      await fixture.write('1/model.onnx', 'abc');
      expect(await fileSystem.stat(fileSystem.join(root, '1'), signal)).toMatchObject({ kind: 'directory' });
      expect(await fileSystem.stat(fileSystem.join(root, '1', 'model.onnx'), signal)).toMatchObject({
        kind: 'file',
        sizeBytes: 3,
      });
    });

    it('tells two contents of one size apart', async () => {
      const path = fileSystem.join(root, 'model.onnx');
      const identity = async (): Promise<string> => {
        const { modifiedMs, revision } = await fileSystem.stat(path, signal);
        return `${modifiedMs} ${revision}`;
      };
      await fixture.write('model.onnx', 'abc');
      const first = await identity();
      expect(await identity()).toBe(first);
      await new Promise((resolve) => setTimeout(resolve, 20)); // kernels stamp with the time of their last tick
      await fixture.write('model.onnx', 'xyz');
      expect(await identity()).not.toBe(first);
    });

    it('reads any part of a file', async () => {
      await fixture.write('data.bin', '0123456789');
      await using file = await fileSystem.open(fileSystem.join(root, 'data.bin'), signal);
      const text = async (offset: number, length: number): Promise<string> =>
        new TextDecoder().decode(await file.read(offset, length));
      expect(file.sizeBytes).toBe(10);
      expect(await text(0, 4)).toBe('0123');
      expect(await text(3, 3)).toBe('345');
      expect(await text(8, 100)).toBe('89');
      expect(await text(10, 5)).toBe('');
      expect(await text(50, 5)).toBe('');
      expect(await text(2, 0)).toBe('');
    });

    it('makes files and directories available locally', async () => {
      await fixture.write('1/model.onnx', 'abc');
      for (const path of [fileSystem.join(root, '1'), fileSystem.join(root, '1', 'model.onnx')]) {
        await using copy = await fileSystem.localize(path, signal);
        expect(copy.path).not.toBe('');
      }
    });

    it('says what is not there, by its last name only', async () => {
      const missing = fileSystem.join(root, 'some-folder', 'missing');
      const attempts = [
        () => fileSystem.stat(missing, signal),
        () => fileSystem.list(missing, signal),
        () => fileSystem.listRecursive(missing, signal),
        () => fileSystem.open(missing, signal),
        () => fileSystem.localize(missing, signal),
      ];
      for (const attempt of attempts) {
        const error: unknown = await attempt().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ name: 'ServingError', code: 'NOT_FOUND' });
        expect(error).toHaveProperty('message', expect.stringContaining('missing'));
        expect(error).not.toHaveProperty('message', expect.stringContaining('some-folder'));
      }
    });

    it('refuses to list a file and to open a directory', async () => {
      await fixture.write('1/model.onnx', 'abc');
      const file = fileSystem.join(root, '1', 'model.onnx');
      const refused = { name: 'ServingError', code: 'FAILED_PRECONDITION' };
      await expect(fileSystem.list(file, signal)).rejects.toMatchObject(refused);
      await expect(fileSystem.listRecursive(file, signal)).rejects.toMatchObject(refused);
      await expect(fileSystem.open(fileSystem.join(root, '1'), signal)).rejects.toMatchObject(refused);
    });

    it('refuses a tree with more entries than asked for', async () => {
      await fixture.write('1/a', '');
      await fixture.write('1/b/c', '');
      expect(await fileSystem.listRecursive(root, signal, 4)).toHaveLength(4);
      await expect(fileSystem.listRecursive(root, signal, 3)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    });

    it('refuses every call once cancelled', async () => {
      await fixture.write('1/model.onnx', 'abc');
      const aborted = AbortSignal.abort();
      const file = fileSystem.join(root, '1', 'model.onnx');
      const cancelled = { name: 'ServingError', code: 'CANCELLED' };
      await expect(fileSystem.stat(file, aborted)).rejects.toMatchObject(cancelled);
      await expect(fileSystem.list(root, aborted)).rejects.toMatchObject(cancelled);
      await expect(fileSystem.listRecursive(root, aborted)).rejects.toMatchObject(cancelled);
      await expect(fileSystem.open(file, aborted)).rejects.toMatchObject(cancelled);
      await expect(fileSystem.localize(file, aborted)).rejects.toMatchObject(cancelled);
    });

    it('sees an entry vanish', async () => {
      await fixture.write('1/model.onnx', 'abc');
      await fixture.write('2/model.onnx', 'abc');
      await fixture.remove('1');
      expect(await fileSystem.list(root, signal)).toEqual([{ name: '2', kind: 'directory' }]);
    });

    it('lists an empty directory', async ({ skip }) => {
      const { makeDirectory } = fixture;
      if (!makeDirectory) {
        skip('the store knows no empty directories');
        return;
      }
      await makeDirectory('1');
      expect(await fileSystem.list(root, signal)).toEqual([{ name: '1', kind: 'directory' }]);
      expect(await fileSystem.list(fileSystem.join(root, '1'), signal)).toEqual([]);
      expect(await fileSystem.listRecursive(fileSystem.join(root, '1'), signal)).toEqual([]);
    });

    describe('with links', () => {
      it('follows links to files and directories', async ({ skip }) => {
        const { link } = fixture;
        if (!link) {
          skip('the store knows no links');
          return;
        }
        await fixture.write('blobs/real.onnx', 'abc');
        await fixture.write('shared/weights.bin', 'x');
        await fixture.write('1/other', '');
        await link('1/model.onnx', 'blobs/real.onnx');
        await link('1/first', 'shared');
        await link('1/second', 'shared');
        await link('2', '1');
        expect(byName(await fileSystem.list(root, signal))).toContainEqual({ name: '2', kind: 'directory' });
        const entries = await fileSystem.listRecursive(fileSystem.join(root, '2'), signal);
        expect(
          byName(entries).map(({ path, kind, sizeBytes }) => [path, kind, kind === 'file' ? sizeBytes : 0]),
        ).toEqual([
          ['first', 'directory', 0],
          ['first/weights.bin', 'file', 1],
          ['model.onnx', 'file', 3],
          ['other', 'file', 0],
          ['second', 'directory', 0],
          ['second/weights.bin', 'file', 1],
        ]);
      });

      it('shows a link that leads nowhere or to itself', async ({ skip }) => {
        const { link } = fixture;
        if (!link) {
          skip('the store knows no links');
          return;
        }
        await fixture.write('1/a', '');
        await link('1/dangling', 'nowhere');
        await link('1/self', '1/self');
        const directory = fileSystem.join(root, '1');
        const expected = { a: 'file', dangling: 'other', self: 'other' };
        const listed = await fileSystem.list(directory, signal);
        expect(Object.fromEntries(listed.map(({ name: entry, kind }) => [entry, kind]))).toEqual(expected);
        const walked = await fileSystem.listRecursive(directory, signal);
        expect(Object.fromEntries(walked.map(({ path, kind }) => [path, kind]))).toEqual(expected);
      });

      it('does not walk in circles', async ({ skip }) => {
        const { link } = fixture;
        if (!link) {
          skip('the store knows no links');
          return;
        }
        await fixture.write('1/a', '');
        await fixture.write('2/b', '');
        await link('1/here', '1');
        await link('1/across', '2');
        await link('2/back', '1');
        const paths = (await fileSystem.listRecursive(fileSystem.join(root, '1'), signal)).map(
          ({ path, kind }) => `${path}:${kind}`,
        );
        expect(paths.toSorted()).toEqual([
          'a:file',
          'across/b:file',
          'across/back:other',
          'across:directory',
          'here:other',
        ]);
      });
    });

    describe('with a watch', () => {
      const lives: AbortController[] = [];
      const lifetime = (): AbortSignal => {
        const life = new AbortController();
        lives.push(life);
        return life.signal;
      };
      afterEach(() => {
        for (const life of lives.splice(0)) life.abort();
      });

      it.each(['', '1/'])('sees a new file in "%s"', async (place) => {
        await fixture.write('1/model.onnx', 'abc');
        const onChange = vi.fn<() => void>();
        fileSystem.watch?.(root, onChange, lifetime());
        let attempt = 0;
        // A watch begins at some unknown moment: the change is made again until it is seen.
        await vi.waitFor(async () => {
          await fixture.write(`${place}new-${(attempt += 1)}`, 'x');
          expect(onChange.mock.calls.length > 0 || !fileSystem.watch).toBe(true);
        }, WATCH_LIMITS);
      });

      it('waits in silence for what does not exist', () => {
        const onChange = vi.fn<() => void>();
        fileSystem.watch?.(fileSystem.join(root, 'missing'), onChange, lifetime());
        fileSystem.watch?.(fileSystem.join(root, 'missing'), onChange, AbortSignal.abort());
        expect(onChange).not.toHaveBeenCalled();
      });

      it('is silent after its end', async () => {
        const ended = new AbortController();
        const onLate = vi.fn<() => void>();
        fileSystem.watch?.(root, onLate, ended.signal);
        ended.abort();
        const onChange = vi.fn<() => void>();
        fileSystem.watch?.(root, onChange, lifetime());
        let attempt = 0;
        await vi.waitFor(async () => {
          await fixture.write(`new-${(attempt += 1)}`, 'x');
          expect(onChange.mock.calls.length > 0 || !fileSystem.watch).toBe(true);
        }, WATCH_LIMITS);
        expect(onLate).not.toHaveBeenCalled();
      });
    });
  });
}

/** How long a change may take to be seen, and how often it is made again. */
const WATCH_LIMITS = { timeout: 10_000, interval: 30 };

function byName<T extends { readonly name?: string; readonly path?: string }>(entries: readonly T[]): T[] {
  return entries.toSorted((left, right) =>
    (left.name ?? left.path ?? '') < (right.name ?? right.path ?? '') ? -1 : 1,
  );
}
