import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFileSystemRegistry } from '../file-system-registry.ts';
import { createPathInspector } from '../inspect-path.ts';
import { fileSystemSuite } from '../testing/file-system-suite.ts';
import { createWebWorld, type WebWorld } from './testing/web-world.ts';

const { signal } = new AbortController();
/** For tests that start threads of their own. */
const STARTS_THREADS = { timeout: 30_000 };

describe('the shared suite', () => {
  let world: WebWorld;
  let roots = 0;
  beforeAll(async () => {
    world = await createWebWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  fileSystemSuite('https', () => {
    roots += 1;
    // A version's folder, since any file can be in one.
    const folder = `/roots/${roots}`;
    const { server, fileSystem } = world;
    // A manifest that lists nothing is none.
    server.put(`${folder}/0/other`, '');
    server.publish(`${folder}/manifest.json`);
    return Promise.resolve({
      fileSystem: fileSystem.plain,
      rootUri: `${server.origin}${folder}/manifest.json#/1`,
      write(path, content) {
        server.put(`${folder}/1/${path}`, content);
        server.publish(`${folder}/manifest.json`);
        return Promise.resolve();
      },
      remove(path) {
        server.remove(`${folder}/1/${path}`);
        server.publish(`${folder}/manifest.json`);
        return Promise.resolve();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  });
});

describe('createHttpsFileSystem', () => {
  let world: WebWorld;
  let folders = 0;
  let folder: string;
  /** Of a manifest. */
  let base: string;
  beforeAll(async () => {
    world = await createWebWorld();
  });
  beforeEach(() => {
    folders += 1;
    folder = `/models/m${folders}`;
    base = `${world.server.origin}${folder}/manifest.json`;
    world.server.requests.length = 0;
    world.server.faultOf = undefined;
    Object.assign(world.server.can, { ranges: true, conditions: true, etags: true });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const put = (path: string, content: string): void => {
    world.server.put(`${folder}/${path}`, content);
    world.server.publish(`${folder}/manifest.json`);
  };

  it('downloads a version once, and says how far it is', STARTS_THREADS, async () => {
    const { fileSystem, server } = world;
    const progress: number[] = [];
    put('1/model.onnx', 'abc');
    put('1/data/weights.bin', 'x'.repeat(1000));
    await using copy = await fileSystem.localize(`${base}#/1`, signal, ({ doneBytes }) => progress.push(doneBytes));
    expect(await readFile(join(copy.path, 'model.onnx'), 'utf8')).toBe('abc');
    expect(await readFile(join(copy.path, 'data', 'weights.bin'), 'utf8')).toBe('x'.repeat(1000));
    expect(progress.at(-1)).toBe(1003);
    server.requests.length = 0;
    await using again = await world.another().localize(`${base}#/1`, signal);
    expect(again.path).toBe(copy.path);
    expect(server.requests.map(({ url }) => url)).toEqual([`${folder}/manifest.json`]);
  });

  it('starts nothing and asks for nothing before the first call', () => {
    const { server, fileSystem } = world;
    expect(fileSystem.baseName(fileSystem.parse(base))).toBe(folder.split('/')[2]);
    expect(server.requests).toEqual([]);
    expect(() => world.another({ workerEntry: '/nowhere' })).not.toThrow();
  });

  it('costs one request with an empty answer for each poll while nothing changes', async () => {
    const { fileSystem, server } = world;
    put('1/model.onnx', 'abc');
    put('2/model.onnx', 'abc');
    const entries = await fileSystem.list(base, signal);
    const tree = await fileSystem.listRecursive(`${base}#/2`, signal);
    server.requests.length = 0;
    expect(await fileSystem.list(base, signal, entries)).toBe(entries);
    expect(await fileSystem.listRecursive(`${base}#/2`, signal, undefined, tree)).toBe(tree);
    expect(server.requests.map(({ status }) => status)).toEqual([304]);
    put('2/model.onnx', 'xyz');
    expect(await fileSystem.list(base, signal, entries)).toBe(entries);
    const changed = await fileSystem.listRecursive(`${base}#/2`, signal, undefined, tree);
    expect(changed[0]?.revision).not.toBe(tree[0]?.revision);
  });

  it('keeps the time of a version that another one was published beside', async () => {
    const { fileSystem, server } = world;
    server.put(`${folder}/1/model.onnx`, 'abc');
    server.publish(`${folder}/manifest.json`, (manifest) => manifest);
    const before = await fileSystem.listRecursive(`${base}#/1`, signal);
    server.put(`${folder}/2/model.onnx`, 'abcd');
    server.publish(`${folder}/manifest.json`, ({ versions, ...rest }) => ({
      ...rest,
      versions: { ...versions, 2: { ...versions['2'], modified: '2026-01-02T03:04:05Z' } },
    }));
    await fileSystem.list(base, signal);
    expect(await fileSystem.listRecursive(`${base}#/1`, signal)).toEqual(before);
    const [file] = await fileSystem.listRecursive(`${base}#/2`, signal);
    expect(file?.modifiedMs).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
  });

  it('takes files from where the manifest says, and its token along', async () => {
    const { server, fileSystem } = world;
    const path = fileSystem.parse(`${base}?sig=s3cr3t`);
    expect(path).toMatch(/\/manifest\.json\?…[0-9a-f]{8}$/u);
    server.put('/elsewhere/blob 1', 'abc');
    server.put('/elsewhere/blob-2', 'abcd');
    server.put(`${folder}/1/model.onnx`, 'abc');
    server.put(`${folder}/1/weights.bin`, 'abcd');
    server.publish(`${folder}/manifest.json`, ({ versions: { 1: version }, ...rest }) => {
      const [model, weights] = version?.files ?? [];
      const files = [
        { ...model, url: '../../elsewhere/blob%201' },
        { ...weights, url: '/elsewhere/blob-2?own=t0ken' },
      ];
      return { ...rest, versions: { 1: { files } } };
    });
    await using copy = await fileSystem.localize(fileSystem.join(path, '1'), signal);
    expect(await readFile(join(copy.path, 'weights.bin'), 'utf8')).toBe('abcd');
    expect(server.requests.map(({ url }) => url).toSorted()).toEqual([
      '/elsewhere/blob%201?sig=s3cr3t',
      '/elsewhere/blob-2?own=t0ken',
      // Before the download and after it.
      `${folder}/manifest.json?sig=s3cr3t`,
      `${folder}/manifest.json?sig=s3cr3t`,
    ]);
  });

  it.each([
    { when: 'its folder is called by a name', path: 'model.onnx', kind: 'file', names: [] },
    { when: 'its folder is called by a number', path: '3/model.onnx', kind: 'directory', names: ['3'] },
  ])('serves a single model file when $when', async ({ path, kind, names }) => {
    const { server, fileSystem } = world;
    server.put(`${folder}/${path}`, 'abc');
    const uri = fileSystem.parse(`${server.origin}${folder}/${path}`);
    expect(await fileSystem.stat(uri, signal)).toMatchObject({ kind });
    const listed = await fileSystem.list(uri, signal).catch(() => []);
    expect(listed.map(({ name }) => name)).toEqual(names);
    await using copy = await fileSystem.localize(fileSystem.join(uri, ...names), signal);
    expect(await readFile(join(copy.path, ...names.map(() => 'model.onnx')), 'utf8')).toBe('abc');
    server.requests.length = 0;
    await fileSystem.stat(uri, signal);
    expect(server.requests.map(({ status }) => status)).toEqual([304]);
  });

  it.each([
    { when: 'parts', ranges: true, requests: 4 },
    { when: 'one piece where there are no parts', ranges: false, requests: 2 },
  ])('fetches a large file in $when', STARTS_THREADS, async ({ ranges, requests }) => {
    const { server, fileSystem } = world;
    server.can.ranges = ranges;
    const content = 'x'.repeat(33 * 1024 * 1024);
    put('1/model.onnx', content);
    await using copy = await fileSystem.localize(`${base}#/1`, signal);
    expect((await readFile(join(copy.path, 'model.onnx'), 'utf8')) === content).toBe(true);
    // One look whether there are parts, and those.
    expect(server.requests.filter(({ url }) => url.endsWith('.onnx'))).toHaveLength(requests);
  });

  it('reads parts of files, of one content only, also where the server sends all', async () => {
    const { server, fileSystem } = world;
    const content = Array.from({ length: 100_000 }, (_, index) => String(index).padStart(10, '0')).join('');
    server.can.ranges = false;
    put('1/model.onnx', content);
    await using file = await fileSystem.open(`${base}#/1/model.onnx`, signal);
    expect(new TextDecoder().decode(await file.read(600_005, 20))).toBe(content.slice(600_005, 600_025));
    server.can.ranges = true;
    expect(new TextDecoder().decode(await file.read(10, 20))).toBe(content.slice(10, 30));
    put('1/model.onnx', content.replaceAll('0', '1'));
    await fileSystem.list(base, signal);
    await expect(file.read(900_000, 10)).rejects.toMatchObject({ httpsCode: 'HTTPS_CHANGED' });
  });

  it('has copies stand in for a server that is gone, and says so', STARTS_THREADS, async () => {
    const { server } = world;
    const first = world.another();
    put('1/model.onnx', 'abc');
    put('2/model.onnx', 'abcd');
    server.put(`${folder}/lone.onnx`, 'xyz');
    const lone = `${server.origin}${folder}/lone.onnx`;
    await first.list(base, signal);
    for (const path of [`${base}#/1`, lone]) await (await first.localize(path, signal))[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await server.pause();

    const later = world.another();
    expect(await later.list(base, signal)).toEqual([{ name: '1', kind: 'directory' }]);
    expect(later.offline?.(base)?.reason).toContain('HTTPS_UNREACHABLE');
    await using copy = await later.localize(`${base}#/1`, signal);
    expect(await readFile(join(copy.path, 'model.onnx'), 'utf8')).toBe('abc');
    expect(await later.stat(lone, signal)).toMatchObject({ kind: 'file', sizeBytes: 3 });
    await using loneCopy = await later.localize(lone, signal);
    expect(await readFile(loneCopy.path, 'utf8')).toBe('xyz');

    await server.resume();
    expect(await later.list(base, signal)).toHaveLength(2);
    expect(later.offline?.(base)).toBeUndefined();
  });

  it('knows a secret only for as long as it lives', STARTS_THREADS, async () => {
    const { server } = world;
    put('1/model.onnx', 'abc');
    server.faultOf = (_, { url }) => (url?.endsWith('?token=s3cr3t') ? undefined : { kind: 'status', status: 401 });
    const first = world.another();
    const path = first.conceal(`${base}?token=s3cr3t`);
    await first.list(path, signal);
    const later = world.another();
    await expect(later.list(path, signal)).rejects.toMatchObject({ httpsCode: 'HTTPS_SECRET_GONE' });
    await (await first.localize(first.join(path, '1'), signal))[Symbol.asyncDispose]();
    expect(await later.list(path, signal)).toEqual([{ name: '1', kind: 'directory' }]);
    later.conceal(`${base}?token=s3cr3t`);
    expect(await later.list(path, signal)).toEqual([{ name: '1', kind: 'directory' }]);
    expect(later.offline?.(path)).toBeUndefined();
    expect(world.logged.filter((line) => line.includes('s3cr3t'))).toEqual([]);
  });

  it('can be previewed before it is added, and shows no secret', async () => {
    const { server, fileSystem } = world;
    put('1/model.onnx', 'abc');
    put('2/model.onnx', 'abcd');
    server.put(`${folder}/lone/model.onnx`, 'xyz');
    const inspector = createPathInspector({
      // A look into a file would be a request.
      describeModelFile: () => Promise.reject(new Error('is not asked')),
      registry: createFileSystemRegistry([fileSystem, fileSystem.plain]),
      describeVersion: (entries) => (entries.some(({ path }) => path === 'model.onnx') ? undefined : 'no model.onnx'),
      homeDirectory: '/',
      conceal: (path) => fileSystem.conceal(path),
    });
    const name = folder.split('/')[2];
    for (const uri of [`${server.origin}${folder}/?token=s3cr3t`, `"${base}?token=s3cr3t"`]) {
      const preview = await inspector.inspect(uri, signal);
      expect(preview).toMatchObject({
        kind: 'model',
        models: [{ name, versions: [{ served: true, sizeBytes: 4 }, {}] }],
      });
      expect(JSON.stringify(preview)).not.toContain('s3cr3t');
    }
    const lone = `${server.origin}${folder}/lone/model.onnx`;
    expect(await inspector.inspect(lone, signal)).toMatchObject({
      kind: 'file',
      models: [{ name: 'lone', basePath: lone }],
    });
    const missing = await inspector.inspect(`${base}.json?token=s3cr3t`, signal);
    expect(missing).toMatchObject({ kind: 'nothing', message: expect.stringContaining('[HTTPS_NOT_FOUND]') });
    expect(JSON.stringify(missing)).not.toContain('s3cr3t');
  });

  it('is there for https, and for http on this computer', () => {
    const { fileSystem } = world;
    const registry = createFileSystemRegistry([fileSystem, fileSystem.plain]);
    expect(registry.resolve('https://example.com/m/').path).toBe('https://example.com/m/manifest.json');
    expect(registry.resolve(base)).toEqual({ fileSystem: fileSystem.plain, path: base });
    expect(() => registry.resolve('http://example.com/m/')).toThrow('plain HTTP is for this computer only');
  });

  it.each([
    ['/models/a', '/models/a'],
    ['s3://bucket/a?b', 's3://bucket/a?b'],
    ['https://h/a.onnx', 'https://h/a.onnx'],
    ['https://h/a.zip?token', 'https://h/a.zip?…'],
    ['https://me:secret@h/a.onnx', 'https://…@h/a.onnx'],
  ])('conceals no more than secrets in %s', (path, expected) => {
    expect(world.fileSystem.conceal(path)).toBe(expected);
  });
});
