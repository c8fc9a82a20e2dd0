import { beforeEach, describe, expect, it } from 'vitest';
import { ServingError } from '../contracts/serving-error.ts';
import { AddPreview, FolderListing } from '../contracts/ui-commands.ts';
import { createFileSystemRegistry } from './file-system-registry.ts';
import {
  createPathInspector,
  type DescribeModelFile,
  type DescribeVersion,
  type PathInspection,
} from './inspect-path.ts';
import { createMemoryFileSystem, type MemoryFileSystem } from './testing/memory-file-system.ts';

const { signal } = new AbortController();

/** As the ONNX adapter judges: `model.onnx`, or the only `*.onnx`. */
const describeVersion: DescribeVersion = (entries) => {
  const files = entries.filter(({ path, kind }) => kind === 'file' && path.endsWith('.onnx')).map(({ path }) => path);
  if (files.includes('model.onnx') || files.length === 1) return undefined;
  return files.length === 0 ? 'no model.onnx' : 'several model files';
};

/** Model files whose names end so are broken. */
const describeModelFile: DescribeModelFile = (_, path) =>
  Promise.resolve(/broken|cut/u.test(path) ? 'is it copied in full?' : undefined);

describe('the dry run of adding a path', () => {
  let files: MemoryFileSystem;

  beforeEach(() => {
    files = createMemoryFileSystem({ scheme: 'file' });
  });

  function write(...paths: readonly string[]): void {
    for (const path of paths) files.writeFile(path, 'content');
  }

  async function inspect(path: string): Promise<PathInspection> {
    const registry = createFileSystemRegistry([files]);
    const inspection = await createPathInspector({
      registry,
      describeVersion,
      describeModelFile,
      homeDirectory: '/home/ann',
    }).inspect(path, signal);
    const models = inspection.models.map((model) => ({ ...model, nameTaken: false, alreadyServed: false }));
    expect(AddPreview.parse({ ...inspection, models })).toEqual({ ...inspection, models });
    return inspection;
  }

  it('of a model folder', async () => {
    write(
      '/m/resnet/1/model.onnx',
      '/m/resnet/3/model.onnx',
      '/m/resnet/4/notes.txt',
      '/m/resnet/tmp/x',
      '/m/resnet/.x',
    );
    expect(await inspect('/m/resnet')).toEqual({
      path: '/m/resnet',
      kind: 'model',
      models: [
        {
          name: 'resnet',
          basePath: '/m/resnet',
          versions: [
            { version: '4', served: false, reason: 'no model.onnx', sizeBytes: 7 },
            { version: '3', served: true, sizeBytes: 7 },
            { version: '1', served: false, reason: 'older than version 3', sizeBytes: 7 },
          ],
          ignored: [{ entry: 'tmp', reason: 'not a whole number: version folders are named 1, 2, 3 and so on' }],
        },
      ],
      ignored: [],
    });
  });

  it('tells of a model file that is none, and which version would be served instead', async () => {
    write('/m/net/1/model.onnx', '/m/net/2/model.onnx', '/m/net/3/broken.onnx', '/m/alone/cut.onnx');
    const reason = 'is it copied in full?';
    expect((await inspect('/m/net')).models[0]?.versions).toEqual([
      { version: '3', served: false, reason, sizeBytes: 7 },
      { version: '2', served: true, sizeBytes: 7 },
      { version: '1', served: false, reason: 'older than version 2', sizeBytes: 7 },
    ]);
    expect(await inspect('/m/alone/cut.onnx')).toMatchObject({
      kind: 'file',
      models: [{ name: 'cut', versions: [{ version: '1', served: false, reason }] }],
    });
  });

  it('of a model in a store over a network looks into no more versions than it must', async () => {
    const polling = { intervalMs: 30_000, leastIntervalMs: 5000, settleMs: 10_000 };
    files = createMemoryFileSystem({ scheme: 'store', polling });
    const base = 'store:///models/resnet';
    write(`${base}/1/model.onnx`, `${base}/3/model.onnx`, `${base}/4/notes.txt`);
    const { models } = await inspect(` "${base}/" `);
    expect(models).toMatchObject([
      {
        name: 'resnet',
        basePath: base,
        versions: [
          { version: '4', served: false, reason: 'no model.onnx', sizeBytes: 7 },
          { version: '3', served: true, sizeBytes: 7 },
          { version: '1', served: false, reason: 'older than version 3' },
        ],
      },
    ]);
    expect(files.calls.listRecursive).toBe(2);
  });

  it('of a model folder of which nothing can be served', async () => {
    write('/m/resnet/1/notes.txt');
    const { kind, models } = await inspect('/m/resnet');
    expect(kind).toBe('model');
    expect(models[0]?.versions).toEqual([{ version: '1', served: false, reason: 'no model.onnx', sizeBytes: 7 }]);
  });

  it('of a folder of models of every kind', async () => {
    write(
      '/m/resnet/1/model.onnx',
      '/m/plain/model.onnx',
      '/m/lone.onnx',
      '/m/readme.txt',
      '/m/empty/x.txt',
      '/m/many/a.onnx',
      '/m/many/b.onnx',
      '/m/secret/1/model.onnx',
      '/m/half.part',
    );
    files.failWith('/m/secret', new ServingError('PERMISSION_DENIED', '"secret" cannot be read: permission denied'));
    const { kind, models, ignored } = await inspect('/m');
    expect(kind).toBe('parent');
    expect(models.map(({ name, basePath }) => [name, basePath])).toEqual([
      ['lone', '/m/lone.onnx'],
      ['plain', '/m/plain/model.onnx'],
      ['resnet', '/m/resnet'],
    ]);
    expect(ignored).toEqual([
      { entry: 'empty', reason: 'no version folders and no *.onnx file in it' },
      { entry: 'half.part', reason: 'a temporary file' },
      { entry: 'many', reason: 'several model files' },
      { entry: 'readme.txt', reason: 'not a model file' },
      { entry: 'secret', reason: '"secret" cannot be read: permission denied' },
    ]);
  });

  it('of a version folder proposes the model it belongs to', async () => {
    write('/m/resnet/1/model.onnx', '/m/resnet/2/model.onnx');
    for (const path of ['/m/resnet/1', '/m/resnet/1/model.onnx']) {
      const { kind, models, message } = await inspect(path);
      expect({ kind, message }).toEqual({
        kind: 'version',
        message: 'this is version 1 of the model in "resnet", which would be added',
      });
      expect(models).toMatchObject([{ name: 'resnet', basePath: '/m/resnet', versions: [{ version: '2' }, {}] }]);
    }
  });

  it('of a folder without versions proposes the file in it', async () => {
    write('/m/squeezenet/model.onnx', '/m/squeezenet/labels.txt', '/m/squeezenet/data/x');
    expect(await inspect('/m/squeezenet')).toEqual({
      path: '/m/squeezenet',
      kind: 'file',
      message: 'no version folders here: model.onnx would be served as version 1',
      models: [
        {
          name: 'squeezenet',
          basePath: '/m/squeezenet/model.onnx',
          versions: [{ version: '1', served: true, sizeBytes: 7 }],
          ignored: [],
        },
      ],
      ignored: [
        { entry: 'data', reason: 'not a version folder' },
        { entry: 'labels.txt', reason: 'beside model.onnx, not served itself' },
      ],
    });
  });

  it('of a lone model file, also beside others', async () => {
    write('/downloads/light_resnet50.onnx', '/downloads/other.onnx', '/2024/a.onnx', '/2024/b.onnx');
    expect(await inspect('/downloads/light_resnet50.onnx')).toMatchObject({
      kind: 'file',
      models: [{ name: 'light_resnet50', basePath: '/downloads/light_resnet50.onnx', versions: [{ version: '1' }] }],
    });
    expect(await inspect('/2024/a.onnx')).toMatchObject({ kind: 'file', models: [{ basePath: '/2024/a.onnx' }] });
  });

  it('of a folder of model files', async () => {
    write('/downloads/a.onnx', '/downloads/b.onnx');
    expect(await inspect('/downloads')).toMatchObject({ kind: 'parent', models: [{ name: 'a' }, { name: 'b' }] });
  });

  it('of a folder of models some of which are numbers', async () => {
    write('/data/2024/report.txt', '/data/resnet/1/model.onnx');
    expect(await inspect('/data')).toMatchObject({
      kind: 'parent',
      models: [{ name: 'resnet' }],
      ignored: [{ entry: '2024', reason: 'no version folders and no *.onnx file in it' }],
    });
  });

  it.each([
    { path: '/m/missing', message: '"missing" does not exist' },
    { path: '/m/archive.zip', message: '"archive.zip" is not a model file: unpack it first' },
    { path: '/m/readme.txt', message: '"readme.txt" is not a model file: only *.onnx files can be served' },
    { path: '/m/texts', message: 'no model here: looked for version folders (1, 2, 3 and so on)' },
    { path: '/m/empty', message: 'no model here: the folder is empty; looked for version folders' },
    { path: 'relative/path', message: 'write the whole path' },
    { path: 's3://bucket/models', message: "'s3' is not supported" },
  ])('of $path finds nothing and says: $message', async ({ path, message }) => {
    write('/m/archive.zip', '/m/readme.txt', '/m/texts/a.txt');
    files.makeDirectory('/m/empty');
    const inspection = await inspect(path);
    expect(inspection).toMatchObject({ kind: 'nothing', models: [] });
    expect(inspection.message).toContain(message);
  });

  it.each([
    ['  /m/resnet \n', '/m/resnet'],
    ['"/m/resnet"', '/m/resnet'],
    ["'/m/resnet'", '/m/resnet'],
    ['“/m/resnet”', '/m/resnet'],
    ['/m/resnet/', '/m/resnet'],
    ['file:///m/resnet', '/m/resnet'],
    ['~/resnet', '/home/ann/resnet'],
    ['"~/resnet"', '/home/ann/resnet'],
    ['"/m/blank "', '/m/blank '],
  ])('understands %j', async (typed, path) => {
    write('/m/resnet/1/model.onnx', '/home/ann/resnet/1/model.onnx', '/m/blank /1/model.onnx');
    expect(await inspect(typed)).toMatchObject({ path, kind: 'model' });
  });

  it('proposes names that are fit for URLs, and each once', async () => {
    write(
      '/p/Mein Modell (neu)/1/model.onnx',
      '/p/mobile:net/1/model.onnx',
      '/p/Größe_模型/1/model.onnx',
      '/p/a/model.onnx',
      '/p/a.onnx',
      '/p/a b/1/model.onnx',
      '/p/a_b/1/model.onnx',
      '/p/!!!/1/model.onnx',
    );
    const { models } = await inspect('/p');
    expect(models.map(({ name }) => name).toSorted()).toEqual([
      'Größe_模型',
      'Mein_Modell_neu',
      'a',
      'a_2',
      'a_b',
      'a_b_2',
      'mobile_net',
      'model',
    ]);
  });

  it('stays bounded whatever lies there', async () => {
    for (let count = 0; count < 500; count += 1) files.writeFile(`/big/model-${count}/1/model.onnx`, 'x');
    for (let count = 0; count < 3000; count += 1) files.writeFile(`/huge/1/file-${count}`, 'x');
    files.resetCalls();
    const { models, ignored } = await inspect('/big');
    expect(models.length).toBeLessThanOrEqual(200);
    expect(ignored.at(-1)?.reason).toBe('300 more entries were not looked at');
    expect(files.calls.list + files.calls.listRecursive + files.calls.stat).toBeLessThan(500);
    expect((await inspect('/huge')).models[0]?.versions[0]?.reason).toContain('holds more than');
  });

  it('can be cancelled', async () => {
    write('/m/resnet/1/model.onnx');
    const inspector = createPathInspector({
      describeModelFile,
      registry: createFileSystemRegistry([files]),
      describeVersion,
      homeDirectory: '/',
    });
    await expect(inspector.inspect('/m/resnet', AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('the listing of a folder', () => {
  const files = createMemoryFileSystem({ scheme: 'file' });
  const inspector = createPathInspector({
    describeModelFile,
    registry: createFileSystemRegistry([files]),
    describeVersion,
    homeDirectory: '/home/ann',
  });
  for (const path of ['model10/1/a', 'model9/1/a', '.cache/x', 'b.onnx', 'notes.txt', '.hidden.onnx']) {
    files.writeFile(`/home/ann/${path}`, 'abc');
  }
  const home = {
    path: '/home/ann',
    parent: '/home',
    folders: [
      { name: 'model9', path: '/home/ann/model9' },
      { name: 'model10', path: '/home/ann/model10' },
    ],
    files: [{ name: 'b.onnx', path: '/home/ann/b.onnx', sizeBytes: 3 }],
  };

  it.each(['/home/ann', '/home/ann/', '~', '', '  ', '"/home/ann"', '/home/ann/b.onnx'])('for %j', async (path) => {
    const listing = await inspector.listFolder(path, signal);
    expect(listing).toEqual(home);
    expect(FolderListing.parse(listing)).toEqual(home);
  });

  it('of the root has no parent', async () => {
    expect(await inspector.listFolder('/', signal)).toEqual({
      path: '/',
      folders: [{ name: 'home', path: '/home' }],
      files: [],
    });
  });

  it.each([
    ['/missing', 'NOT_FOUND'],
    ['relative', 'INVALID_ARGUMENT'],
  ])('for %s fails with %s', async (path, code) => {
    await expect(inspector.listFolder(path, signal)).rejects.toMatchObject({ code });
  });
});
