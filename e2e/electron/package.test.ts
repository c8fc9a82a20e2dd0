import { execFile } from 'node:child_process';
import { cp, glob, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join, matchesGlob } from 'node:path';
import { promisify } from 'node:util';
import { createPackageWithOptions, extractAll } from '@electron/asar';
import { expect, test } from '@playwright/test';
import { packageConfig } from '../../scripts/lib/package-config.ts';
import { repositoryPath, startSlipway, temporaryDirectory } from '../testing/slipway.ts';

const BINDING = `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`;
const run = promisify(execFile);

/** Whether a file of the repository is packed: as in electron-builder, the last pattern that fits decides. */
function isPacked(path: string): boolean {
  return packageConfig.files.reduce((isIn, pattern) => {
    const isExclusion = pattern.startsWith('!');
    const files = pattern.slice(isExclusion ? 1 : 0).replaceAll('${arch}', process.arch);
    return matchesGlob(path, files) ? !isExclusion : isIn;
  }, true);
}

/** Copies what is packed to a folder of its own. @returns the paths, relative and with forward slashes. */
async function stage(folder: string): Promise<readonly string[]> {
  const places = ['*', 'out/**', 'resources/**', 'node_modules/onnxruntime-{node,common}/**'];
  const staged: string[] = [];
  for await (const entry of glob(places, { cwd: repositoryPath('.'), withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name)
      .slice(repositoryPath('.').length + 1)
      .replaceAll('\\', '/');
    if (!isPacked(path)) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(repositoryPath(path), join(folder, path));
    staged.push(path);
  }
  return staged;
}

/** Packs a staged folder. @returns the path of the archive. */
async function pack(staged: string, archive: string, unpacked: readonly string[]): Promise<string> {
  const globs = unpacked.map((files) => `**/${files}`);
  // Braces around a single one would count as a part of a name.
  const unpack = globs.length > 1 ? `{${globs.join(',')}}` : (globs[0] ?? '');
  await createPackageWithOptions(staged, archive, { unpack });
  return archive;
}

/** Opens a native library in a plain Node process. */
const open = (library: string): Promise<unknown> =>
  run(process.execPath, ['-e', 'process.dlopen({ exports: {} }, process.argv[1])', library]);

test.describe('the packed app', () => {
  test('has the libraries of this system only, and no source maps', async () => {
    await using directory = await temporaryDirectory();
    const staged = await stage(directory.path);
    const libraries = staged.filter((path) => path.includes('/bin/napi-v6/'));
    expect(libraries).toContain(BINDING);
    expect(libraries.filter((path) => dirname(path) !== dirname(BINDING))).toEqual([]);
    expect(staged.filter((path) => path.endsWith('.map'))).toEqual([]);
    expect(staged).toEqual(
      expect.arrayContaining([
        'package.json',
        'out/main/electron.js',
        'out/preload/preload.cjs',
        'out/renderer/index.html',
      ]),
    );
  });

  test('brings the licences of the packages in it', async () => {
    await using directory = await temporaryDirectory();
    const staged = await stage(directory.path);
    expect(staged).toContain('out/renderer/third-party-notices.txt');
    const notices = await readFile(join(directory.path, 'out/renderer/third-party-notices.txt'), 'utf8');
    for (const name of ['elkjs', 'onnxruntime-node', 'onnxruntime-common', '@grpc/grpc-js', 'react', 'pino'])
      expect(notices).toMatch(new RegExp(`^${name} \\d\\S* \\(.+\\)$`, 'mu'));
    expect(notices).toContain('Eclipse Public License');
  });

  test('loads ONNX Runtime from beside the archive, which needs the whole folder there', async () => {
    await using directory = await temporaryDirectory();
    const staged = join(directory.path, 'app');
    await stage(staged);
    const archive = await pack(staged, join(directory.path, 'a', 'app.asar'), packageConfig.asarUnpack);
    await open(join(`${archive}.unpacked`, BINDING));

    const onlyBinding = await pack(staged, join(directory.path, 'b', 'app.asar'), ['*.node']);
    expect(await readdir(dirname(join(`${onlyBinding}.unpacked`, BINDING)))).toEqual(['onnxruntime_binding.node']);
    await expect(open(join(`${onlyBinding}.unpacked`, BINDING))).rejects.toThrow(/onnxruntime/u);
  });

  test('holds all that the server needs to answer', async () => {
    await using directory = await temporaryDirectory();
    const staged = join(directory.path, 'app');
    await stage(staged);
    const archive = await pack(staged, join(directory.path, 'app.asar'), packageConfig.asarUnpack);
    const extracted = join(directory.path, 'ausgepackt ü');
    extractAll(archive, extracted);
    await using slipway = await startSlipway({
      entry: join(extracted, 'out/main/headless.js'),
      dataDirectory: join(directory.path, 'data'),
    });
    await slipway.untilStatus('half_plus_two', ([newest]) => newest?.state === 'AVAILABLE');
    const answer = await slipway.predict('half_plus_two', { instances: [1, 2, 5] });
    expect(answer.json).toEqual({ predictions: [2.5, 3, 4.5] });
    expect((await fetch(slipway.uiOrigin)).status).toBeLessThan(500);
  });
});
