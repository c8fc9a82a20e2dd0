import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { silentLogger } from '../../../contracts/logger.ts';
import type { SessionBus } from '../session-bus.ts';
import { runShell, type ShellDependencies } from '../shell.ts';
import { applicationStub, electronStub, type ElectronStubOptions } from './electron-stub.ts';

/** The process that the shell of a test believes to run in. */
const TEST_PID = 4242;

/** A session bus of a desktop that shows the icon of {@link TEST_PID}, or of one that shows none. */
function busStub({ showsTray }: { readonly showsTray: boolean }): SessionBus {
  const answers: Readonly<Record<string, string>> = {
    IsStatusNotifierHostRegistered: '(<true>,)',
    RegisteredStatusNotifierItems: "(<[':1.9/StatusNotifierItem']>,)",
    ':1.9': `(uint32 ${TEST_PID},)`,
  };
  return { call: async ({ args }) => (showsTray ? answers[args.at(-1) ?? ''] : undefined) };
}

/** A folder that is removed when the test ends. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-shell-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Whether only its owner may read a file; Windows says it in other ways, by the folder of the user. */
export async function isForOwnerOnly(path: string): Promise<boolean> {
  return process.platform === 'win32' || ((await stat(path)).mode & 0o777) === 0o600;
}

export interface ShellTestOptions extends ElectronStubOptions {
  readonly platform?: NodeJS.Platform;
  readonly argv?: readonly string[];
  readonly showsTray?: boolean;
  readonly dataDirectory?: string;
  readonly stop?: () => Promise<void>;
  readonly startApplication?: ShellDependencies['startApplication'];
}

/** Runs the shell on stand-ins for Electron and the application. */
export async function startedShell(options: ShellTestOptions = {}) {
  const stub = electronStub(options);
  const { application, tell } = applicationStub(options.stop, stub.calls);
  const dataDirectory = options.dataDirectory ?? (await testFolder());
  let signal = (): void => undefined;
  await runShell({
    electron: stub.api,
    startApplication: options.startApplication ?? (async () => application),
    preloadPath: '/preload.cjs',
    iconsDirectory: '/icons',
    dataDirectory,
    process: {
      platform: options.platform ?? 'linux',
      env: {},
      homeDirectory: dataDirectory,
      pid: TEST_PID,
      execPath: '/opt/slipway',
      argv: options.argv ?? ['/opt/slipway'],
      workingDirectory: '/home/ann',
      onEndSignal: (listener) => (signal = listener),
      endIfHeldUp: () => void stub.calls.push('end by force where held up'),
    },
    bus: busStub({ showsTray: options.showsTray ?? true }),
    log: silentLogger,
  });
  return { ...stub, tell, dataDirectory, signal: () => signal() };
}
