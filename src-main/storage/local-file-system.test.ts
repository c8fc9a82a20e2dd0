import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import type { Logger } from '../contracts/logger.ts';
import { silentLogger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { fromErrno } from './errno.ts';
import { createLocalFileSystem } from './local-file-system.ts';
import type { WatchFunction } from './local-watch.ts';
import { type FileSystemFixture, fileSystemSuite } from './testing/file-system-suite.ts';

const { signal } = new AbortController();

async function localFixture(rootUriOf: (path: string) => string): Promise<FileSystemFixture> {
  const root = await mkdtemp(join(tmpdir(), 'slipway storage ü '));
  return {
    fileSystem: createLocalFileSystem(),
    rootUri: rootUriOf(root),
    async write(path, content) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    },
    remove: (path) => rm(join(root, path), { recursive: true }),
    async makeDirectory(path) {
      await mkdir(join(root, path), { recursive: true });
    },
    link: (path, target) => symlink(join(root, target), join(root, path)),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

fileSystemSuite('local disk by plain path', () => localFixture((path) => path));
fileSystemSuite('local disk by file URI', () => localFixture((path) => pathToFileURL(path).href));

describe('paths on POSIX systems', () => {
  const fileSystem = createLocalFileSystem({ platform: 'linux' });

  it.each([
    ['/models/a', '/models/a'],
    ['/models/a/', '/models/a'],
    ['/models//a/./b/../c', '/models/a/c'],
    ['/', '/'],
    ['/with space/ü#?%20', '/with space/ü#?%20'],
    ['file:///models/a', '/models/a'],
    ['FILE:///models/a/', '/models/a'],
    ['file:/models/a', '/models/a'],
    ['file://localhost/models/a', '/models/a'],
    ['file:///with%20space/%C3%BC%23', '/with space/ü#'],
    ['file:///with space/ü', '/with space/ü'],
    ['/back\\slash', '/back\\slash'],
  ])('reads %s as %s', (uri, path) => {
    expect(fileSystem.parse(uri)).toBe(path);
  });

  it.each([
    ['models/a', 'not an absolute path'],
    ['./models', 'like /models/my_model'],
    ['~/models', 'not an absolute path'],
    ['', 'the path is empty'],
    ['C:\\models', 'Windows path'],
    ['C:/models', 'Windows path'],
    ['\\\\host\\share\\models', 'Windows path'],
    ['/a\0b', 'NUL'],
    ['file:///a%00b', 'NUL'],
    ['file://host/models', 'file:///models/my_model'],
    ['file:///a%2Fb', 'file:///models/my_model'],
    ['file:///a#b', '%23'],
    ['file:///a?b', '%3F'],
  ])('refuses %j and says: %s', (uri, words) => {
    expect(() => fileSystem.parse(uri)).toThrow(ServingError);
    expect(() => fileSystem.parse(uri)).toThrow(words);
  });
});

describe('paths on Windows', () => {
  const fileSystem = createLocalFileSystem({ platform: 'win32' });

  it.each([
    ['C:\\models\\a', 'C:\\models\\a'],
    ['c:/models/a/', 'c:\\models\\a'],
    ['C:\\', 'C:\\'],
    ['C:\\models\\..\\other', 'C:\\other'],
    ['\\\\host\\share\\models', '\\\\host\\share\\models'],
    ['//host/share/models/', '\\\\host\\share\\models'],
    ['file:///C:/with%20space/%C3%BC', 'C:\\with space\\ü'],
    ['file://host/share/models', '\\\\host\\share\\models'],
    ['\\\\?\\C:\\models', '\\\\?\\C:\\models'],
  ])('reads %s as %s', (uri, path) => {
    expect(fileSystem.parse(uri)).toBe(path);
  });

  it.each([
    ['models\\a', 'like C:\\models\\my_model'],
    ['/models', 'not an absolute path'],
    ['\\models', 'not an absolute path'],
    ['C:models', 'not an absolute path'],
    ['\\\\.\\pipe\\x', 'device'],
    ['file:///models', 'C:/models'],
  ])('refuses %s and says: %s', (uri, words) => {
    expect(() => fileSystem.parse(uri)).toThrow(ServingError);
    expect(() => fileSystem.parse(uri)).toThrow(words);
  });

  it('joins and takes apart with backslashes', () => {
    expect(fileSystem.join('C:\\models', 'a', '1')).toBe('C:\\models\\a\\1');
    expect(fileSystem.parent('C:\\models')).toBe('C:\\');
    expect(fileSystem.parent('C:\\')).toBeUndefined();
    expect(fileSystem.baseName('\\\\host\\share\\models')).toBe('models');
  });
});

describe('errors of the operating system', () => {
  it.each([
    ['ENOENT', 'NOT_FOUND'],
    ['ENOTDIR', 'FAILED_PRECONDITION'],
    ['EISDIR', 'FAILED_PRECONDITION'],
    ['ELOOP', 'FAILED_PRECONDITION'],
    ['EACCES', 'PERMISSION_DENIED'],
    ['EPERM', 'PERMISSION_DENIED'],
    ['EMFILE', 'UNAVAILABLE'],
    ['EIO', 'UNAVAILABLE'],
    ['ESTALE', 'UNAVAILABLE'],
    ['EWHATEVER', 'UNAVAILABLE'],
  ])('%s becomes %s and keeps the path to itself', (errno, code) => {
    const thrown = Object.assign(new Error(`${errno}: /home/ann/secret/model`), { code: errno });
    const error = fromErrno(thrown, 'model');
    expect(error).toMatchObject({ code, cause: thrown });
    expect(error.message).toContain('"model"');
    expect(error.message).not.toContain('secret');
  });
});

describe('the local disk', () => {
  let root: string;
  const fileSystem = createLocalFileSystem();

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-local-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('serves a local copy in place', async () => {
    await using copy = await fileSystem.localize(root, signal);
    expect(copy.path).toBe(root);
  });

  it('tells a replaced file from the old one even when size and time were kept', async () => {
    const file = join(root, 'model.onnx');
    const past = new Date('2020-01-01T00:00:00Z');
    await writeFile(file, 'abc');
    await utimes(file, past, past);
    const before = await fileSystem.stat(file, signal);
    await new Promise((resolve) => setTimeout(resolve, 20)); // kernels stamp with the time of their last tick
    await writeFile(file, 'xyz');
    await utimes(file, past, past);
    const after = await fileSystem.stat(file, signal);
    expect(after).toMatchObject({ sizeBytes: before.sizeBytes, modifiedMs: before.modifiedMs });
    expect(after.revision).not.toBe(before.revision);
  });

  it.runIf(process.platform !== 'win32' && process.getuid?.() !== 0)('says when it may not read', async () => {
    await chmod(root, 0o000);
    await expect(fileSystem.list(root, signal)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await chmod(root, 0o700);
  });

  it.runIf(process.platform === 'linux')('refuses a named pipe at once instead of waiting for its writer', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    expect(await fileSystem.list(root, signal)).toEqual([{ name: 'pipe', kind: 'other' }]);
    await expect(fileSystem.open(join(root, 'pipe'), signal)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });

  it('does not multiply a tree of links that lead up', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await symlink(root, join(root, name));
    expect(await fileSystem.listRecursive(root, signal)).toHaveLength(4);
  });

  it('ends a walk that is cancelled', async () => {
    await mkdir(join(root, '1'));
    const stop = new AbortController();
    const walk = fileSystem.listRecursive(root, stop.signal);
    stop.abort();
    await expect(walk).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('watching the local disk', () => {
  let root: string;
  const stop: AbortController[] = [];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-watch-'));
  });
  afterEach(async () => {
    for (const controller of stop.splice(0)) controller.abort();
    await rm(root, { recursive: true, force: true });
  });

  const lifetime = (): AbortSignal => {
    const controller = new AbortController();
    stop.push(controller);
    return controller.signal;
  };

  it('sees a file change in a folder that came after the watch began', async () => {
    const onChange = vi.fn<() => void>();
    createLocalFileSystem().watch?.(root, onChange, lifetime());
    await untilSeen(onChange, (attempt) => mkdir(join(root, String(attempt))));
    await untilSeen(onChange, (attempt) => writeFile(join(root, '1', 'model.onnx'), 'x'.repeat(attempt)));
    expect(onChange).toHaveBeenCalled();
  });

  it('sees a folder that was deleted and made again', async () => {
    const folder = join(root, 'model');
    await mkdir(folder);
    const onChange = vi.fn<() => void>();
    createLocalFileSystem().watch?.(folder, onChange, lifetime());
    await untilSeen(onChange, (attempt) => writeFile(join(folder, `first-${attempt}`), ''));
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await untilSeen(onChange, (attempt) => writeFile(join(folder, `second-${attempt}`), ''));
    expect(onChange).toHaveBeenCalled();
  });

  it('sees a single file written and replaced', async () => {
    const file = join(root, 'model.onnx');
    await writeFile(file, 'a');
    const onChange = vi.fn<() => void>();
    createLocalFileSystem().watch?.(file, onChange, lifetime());
    await untilSeen(onChange, (attempt) => writeFile(file, `b${attempt}`));
    await writeFile(`${file}.new`, 'c');
    await untilSeen(onChange, () => rename(`${file}.new`, file).then(() => writeFile(`${file}.new`, 'c')));
    expect(onChange).toHaveBeenCalled();
  });

  it.each(['ENOSPC', 'EMFILE'])('falls back to polling with one log line on %s', async (code) => {
    const lines: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const log: Logger = {
      ...silentLogger,
      warn: (_, message) => {
        lines.push(message);
        resolve();
      },
    };
    let attempts = 0;
    const refuse: WatchFunction = () => {
      attempts += 1;
      throw Object.assign(new Error('no watches'), { code });
    };
    const fileSystem = createLocalFileSystem({ log, watch: refuse });
    for (let count = 0; count < 3; count += 1) fileSystem.watch?.(root, () => undefined, lifetime());
    await promise;
    fileSystem.watch?.(root, () => undefined, lifetime());
    await new Promise((later) => setImmediate(later));
    expect(lines).toEqual(['the system has no file watches left; changes are seen by polling only']);
    expect(attempts).toBeLessThanOrEqual(3);
  });

  it('survives an error that a watch reports later, and closes it', async () => {
    let fail: ((error: unknown) => void) | undefined;
    const { promise: attached, resolve } = Promise.withResolvers<void>();
    let closed = 0;
    const watch: WatchFunction = (_path, _options, _onEvent, onError) => {
      fail = onError;
      resolve();
      return { close: () => (closed += 1) };
    };
    createLocalFileSystem({ platform: process.platform === 'win32' ? 'win32' : 'darwin', watch }).watch?.(
      root,
      () => undefined,
      lifetime(),
    );
    await attached;
    fail?.(Object.assign(new Error('gone'), { code: 'EPERM' }));
    expect(closed).toBe(1);
  });
});

/** Makes a change again and again until the watch calls back: it begins at some unknown moment. */
async function untilSeen(onChange: Mock, change: (attempt: number) => Promise<unknown>): Promise<void> {
  const before = onChange.mock.calls.length;
  let attempt = 0;
  await vi.waitFor(
    async () => {
      await change((attempt += 1));
      expect(onChange.mock.calls.length).toBeGreaterThan(before);
    },
    { timeout: 10_000, interval: 30 },
  );
}
