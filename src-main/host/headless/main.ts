/** `slipway`: the whole application in a plain Node process. Flags in, a server and a user interface out. */
import { resolve } from 'node:path';
import { commandsHelp, isCommand, runCommand } from '../../app/command-line/run-command.ts';
import { endProcess } from '../../app/end-process.ts';
import { createLogThreshold } from '../../app/log-threshold.ts';
import { createProcessLogger } from '../../app/process-logger.ts';
import { startFromFlags } from '../../app/start-from-flags.ts';
import { SLIPWAY_VERSION } from '../../app/version.ts';
import { createChildProcessHost } from '../../app/worker-host.ts';
import { flagsHelp, parseFlags, type ParsedFlags } from '../../config/flags.ts';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import { openBrowser } from './open-browser.ts';

// Workers set it for themselves too; here it covers whatever else may load the library.
process.env['ORT_DISABLE_TELEMETRY'] = '1';
// Read when the first file is opened: a few folders on a drive that hangs must not hold up all file access.
process.env['UV_THREADPOOL_SIZE'] ??= '64';

/** The built file is out/main/headless.js. */
const INSTALLATION = resolve(import.meta.dirname, '../..');
/** Distinct, so that scripts can tell bad flags from a failed start. */
const EXIT_FAILED = 1;
const EXIT_BAD_USAGE = 2;
/** Requests without a session print a new link at most so often. */
const NEXT_LINK_MS = 10_000;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(error: unknown, exitCode: number): never {
  process.stderr.write(`slipway: ${asServingError(error).message}\n`);
  if (!(error instanceof ServingError))
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(exitCode);
}

function isBadUsage(error: unknown): boolean {
  return error instanceof ServingError && error.code === 'INVALID_ARGUMENT';
}

/** A command such as `ls` does one thing in this process, and ends it. */
async function runOne(argv: readonly string[]): Promise<never> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  // Whoever reads may have had enough: `slipway ls ... | head`.
  process.stdout.on('error', () => process.exit(EXIT_FAILED));
  const printError = (line: string): void => void process.stderr.write(`${line}\n`);
  const context = { installation: INSTALLATION, print, signal: stop.signal };
  const exitCode = await runCommand(argv, context, printError);
  await new Promise<void>((written) => {
    process.stdout.write('', () => written());
  });
  endProcess(exitCode);
}

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  if (isCommand(argv)) return runOne(argv);
  const parsed = readFlags();
  const { flags, warnings } = parsed;
  if (flags.help) return print(`${flagsHelp(Math.min(process.stdout.columns ?? 100, 120))}\n${commandsHelp()}`);
  if (flags.version) return print(`Slipway ${SLIPWAY_VERSION}`);

  const logThreshold = createLogThreshold(flags.log_level);
  const log = createProcessLogger(logThreshold, flags.log_format);
  for (const warning of warnings) log.warn({}, warning);
  // Replaced as soon as there are links to offer.
  let offerLink = (): void => undefined;
  const application = await startFromFlags(parsed, {
    installation: INSTALLATION,
    createWorkerHost: (entry) => createChildProcessHost({ entry }),
    log,
    logThreshold,
    onSignInNeeded: () => offerLink(),
  }).catch((error: unknown) => fail(error, isBadUsage(error) ? EXIT_BAD_USAGE : EXIT_FAILED));

  // As with the log: nobody may be reading any more.
  process.stdout.on('error', () => undefined);
  const signInUrl = application.issueSignInUrl();
  print(`Slipway ${SLIPWAY_VERSION}`);
  const { restUrl, grpcAddress } = application.addresses();
  print(`REST API:        ${restUrl}`);
  if (grpcAddress !== undefined) print(`gRPC API:        ${grpcAddress}`);
  print(`User interface:  ${signInUrl}`);
  print('                 (this link opens it once; press Ctrl+C here to stop)');
  let offeredAtMs = 0;
  offerLink = () => {
    if (Date.now() - offeredAtMs < NEXT_LINK_MS) return;
    offeredAtMs = Date.now();
    print(`To open the user interface again: ${application.issueSignInUrl()}`);
  };
  // A parent that started this process with an IPC channel gets the same as data.
  process.send?.({ ready: true, restUrl, grpcAddress, uiOrigin: application.uiOrigin, signInUrl });
  if (flags.open_browser) openBrowser(signInUrl);

  let stopping = false;
  async function stop(reason: string): Promise<void> {
    if (stopping) {
      process.stderr.write('slipway: stopped without waiting for running requests\n');
      endProcess(EXIT_FAILED);
    }
    stopping = true;
    log.info({ reason }, 'stopping');
    await application.stop();
    endProcess(0);
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void stop(signal).catch((error: unknown) => fail(error, EXIT_FAILED)));
  }
  process.once('disconnect', () => void stop('parent is gone').catch((error: unknown) => fail(error, EXIT_FAILED)));
}

function readFlags(): ParsedFlags {
  try {
    return parseFlags(process.argv.slice(2));
  } catch (error) {
    return fail(error, EXIT_BAD_USAGE);
  }
}

await main();
