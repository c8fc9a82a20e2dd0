import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the repository. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Absolute path of something in the repository.
 * @param {...string} parts
 */
export const inProject = (...parts) => join(ROOT, ...parts);

/**
 * Tells the person at the terminal what is going on. It goes to stderr: stdout belongs to what is started.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Ends the process with one line that says what is wrong and what to do.
 * @param {string} line
 * @returns {never}
 */
export function giveUp(line) {
  say(`slipway: ${line}`);
  process.exit(1);
}

/**
 * @param {string} path
 * @returns {string | undefined} the text of a file; undefined where there is none
 */
export function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
