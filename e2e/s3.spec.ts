import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { startFaultProxy } from '../scripts/s3-server/fault-proxy.ts';
import { startS3Server, type S3TestServer } from '../scripts/s3-server/s3-server.ts';
import { affineModel, bigModel, externalDataModel } from '../scripts/samples/sample-models.ts';
import { startSlipway, temporaryDirectory, type Slipway } from './testing/slipway.ts';
import { test } from './testing/test.ts';

const USER = { accessKeyId: 'AKIAOFTHETESTS000001', secretAccessKey: 'secret-that-nobody-may-see' };
const halfPlusThree = affineModel({ scale: 0.5, offset: 3 });
const BODY = { instances: [1.0, 2.0, 5.0] };
const MIB = 1024 * 1024;

const available = (version: string) => (versions: readonly { version: string; state: string }[]) =>
  versions.some((status) => status.version === version && status.state === 'AVAILABLE');

/** What a user of an S3 store of their own sets. */
function environmentOf(endpoint: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: USER.accessKeyId,
    AWS_SECRET_ACCESS_KEY: USER.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: endpoint,
  };
}

/** All that the server said and keeps, where no secret may be. */
async function expectNoSecrets(server: Slipway, dataDirectory: string): Promise<void> {
  const said = [server.log()];
  for (const entry of await readdir(dataDirectory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) said.push(await readFile(join(entry.parentPath, entry.name), 'latin1'));
  }
  for (const secret of [USER.secretAccessKey, USER.accessKeyId, 'Signature=']) {
    expect(said.filter((text) => text.includes(secret))).toEqual([]);
  }
}

const downloads = (store: S3TestServer) => store.requests.filter(({ operation }) => operation === 'GetObject');

test('a model straight from a bucket, as TensorFlow Serving had it, and again without the store', async ({ page }) => {
  await using directory = await temporaryDirectory();
  const dataDirectory = join(directory.path, 'data');
  const store = await startS3Server({ users: [USER] });
  store.put('bucket', 'half_plus_three/00000123/model.onnx', halfPlusThree);
  const start = {
    dataDirectory,
    environment: environmentOf(store.url),
    flags: [
      '--model_name=half_plus_three',
      '--model_base_path=s3://bucket/half_plus_three',
      '--file_system_poll_wait_seconds=0',
    ],
  };
  try {
    await using server = await startSlipway(start);
    await server.untilStatus('half_plus_three', available('123'));
    const response = await fetch(`${server.restUrl}/v1/models/half_plus_three:predict`, {
      method: 'POST',
      body: '{"instances": [1.0, 2.0, 5.0]}',
    });
    expect((await response.text()).trim()).toBe('{"predictions": [3.5, 4.0, 5.5]}');
    // Once to see whether the version is complete, which reads little of a large model, and once to have it.
    expect(downloads(store).length).toBeLessThanOrEqual(2);
    await expectNoSecrets(server, dataDirectory);
    await server.stop();

    // A second start has it already: it looks whether the version is still the same, and fetches nothing.
    store.clearRequests();
    await using second = await startSlipway(start);
    const servingMs = performance.now();
    await second.untilStatus('half_plus_three', available('123'));
    // Of a machine that has nothing else to do; on a busy one everything takes its turn.
    const busy = Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
    expect(performance.now() - servingMs).toBeLessThan(2000 * busy);
    expect(second.log()).not.toContain('download');
    expect(store.requests.map(({ operation }) => operation)).toEqual(['ListObjectsV2', 'ListObjectsV2']);
    await second.stop();
  } finally {
    await store[Symbol.asyncDispose]();
  }

  await using offline = await startSlipway(start);
  await offline.untilStatus('half_plus_three', available('123'));
  expect((await offline.predict('half_plus_three', BODY)).json).toEqual({ predictions: [3.5, 4, 5.5] });
  expect(offline.log()).toContain('offline');
  await page.goto(offline.signInUrl);
  await page.locator('[data-model="half_plus_three"]').click();
  await expect(page.getByText('Offline copy').first()).toBeVisible();
  await expectNoSecrets(offline, dataDirectory);
});

test('a version that is uploaded slowly, weights last, takes over without one failed request', async () => {
  await using directory = await temporaryDirectory();
  await using store = await startS3Server({ users: [USER] });
  store.put('bucket', 'models/table/123/model.onnx', bigModel(1));
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    environment: environmentOf(store.url),
    flags: [
      '--model_name=table',
      '--model_base_path=s3://bucket/models/table',
      '--file_system_poll_wait_seconds=5',
      '--version_settle_millis=0',
      '--max_num_load_retries=0',
    ],
  });
  await server.untilStatus('table', available('123'));

  const answers: { status: number; version: string | null }[] = [];
  const stop = new AbortController();
  const predicting = (async () => {
    while (!stop.signal.aborted) {
      const { status, version } = await server.predict('table', { instances: [1, 2, 5] });
      answers.push({ status, version });
    }
  })();
  /** Resolves when the server has looked at all that is there, and at what the new version still lacks. */
  const untilLookedFor = async (): Promise<void> => {
    for (let poll = 0; poll < 2; poll += 1) {
      store.clearRequests();
      await store.untilRequest(({ query }) => query.get('prefix') === 'models/table/');
    }
  };

  const { model, weights } = externalDataModel(2, 'weights.bin');
  store.put('bucket', 'models/table/124/model.onnx', model);
  await untilLookedFor();
  store.put('bucket', 'models/table/124/vocabulary.txt', 'words');
  await untilLookedFor();
  expect(answers.every(({ status, version }) => status === 200 && version === '123')).toBe(true);
  store.put('bucket', 'models/table/124/weights.bin', weights);
  await server.untilStatus('table', (versions) =>
    versions.some(({ version, state }) => version === '123' && state === 'END'),
  );
  expect((await server.predict('table', { instances: [1, 2, 5] })).version).toBe('124');
  stop.abort();
  await predicting;
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(new Set(answers.map(({ version }) => version))).toEqual(new Set(['123', '124']));
  expect(server.log()).not.toContain('load failed');
});

test('the plug is pulled in mid-download, and what had come is not fetched again', async () => {
  await using directory = await temporaryDirectory();
  const dataDirectory = join(directory.path, 'data');
  await using store = await startS3Server({ users: [USER] });
  const { model, weights } = externalDataModel(64, 'weights.bin');
  store.put('bucket', 'table/1/model.onnx', model);
  store.put('bucket', 'table/1/weights.bin', weights);
  // The last of the ranges does not get far: a download is in the middle for as long as it takes.
  store.faults.add({
    key: 'table/1/weights.bin',
    when: (request) => request.header('range')?.startsWith(`bytes=${48 * MIB}-`) ?? false,
    fault: { kind: 'cut', afterBytes: MIB, how: 'stall' },
  });
  await using wire = await startFaultProxy({ targetPort: store.port });
  const start = {
    dataDirectory,
    environment: environmentOf(wire.url),
    flags: ['--model_name=table', '--model_base_path=s3://bucket/table', '--version_settle_millis=0'],
  };
  const cache = join(dataDirectory, 's3cache');
  {
    await using server = await startSlipway(start);
    await expect.poll(() => wire.bytesDown, { timeout: 20_000 }).toBeGreaterThan(49 * MIB);
    await wire.unplug('silent');
    // As hard as it gets: no goodbye from either side.
    server.process.kill('SIGKILL');
    await once(server.process, 'exit');
  }
  store.faults.clear();
  await wire.plugIn();
  const before = wire.bytesDown;
  await using server = await startSlipway(start);
  await server.untilStatus('table', available('1'));
  expect((await server.predict('table', { instances: [1, 2, 5] })).status).toBe(200);
  // One range, and at most another whose end had not been noted when the process was killed.
  expect(wire.bytesDown - before).toBeLessThan(33 * MIB);
  const left = await readdir(cache, { recursive: true });
  expect(left.filter((path) => /\.part|\.tmp-/u.test(path))).toEqual([]);
});

test('wrong keys leave what is served as it is, and are told of without being shown', async ({ page }) => {
  await using directory = await temporaryDirectory();
  const dataDirectory = join(directory.path, 'data');
  await using store = await startS3Server({ users: [USER] });
  store.put('bucket', 'm/1/model.onnx', halfPlusThree);
  await using server = await startSlipway({
    dataDirectory,
    environment: environmentOf(store.url),
    flags: [
      '--model_name=m',
      '--model_base_path=s3://bucket/m',
      '--file_system_poll_wait_seconds=5',
      '--version_settle_millis=0',
    ],
  });
  await server.untilStatus('m', available('1'));
  store.setUser({ ...USER, expired: true });
  await expect.poll(() => server.log(), { timeout: 15_000 }).toContain('S3_TOKEN_EXPIRED');
  expect(await server.predict('m', BODY)).toMatchObject({ status: 200, version: '1' });

  // A page of HTML where a listing should be must not look like an empty bucket.
  store.setUser(USER);
  store.faults.add({ fault: { kind: 'answer', status: 200, body: '<html><body>Sign in</body></html>' } });
  await expect.poll(() => server.log(), { timeout: 30_000 }).toContain('S3_NOT_S3');
  expect(await server.predict('m', BODY)).toMatchObject({ status: 200, version: '1' });
  await expectNoSecrets(server, dataDirectory);

  // Nor does the page get to know them: this is all that it is told.
  await page.goto(server.signInUrl);
  const state = await page.evaluate(async () => {
    const reader = (await fetch('/ui/events')).body?.getReader();
    const first = await reader?.read();
    await reader?.cancel();
    return new TextDecoder().decode(first?.value);
  });
  expect(state).toContain('S3_NOT_S3');
  for (const secret of [USER.secretAccessKey, USER.accessKeyId, 'Signature=']) expect(state).not.toContain(secret);
});
