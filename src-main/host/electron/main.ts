/** The desktop app: the same application in Electron's main process, with a window on its user interface. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as electron from 'electron';
import type { Application } from '../../app/application.ts';
import { readConfiguredModels } from '../../app/configured-models.ts';
import { defaultDataDirectory } from '../../app/data-directory.ts';
import { createProcessLogger } from '../../app/process-logger.ts';
import { startApplication } from '../../app/start.ts';
import { ownFlags, parseFlags } from '../../config/flags.ts';
import { settingsFromFlags } from '../../config/settings.ts';
import { runShell } from './shell.ts';
import { createUtilityProcessHost } from './utility-process-host.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

/** The built file is out/main/electron.js, in a checkout and inside the packaged archive alike. */
const INSTALLATION = resolve(import.meta.dirname, '../..');
const log = createProcessLogger('info');

async function start(): Promise<Application> {
  const given = ownFlags(process.argv);
  // A free port for the page leaves 8510 to a server beside the app.
  const flags = parseFlags(given.some((flag) => flag.startsWith('--ui_port=')) ? given : ['--ui_port=0', ...given]);
  return startApplication({
    settings: settingsFromFlags(flags, await readConfiguredModels(flags)),
    dataDirectory:
      flags.data_dir === ''
        ? defaultDataDirectory({ platform: process.platform, env: process.env, homeDirectory: homedir() })
        : resolve(flags.data_dir),
    rendererDirectory: join(INSTALLATION, 'out/renderer'),
    samplesDirectory: join(INSTALLATION, 'resources/models'),
    workerHost: createUtilityProcessHost(
      (entry, args, options) => electron.utilityProcess.fork(entry, args, options),
      join(INSTALLATION, 'out/main/worker.js'),
    ),
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
