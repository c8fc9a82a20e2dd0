/** The desktop app: the same application in Electron's main process, with a window on its user interface. */
import { join, resolve } from 'node:path';
import * as electron from 'electron';
import type { Application } from '../../app/application.ts';
import { createProcessLogger } from '../../app/process-logger.ts';
import { startFromFlags } from '../../app/start-from-flags.ts';
import { ownFlags, parseFlags } from '../../config/flags.ts';
import { runShell } from './shell.ts';
import { createUtilityProcessHost, type ForkUtilityProcess } from './utility-process-host.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1';
// Read when the first file is opened: a few folders on a drive that hangs must not hold up all file access.
process.env['UV_THREADPOOL_SIZE'] ??= '64';

/** The built file is out/main/electron.js, in a checkout and inside the packaged archive alike. */
const INSTALLATION = resolve(import.meta.dirname, '../..');
const log = createProcessLogger('info');

const fork: ForkUtilityProcess = (entry, args, options) => electron.utilityProcess.fork(entry, args, options);

async function start(): Promise<Application> {
  const given = ownFlags(process.argv);
  // A free port for the page leaves 8510 to a server beside the app.
  const { flags, warnings } = parseFlags(
    given.some((flag) => flag.startsWith('--ui_port=')) ? given : ['--ui_port=0', ...given],
  );
  for (const warning of warnings) log.warn({}, warning);
  return startFromFlags(flags, {
    installation: INSTALLATION,
    createWorkerHost: (entry) => createUtilityProcessHost(fork, entry),
    log,
  });
}

// Not awaited: Electron is ready only after this module has run, and the shell waits for that.
void runShell({
  electron,
  startApplication: start,
  preloadPath: join(INSTALLATION, 'out/preload/preload.cjs'),
  platform: process.platform,
  log,
}).catch((error: unknown) => {
  log.error({ error }, 'shell failed');
  electron.app.exit(1);
});
