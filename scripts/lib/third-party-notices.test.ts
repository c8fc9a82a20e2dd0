import { mkdir, writeFile } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOTICES_FILE, packageFolder, thirdPartyNotices } from './third-party-notices.ts';

describe('packageFolder', () => {
  it.each([
    ['/app/node_modules/elkjs/lib/elk-worker.min.js?url', '/app/node_modules/elkjs'],
    ['/app/node_modules/@grpc/grpc-js/build/src/index.js', '/app/node_modules/@grpc/grpc-js'],
    ['/app/node_modules/a/node_modules/b/index.js', '/app/node_modules/a/node_modules/b'],
    ['\0/app/node_modules/a/index.js?commonjs-es-import', '/app/node_modules/a'],
    [String.raw`C:\app\node_modules\a\index.js`, String.raw`C:\app\node_modules\a`],
    ['/app/src/main.ts', undefined],
    ['\0vite/preload-helper.js', undefined],
  ])('of %s is %s', (id, folder) => {
    expect(packageFolder(id)).toBe(folder);
  });
});

describe('the notices of a build', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'notices-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  };
  const install = (name: string, fields: object): Promise<void> =>
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js', ...fields }));

  async function notices(shipped: readonly string[]): Promise<string> {
    const { collect, emit } = thirdPartyNotices(root, shipped);
    const result = await build({
      root,
      configFile: false,
      logLevel: 'silent',
      plugins: [collect(), emit()],
      worker: { plugins: () => [collect()] },
      build: { write: false, rolldownOptions: { input: join(root, 'main.js') } },
    });
    const outputs = [result].flat().flatMap((each) => ('output' in each ? each.output : []));
    const file = outputs.find(({ fileName }) => fileName === NOTICES_FILE);
    return file?.type === 'asset' ? String(file.source) : '';
  }

  it('are of what is bundled, in workers and as files too, and of what is shipped besides', async () => {
    await install('bundled', { license: 'ISC' });
    await write('node_modules/bundled/index.js', 'export const a = 1;');
    await write('node_modules/bundled/LICENSE.md', 'the words of bundled');
    await write('node_modules/bundled/NOTICE', 'the notice of bundled');
    await install('in-worker', { license: 'EPL-2.0' });
    await write('node_modules/in-worker/index.js', 'export const b = 2;');
    await install('as-file', { license: 'EPL-2.0' });
    await write('node_modules/as-file/thread.js', 'postMessage(1);');
    await install('shipped', { license: 'MIT', author: { name: 'The Authors' } });
    await install('unused', { license: 'MIT' });
    await write('worker.js', `import { b } from 'in-worker'; postMessage(b);`);
    await write(
      'main.js',
      `import { a } from 'bundled';
       import url from 'as-file/thread.js?url';
       console.log(a, url, new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }));`,
    );
    const text = await notices(['shipped']);
    expect(text.match(/^\S+ 1\.0\.0 \(.*\)$/gmu)).toEqual([
      'as-file 1.0.0 (EPL-2.0)',
      'bundled 1.0.0 (ISC)',
      'in-worker 1.0.0 (EPL-2.0)',
      'shipped 1.0.0 (MIT)',
    ]);
    expect(text).toContain('the words of bundled');
    expect(text).toContain('the notice of bundled');
    expect(text).toContain('https://spdx.org/licenses/EPL-2.0.html');
    expect(text).toMatch(/Copyright \(c\) The Authors\s+Permission is hereby granted/u);
  });

  it('say where the notices of native libraries are, where a package does not bring them', async () => {
    await write('main.js', '');
    await install('onnxruntime-node', { license: 'MIT', version: '1.2.3' });
    await install('other', { license: 'MIT', version: '1.2.3' });
    const text = await notices(['onnxruntime-node', 'other']);
    expect(text.match(/^https:.*$/gmu)).toEqual([
      'https://github.com/microsoft/onnxruntime/blob/v1.2.3/ThirdPartyNotices.txt',
    ]);
    expect(text).toContain('The native libraries of onnxruntime-node contain further software');
  });

  it('cannot be made where what is to be shipped is not there', async () => {
    await write('main.js', '');
    await expect(notices(['missing'])).rejects.toThrow('missing is no package');
  });
});
