/** The desktop app: the same application in Electron's main process, with a window on its user interface. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as electron from 'electron';
import { defaultDataDirectory } from '../../app/data-directory.ts';
import { createProcessLogger } from '../../app/process-logger.ts';
import { startApplication } from '../../app/start.ts';
import { parseFlags } from '../../config/flags.ts';
import { settingsFromFlags } from '../../config/settings.ts';
import { runShell } from './shell.ts';
import { createUtilityProcessHost } from './utility-process-host.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

/** The built file is out/main/electron.js, in a checkout and inside the packaged archive alike. */
const INSTALLATION = resolve(import.meta.dirname, '../..');
const log = createProcessLogger('info');

// Not awaited: Electron is ready only after this module has run, and the shell waits for that.
void runShell({
  electron,
  startApplication: () =>
    startApplication({
      // The desktop app has no command line of its own; a free port for the page leaves 8510 to a server beside it.
      settings: settingsFromFlags(parseFlags(['--ui_port=0']), []),
      dataDirectory: defaultDataDirectory({ platform: process.platform, env: process.env, homeDirectory: homedir() }),
      rendererDirectory: join(INSTALLATION, 'out/renderer'),
      samplesDirectory: join(INSTALLATION, 'resources/models'),
      workerHost: createUtilityProcessHost(
        (entry, args, options) => electron.utilityProcess.fork(entry, args, options),
        join(INSTALLATION, 'out/main/worker.js'),
      ),
      log,
    }),
  preloadPath: join(INSTALLATION, 'out/preload/preload.cjs'),
  platform: process.platform,
  log,
}).catch((error: unknown) => {
  log.error({ error }, 'shell failed');
  electron.app.exit(1);
});
