/** `npm start`: the desktop app; where it cannot run, the same application without its window. */
import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { HEADLESS } from './lib/build.mjs';
import { downloadElectron, installedElectron } from './lib/electron-binary.ts';
import { ROOT, say } from './lib/project.mjs';

/** A failure sooner than this means that Electron does not work here (missing libraries, no sandbox); later, that it broke. */
const STARTS_WITHIN_MS = 5_000;

const reason = await runDesktopApp();
if (reason !== undefined) {
  say(`${reason}; running Slipway without its window.`);
  const browser = hasDesktop() ? ['--open_browser'] : [];
  process.argv = [process.execPath, HEADLESS, ...browser, ...process.argv.slice(2)];
  await import(pathToFileURL(HEADLESS).href);
}

/** Runs the desktop app to its end. @returns why it cannot run here; undefined when it did run */
async function runDesktopApp(): Promise<string | undefined> {
  if (!hasDesktop()) return 'There is no display here';
  if (process.getuid?.() === 0 && process.platform === 'linux') return "Electron's sandbox does not run as root";
  let electron = installedElectron();
  if (electron === undefined) {
    say('Fetching Electron, once.');
    electron = await downloadElectron();
  }
  if (electron === undefined) return "Electron's binary cannot be downloaded";

  const startedMs = performance.now();
  const { exitCode, detail } = await runElectron(electron);
  if (exitCode !== 0 && performance.now() - startedMs < STARTS_WITHIN_MS) return `Electron does not start (${detail})`;
  process.exitCode = exitCode;
  return undefined;
}

async function runElectron(executable: string): Promise<{ exitCode: number; detail: string }> {
  // Set by tools that are Electron apps themselves, it would make ours a plain Node.js.
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  const child = spawn(executable, [ROOT, ...process.argv.slice(2)], { stdio: 'inherit', env });
  let asked = false;
  function passOn(signal: NodeJS.Signals): void {
    asked = true;
    child.kill(signal);
  }
  process.on('SIGINT', passOn).on('SIGTERM', passOn).on('SIGHUP', passOn);
  const ended = Promise.withResolvers<{ exitCode: number; detail: string }>();
  child.once('error', (error) => ended.resolve({ exitCode: 1, detail: error.message }));
  child.once('exit', (code, signal) => {
    if (asked) ended.resolve({ exitCode: 0, detail: 'asked to end' });
    else ended.resolve({ exitCode: code ?? 1, detail: signal === null ? `exit code ${code}` : `signal ${signal}` });
  });
  const end = await ended.promise;
  process.off('SIGINT', passOn).off('SIGTERM', passOn).off('SIGHUP', passOn);
  return end;
}

/** Whether a window could be shown to someone. */
function hasDesktop(): boolean {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}
