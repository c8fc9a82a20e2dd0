import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Flags, ParsedFlags } from '../config/flags.ts';
import { settingsFromFlags } from '../config/settings.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Application } from './application.ts';
import { readConfigurationFiles } from './configured-models.ts';
import { defaultDataDirectory } from './data-directory.ts';
import { createLogBook } from './log-book.ts';
import type { LogThreshold } from './log-threshold.ts';
import { startApplication, type StartOptions } from './start.ts';
import { systemClock } from './system-clock.ts';
import type { WorkerHost } from './worker-host.ts';

export interface HostOptions {
  /** Absolute path of the checkout, or of the packaged app: the folder that holds `out` and `resources`. */
  readonly installation: string;
  /** Makes the host's way to start workers. @param entry absolute path of the built worker. */
  readonly createWorkerHost: (entry: string) => WorkerHost;
  readonly log: Logger;
  /** What decides which lines `log` takes; the user interface can change it. */
  readonly logThreshold: LogThreshold;
  /** Where the sample models are real files, which native code can open; default: within the installation. */
  readonly samplesDirectory?: string;
  /** See StartOptions; default false. */
  readonly remembersSwitch?: boolean;
  readonly secrets?: StartOptions['secrets'];
  readonly onSignInNeeded?: StartOptions['onSignInNeeded'];
}

/**
 * Starts the application as a host's command line asks for it.
 * @throws ServingError INVALID_ARGUMENT for what a flag names, otherwise as {@link startApplication}.
 */
export async function startFromFlags(
  { flags, given }: Pick<ParsedFlags, 'flags' | 'given'>,
  host: HostOptions,
): Promise<Application> {
  const { files, warnings } = await readConfigurationFiles(flags);
  const logBook = createLogBook({ threshold: host.logThreshold }, { log: host.log, clock: systemClock });
  for (const warning of warnings) logBook.log.warn({ component: 'config' }, warning);
  return startApplication({
    settings: settingsFromFlags(flags, files),
    dataDirectory: dataDirectoryOf(flags),
    rendererDirectory: join(host.installation, 'out/renderer'),
    samplesDirectory: host.samplesDirectory ?? join(host.installation, 'resources/models'),
    protosDirectory: join(host.installation, 'resources/protos'),
    s3WorkerEntry: join(host.installation, 'out/main/s3-worker.js'),
    httpsWorkerEntry: join(host.installation, 'out/main/https-worker.js'),
    loadTestWorkerEntry: join(host.installation, 'out/main/load-test-worker.js'),
    modelReaderEntry: join(host.installation, 'out/main/model-reader-worker.js'),
    workerHost: host.createWorkerHost(join(host.installation, 'out/main/worker.js')),
    logBook,
    given: Object.entries(SERVING_FLAGS).flatMap(([flag, name]) => (given.has(flag) ? [name] : [])),
    remembersSwitch: host.remembersSwitch ?? false,
    ...(host.secrets && { secrets: host.secrets }),
    ...(host.onSignInNeeded && { onSignInNeeded: host.onSignInNeeded }),
  });
}

/** What each of these flags chooses. */
const SERVING_FLAGS = { rest_api_port: 'restPort', port: 'grpcPort', host: 'host' } as const;

/** Absolute path of the folder that a command line keeps its settings in: the one it names, else the usual one. */
export function dataDirectoryOf({ data_dir }: Pick<Flags, 'data_dir'>): string {
  if (data_dir !== '') return resolve(data_dir);
  return defaultDataDirectory({ platform: process.platform, env: process.env, homeDirectory: homedir() });
}
