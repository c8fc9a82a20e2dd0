/**
 * Makes the pictures of "When something goes wrong" in docs/storage.md from the built application, by
 * `node e2e/pictures/s3-failures.ts [NAME …]` after `npm run build`: a real server, browser and download, with a store whose
 * faults are real to them. The full disk is one in memory, which takes Linux and root; without them its pictures stay.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type FaultProxy, startFaultProxy } from '../../scripts/s3-server/fault-proxy.ts';
import { startS3Server, type S3TestServer } from '../../scripts/s3-server/s3-server.ts';
import { affineModel, externalDataModel } from '../../scripts/samples/sample-models.ts';
import { startSlipway, type Slipway } from '../testing/slipway.ts';
import { cameraFor, delay, launchBrowser, route } from './camera.ts';

const USER = { accessKeyId: 'AKIAOFTHEPICTURES001', secretAccessKey: 'never-shown' };
const MIB = 1024 * 1024;
const WEIGHTS_MIB = 96;
const BODY = { instances: [1, 2, 5] };

interface World {
  readonly store: S3TestServer;
  readonly wire: FaultProxy;
  readonly server: Slipway;
  /** Version 4 is uploaded; half of its weights come at this pace. */
  readonly upload: (bytesPerSecond?: number) => void;
}

interface Failure {
  readonly name: string;
  /** Size of the disk that has the local copies, where it is one of its own. */
  readonly diskBytes?: number;
  /** Makes it fail, while version 3 serves, and resolves when the server has noticed. */
  readonly happen: (world: World) => Promise<void>;
  /** What is in the log before Sources is shown. */
  readonly thenLogged?: string;
}

const untilLogged = (server: Slipway, text: string): Promise<void> => until(() => server.log().includes(text), text);

const FAILURES: readonly Failure[] = [
  {
    name: 'unplugged',
    async happen({ wire, server, upload }) {
      upload(3 * MIB);
      await until(() => wire.bytesDown > 40 * MIB, 'a download');
      await wire.unplug('silent');
      await untilLogged(server, 'a poll hangs');
    },
    thenLogged: 'S3_STALLED',
  },
  {
    name: 'expired',
    async happen({ store, server }) {
      store.setUser({ ...USER, expired: true });
      await untilLogged(server, 'S3_TOKEN_EXPIRED');
    },
  },
  {
    name: 'disk-full',
    // Slipway leaves 2 GiB free: there is room for small versions only.
    diskBytes: 2048 * MIB + 48 * MIB,
    async happen({ server, upload }) {
      upload();
      await untilLogged(server, 'S3_NO_SPACE');
    },
  },
  {
    name: 'replaced',
    async happen({ store, wire, server, upload }) {
      upload(MIB);
      await until(() => wire.bytesDown > 40 * MIB, 'a download');
      const weights = new Uint8Array(externalDataModel(WEIGHTS_MIB, 'weights.bin').weights);
      weights[0] = 1;
      store.put('models', 'prod/ranker/4/weights.bin', weights);
      await untilLogged(server, 'S3_CHANGED');
    },
  },
];

const wanted = process.argv.slice(2);
const browser = await launchBrowser();
try {
  for (const failure of FAILURES) {
    if (wanted.length > 0 && !wanted.includes(failure.name)) continue;
    if (failure.diskBytes !== undefined && process.getuid?.() !== 0) {
      process.stderr.write(`pictures: ${failure.name} needs root, to have a disk of its own; it stays as it is\n`);
      continue;
    }
    await photograph(failure);
  }
} finally {
  await browser.close();
}

async function photograph({ name, diskBytes, happen, thenLogged }: Failure): Promise<void> {
  await using directory = await pictureDirectory();
  await using disk = await diskAt(join(directory.path, 'cache'), diskBytes);
  await using store = await startS3Server({ users: [USER] });
  await using wire = await startFaultProxy({ targetPort: store.port });
  store.put('models', 'prod/ranker/3/model.onnx', affineModel({ scale: 3, offset: 1 }));
  const dataDirectory = join(directory.path, 'data');
  await mkdir(dataDirectory, { recursive: true });
  const settings = {
    formatVersion: 1,
    models: [{ name: 'ranker', basePath: 's3://models/prod/ranker', versionPolicy: { kind: 'latest', count: 1 } }],
    connections: [
      {
        id: 'lab',
        name: 'lab',
        preset: 'minio',
        endpoint: wire.url,
        startUri: 's3://models/prod',
        addressing: 'auto',
        credentials: { kind: 'profile', name: 'research' },
        verifyTls: true,
        requesterPays: false,
      },
    ],
    removedSamples: ['digits', 'half_plus_two', 'half_plus_three'],
  };
  await writeFile(join(dataDirectory, 'settings.json'), JSON.stringify(settings));
  const credentials = join(directory.path, 'credentials');
  await writeFile(
    credentials,
    `[research]\naws_access_key_id = ${USER.accessKeyId}\naws_secret_access_key = ${USER.secretAccessKey}\n`,
  );
  await using server = await startSlipway({
    dataDirectory,
    flags: ['--version_settle_millis=0', '--file_system_poll_wait_seconds=5', `--cache_dir=${disk.path}`],
    environment: { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: join(directory.path, 'config') },
  });
  await server.untilStatus('ranker', (versions) => versions.some(({ state }) => state === 'AVAILABLE'));
  const upload = (bytesPerSecond?: number): void => {
    const { model, weights } = externalDataModel(WEIGHTS_MIB, 'weights.bin');
    store.put('models', 'prod/ranker/4/weights.bin', weights);
    store.put('models', 'prod/ranker/4/model.onnx', model);
    if (bytesPerSecond === undefined) return;
    store.faults.add({ key: 'prod/ranker/4/weights.bin', fault: { kind: 'slow', bytesPerSecond } });
  };
  const calls = keepCalling(server);
  try {
    const camera = await cameraFor(server, browser);
    await happen({ store, wire, server, upload });
    for (const screen of ['models', 'sources']) {
      if (screen === 'sources' && thenLogged !== undefined) await untilLogged(server, thenLogged);
      await camera.take({ name: `s3-${name}-${screen}`, theme: 'light', show: route(`/${screen}`) });
    }
  } finally {
    await calls.stop();
  }
}

/** What serves goes on serving: a call that fails is an error of this script. */
function keepCalling(server: Slipway): { readonly stop: () => Promise<void> } {
  const stopped = new AbortController();
  const running = (async () => {
    while (!stopped.signal.aborted) {
      const { status } = await server.predict('ranker', BODY);
      if (status !== 200) throw new Error(`a call was answered with ${status}`);
      await delay(40);
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** Its path is in the pictures. */
async function pictureDirectory(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A folder, on a disk of its own where that is to have a size. */
async function diskAt(path: string, sizeBytes: number | undefined): Promise<Folder> {
  await mkdir(path, { recursive: true });
  if (sizeBytes === undefined) return { path, [Symbol.asyncDispose]: async () => undefined };
  const run = promisify(execFile);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=700`, 'slipway-pictures', path]);
  return { path, [Symbol.asyncDispose]: async () => void (await run('umount', ['--lazy', path])) };
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 120_000;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`waited for ${what} in vain`);
    await delay(100);
  }
}
