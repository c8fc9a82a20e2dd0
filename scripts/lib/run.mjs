import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';

/** @type {readonly NodeJS.Signals[]} */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program on our terminal until it ends. Signals that are to end us are passed on to it, so that it decides.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} its exit code; 128 + the signal's number where a signal ended it, as in a shell
 */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', ...options });
    /** @param {NodeJS.Signals} signal */
    const passOn = (signal) => void child.kill(signal);
    for (const signal of ENDING_SIGNALS) process.on(signal, passOn);
    const stopPassingOn = () => {
      for (const signal of ENDING_SIGNALS) process.off(signal, passOn);
    };
    child.once('error', (error) => {
      stopPassingOn();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      stopPassingOn();
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}

/** Between the copies of one signal lie a few milliseconds; nobody presses Ctrl+C twice as fast as this. */
const COPY_WITHIN_MS = 150;
const LOOK_FOR_PARENT_EVERY_MS = 500;

/**
 * Lets this process be ended as its user means it, through npm and shells:
 * - Each ending signal arrives once. Ctrl+C reaches every process of the terminal, and npm and {@link run} pass on what
 *   they get; a server would take the copies for an impatient user who asks a second time.
 * - When the parent is gone, that counts as SIGTERM. npm passes a SIGTERM on to the shell between it and us, which dies
 *   of it without a word to us.
 * To be called before any of these signals gets its listener.
 */
export function endAsAsked() {
  const emit = process.emit.bind(process);
  let lastMs = -Infinity;
  /**
   * @param {any} event
   * @param {any[]} args
   */
  function emitOnce(event, ...args) {
    if (ENDING_SIGNALS.includes(event)) {
      const nowMs = performance.now();
      if (nowMs - lastMs < COPY_WITHIN_MS) return true;
      lastMs = nowMs;
    }
    return Reflect.apply(emit, process, [event, ...args]);
  }
  process.emit = emitOnce;

  // Windows keeps the number of a parent that is gone; and a process that never had a shell may outlive who started it.
  if (process.platform === 'win32' || process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    if (lastMs === -Infinity) process.kill(process.pid, 'SIGTERM');
  }, LOOK_FOR_PARENT_EVERY_MS);
  watch.unref();
}
