/** The desktop app: the same application in Electron's main process, with a window on its user interface. */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as electron from 'electron';
import { isExitHeldUp } from '../../app/end-process.ts';
import { createLogThreshold } from '../../app/log-threshold.ts';
import { createProcessLogger } from '../../app/process-logger.ts';
import { dataDirectoryOf, startFromFlags } from '../../app/start-from-flags.ts';
import { ownFlags, parseFlags, type ParsedFlags } from '../../config/flags.ts';
import { asServingError } from '../../contracts/serving-error.ts';
import { createSessionBus } from './session-bus.ts';
import { runShell } from './shell.ts';
import { createUtilityProcessHost, type ForkUtilityProcess } from './utility-process-host.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1';
// Read when the first file is opened: a few folders on a drive that hangs must not hold up all file access.
process.env['UV_THREADPOOL_SIZE'] ??= '64';

/** The built file is out/main/electron.js, in a checkout and inside the packaged archive alike. */
const INSTALLATION = resolve(import.meta.dirname, '../..');
/** What native code opens is packed beside the archive: see asarUnpack in scripts/lib/package-config.ts. */
const REAL_FILES = INSTALLATION.replace(/\.asar$/u, '.asar.unpacked');
const logThreshold = createLogThreshold('info');
const log = createProcessLogger(logThreshold);

const fork: ForkUtilityProcess = (entry, args, options) => electron.utilityProcess.fork(entry, args, options);

function readFlags(): ParsedFlags {
  const given = ownFlags(process.argv);
  // A free port for the page leaves 8510 to a server beside the app.
  return parseFlags(given.some((flag) => flag.startsWith('--ui_port=')) ? given : ['--ui_port=0', ...given]);
}

function fail(error: unknown): void {
  log.error({ error }, 'shell failed');
  electron.dialog.showErrorBox('Slipway cannot start', asServingError(error).message);
  electron.app.exit(1);
}

function main(): void {
  const parsed = readFlags();
  const { flags, warnings } = parsed;
  logThreshold.set(flags.log_level);
  for (const warning of warnings) log.warn({}, warning);
  const dataDirectory = dataDirectoryOf(flags);
  // Chromium's own files keep out of the way of ours; and there may be one app for each data directory.
  const chromiumDirectory = join(dataDirectory, 'chromium');
  mkdirSync(chromiumDirectory, { recursive: true, mode: 0o700 });
  electron.app.setPath('userData', chromiumDirectory);
  electron.app.setAppUserModelId('app.slipway.desktop');

  // Not awaited: Electron is ready only after this module has run, and the shell waits for that.
  void runShell({
    electron,
    startApplication: (secrets) =>
      startFromFlags(parsed, {
        installation: INSTALLATION,
        samplesDirectory: join(REAL_FILES, 'resources/models'),
        createWorkerHost: (entry) => createUtilityProcessHost(fork, entry),
        remembersSwitch: true,
        secrets,
        log,
        logThreshold,
      }),
    preloadPath: join(INSTALLATION, 'out/preload/preload.cjs'),
    iconsDirectory: join(INSTALLATION, 'resources/icons'),
    dataDirectory,
    process: {
      platform: process.platform,
      env: process.env,
      homeDirectory: homedir(),
      pid: process.pid,
      execPath: process.execPath,
      argv: process.argv,
      workingDirectory: process.cwd(),
      onEndSignal(listener) {
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, listener);
      },
      endIfHeldUp() {
        // Chromium's own processes end with their connection to this one.
        if (isExitHeldUp()) process.kill(process.pid, 'SIGKILL');
      },
    },
    bus: createSessionBus(),
    log,
  }).catch(fail);
}

try {
  main();
} catch (error) {
  fail(error);
}
