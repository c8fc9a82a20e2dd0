import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { giveUp, inProject, readIfThere, ROOT, say } from './project.mjs';
import { run } from './run.mjs';

const LOCK_FILE = inProject('package-lock.json');
/** In `node_modules`, so that it goes when they go. It holds the hash of the lock file they were installed from. */
const STAMP = inProject('node_modules', '.slipway-lock');

/**
 * @typedef {{ version?: string, optional?: boolean, devOptional?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} Lock
 */

/**
 * Whether an installation holds what a lock file asks for: every package, in that version. Packages for other platforms
 * may be absent.
 * @param {Lock} lock package-lock.json
 * @param {Lock} installed node_modules/.package-lock.json, which npm writes at the end of each installation
 */
export function holdsAllOf(lock, installed) {
  return Object.entries(lock.packages ?? {}).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed.packages?.[path];
    return found ? found.version === wanted.version : Boolean(wanted.optional ?? wanted.devOptional);
  });
}

/** Runs `npm ci` unless `node_modules` already holds what the lock file says. Ends the process where that fails. */
export async function ensureInstalled() {
  const lockText = readFileSync(LOCK_FILE, 'utf8');
  const lockHash = createHash('sha256').update(lockText).digest('hex');
  if (readIfThere(STAMP) === lockHash) return;

  // Dependencies installed by hand carry no stamp of ours, and a change of the lock file need not concern them.
  const installed = readIfThere(inProject('node_modules', '.package-lock.json'));
  if (installed === undefined || !holdsAllOf(JSON.parse(lockText), JSON.parse(installed))) {
    say(
      `Installing dependencies (npm ci); ${installed === undefined ? 'there are none yet' : 'the lock file changed'}.`,
    );
    const exitCode = await npm([
      'ci',
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]);
    if (exitCode !== 0) giveUp(`npm ci failed (exit code ${exitCode}); what it said is above.`);
  }
  writeFileSync(STAMP, lockHash);
}

/**
 * Runs npm: the one that runs us, or else the first on PATH.
 * @param {readonly string[]} args
 */
export async function npm(args) {
  const options = {
    cwd: ROOT,
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }, // it would download CUDA's libraries
  };
  const running = process.env['npm_execpath'];
  const known = running !== undefined && basename(running) === 'npm-cli.js' && existsSync(running);
  if (known) return run(process.execPath, [running, ...args], options);
  // On Windows npm is a script, which only a shell can run; the arguments are all ours and hold nothing to quote.
  return run('npm', args, { ...options, shell: process.platform === 'win32' }).catch(() =>
    giveUp('npm is not on PATH. Install Node.js with npm, then try again.'),
  );
}
