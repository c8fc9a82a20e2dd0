import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { freePort } from '../../scripts/lib/free-port.ts';

/** Absolute path of a file of the repository. */
export function repositoryPath(path: string): string {
  return resolve(import.meta.dirname, '../..', path);
}

const Ready = z.object({
  ready: z.literal(true),
  restUrl: z.url(),
  grpcAddress: z.string().optional(),
  uiOrigin: z.url(),
  signInUrl: z.url(),
});
const Status = z.object({
  model_version_status: z.array(
    z.object({
      version: z.string(),
      state: z.string(),
      status: z.object({ error_code: z.string(), error_message: z.string() }),
    }),
  ),
});
export type VersionStatus = z.infer<typeof Status>['model_version_status'][number];

/** A built Slipway server in a process of its own, on free ports and with its own data directory. */
export interface Slipway extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly restUrl: string;
  /** `127.0.0.1:PORT`; empty where the gRPC API is off. */
  readonly grpcAddress: string;
  readonly uiOrigin: string;
  readonly signInUrl: string;
  /** Standard error so far. */
  log(): string;
  /** Asks until the status of a model satisfies `wanted`; throws with the last status after 20 s. */
  untilStatus(
    model: string,
    wanted: (versions: readonly VersionStatus[]) => boolean,
  ): Promise<readonly VersionStatus[]>;
  predict(model: string, body: unknown): Promise<{ status: number; version: string | null; json: unknown }>;
  /** Ends it with a signal. @returns exit code and signal. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: string | null }>;
}

export interface SlipwayOptions {
  readonly flags?: readonly string[];
  readonly dataDirectory: string;
  /** Absolute path of the built server; default: that of this checkout. */
  readonly entry?: string;
  /** Beside that of the tests, from which what concerns S3 and proxies is left out. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A machine's own settings must not decide where tests look for models. */
const OF_THE_MACHINE = /^(?:AWS_|S3_|(?:https?|no|all)_proxy$)/iu;

/** Starts the built server and waits until its ports are open (not until its models are loaded). */
export async function startSlipway({
  flags = [],
  dataDirectory,
  entry = repositoryPath('out/main/headless.js'),
  environment = {},
}: SlipwayOptions): Promise<Slipway> {
  const inherited = Object.entries(process.env).filter(([name]) => !OF_THE_MACHINE.test(name));
  const child = fork(
    entry,
    [
      `--data_dir=${dataDirectory}`,
      ...withDefault(flags, '--rest_api_port', '0'),
      ...withDefault(flags, '--ui_port', '0'),
      // 0 would turn the gRPC API off, as it does upstream.
      ...withDefault(flags, '--port', String(await freePort())),
      ...flags,
    ],
    { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: { ...Object.fromEntries(inherited), ...environment } },
  );
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = new Promise<{ code: number | null; signal: string | null }>((done) => {
    child.once('exit', (code, signal) => done({ code, signal }));
  });
  const early = exited.then(({ code }) => {
    throw new Error(`slipway ended with code ${String(code)} before it was ready:\n${stderr}`);
  });
  early.catch(() => undefined);
  const [message]: unknown[] = await Promise.race([once(child, 'message'), early]);
  const { restUrl, grpcAddress = '', uiOrigin, signInUrl } = Ready.parse(message);

  const server: Slipway = {
    process: child,
    restUrl,
    grpcAddress,
    uiOrigin,
    signInUrl,
    log: () => stderr,
    async untilStatus(model, wanted) {
      const end = Date.now() + 20_000;
      let last: unknown;
      while (Date.now() < end) {
        const response = await fetch(`${restUrl}/v1/models/${encodeURIComponent(model)}`);
        last = await response.json();
        const status = Status.safeParse(last);
        if (status.success && wanted(status.data.model_version_status)) return status.data.model_version_status;
        await new Promise((done) => setTimeout(done, 20));
      }
      throw new Error(`model ${model} did not come to the wanted status; last: ${JSON.stringify(last)}`);
    },
    async predict(model, body) {
      const response = await fetch(`${restUrl}/v1/models/${model}:predict`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      return {
        status: response.status,
        version: response.headers.get('slipway-model-version'),
        json: await response.json(),
      };
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exited;
    },
    async [Symbol.asyncDispose]() {
      await server.stop('SIGKILL');
    },
  };
  return server;
}

function withDefault(flags: readonly string[], name: string, value: string): string[] {
  return flags.some((flag) => flag.startsWith(`${name}=`)) ? [] : [`${name}=${value}`];
}

/** A folder for one test, removed afterwards; its name has what paths in the field have. */
export async function temporaryDirectory(name = 'slipway é e2e'): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), `${name}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Writes one version of a model at once. */
export async function writeVersion(modelDirectory: string, version: number, model: Uint8Array): Promise<void> {
  const path = join(modelDirectory, String(version), 'model.onnx');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, model);
}
