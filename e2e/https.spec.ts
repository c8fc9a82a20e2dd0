import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { affineModel, externalDataModel } from '../scripts/samples/sample-models.ts';
import { startSlipway, temporaryDirectory } from './testing/slipway.ts';
import { test } from './testing/test.ts';

const TOKEN = 's3cr3t-t0ken';
const BODY = { instances: [1.0, 2.0, 5.0] };

const available = (version: string) => (versions: readonly { version: string; state: string }[]) =>
  versions.some((status) => status.version === version && status.state === 'AVAILABLE');

/** A web server of files that wants a token, as stores with signed addresses do. */
async function startFiles(): Promise<AsyncDisposable & { origin: string; files: Map<string, Uint8Array> }> {
  const files = new Map<string, Uint8Array>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const content = files.get(pathname);
    if (searchParams.get('token') !== TOKEN) response.writeHead(403).end();
    else if (content) response.writeHead(200, { 'content-length': content.length }).end(content);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    files,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function manifestOf(files: ReadonlyMap<string, Uint8Array>, folder: string): Uint8Array {
  const versions: Record<string, { files: { name: string; size: number; checksum: string }[] }> = {};
  for (const [path, bytes] of files) {
    const [version = '', name] = path.startsWith(folder) ? path.slice(folder.length).split('/') : [];
    if (name === undefined) continue;
    const checksum = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    (versions[version] ??= { files: [] }).files.push({ name, size: bytes.length, checksum });
  }
  return Buffer.from(JSON.stringify({ formatVersion: 1, versions }));
}

test('a manifest on a web server is served, and its next version takes over', async ({ page }) => {
  await using directory = await temporaryDirectory();
  const dataDirectory = join(directory.path, 'data');
  await using web = await startFiles();
  const publish = (): void => void web.files.set('/m/manifest.json', manifestOf(web.files, '/m/'));
  web.files.set('/m/1/model.onnx', affineModel({ scale: 0.5, offset: 3 }));
  publish();
  await using server = await startSlipway({
    dataDirectory,
    flags: [
      '--model_name=half_plus_three',
      `--model_base_path=${web.origin}/m/manifest.json?token=${TOKEN}`,
      '--file_system_poll_wait_seconds=5',
      '--version_settle_millis=0',
    ],
  });
  await server.untilStatus('half_plus_three', available('1'));
  expect((await server.predict('half_plus_three', BODY)).json).toEqual({ predictions: [3.5, 4, 5.5] });

  const answers: { status: number; version: string | null }[] = [];
  const stop = new AbortController();
  const predicting = (async () => {
    while (!stop.signal.aborted) {
      const { status, version } = await server.predict('half_plus_three', BODY);
      answers.push({ status, version });
    }
  })();
  const { model, weights } = externalDataModel(1, 'weights.bin');
  web.files.set('/m/2/model.onnx', model);
  web.files.set('/m/2/weights.bin', weights);
  publish();
  await server.untilStatus('half_plus_three', (versions) =>
    versions.some(({ version, state }) => version === '1' && state === 'END'),
  );
  expect((await server.predict('half_plus_three', BODY)).version).toBe('2');
  stop.abort();
  await predicting;
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(new Set(answers.map(({ version }) => version))).toEqual(new Set(['1', '2']));

  await page.goto(server.signInUrl);
  await page.locator('[data-model="half_plus_three"]').click();
  await expect(page.getByText('manifest.json?…').first()).toBeVisible();
  expect(await page.content()).not.toContain(TOKEN);
  const said = [server.log()];
  for (const entry of await readdir(dataDirectory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) said.push(await readFile(join(entry.parentPath, entry.name), 'latin1'));
  }
  expect(said.filter((text) => text.includes(TOKEN))).toEqual([]);
});
