import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProject } from './project.mjs';

const PACKAGE = inProject('node_modules', 'electron');
/** How long a download may stand still: a blocked network often neither answers nor refuses. */
const STALLED_AFTER_MS = 20_000;
const LOOK_EVERY_MS = 500;

/**
 * Electron's executable as installed. The package comes without it and fetches it when it is first asked for, so it must
 * not be asked (`import 'electron'` outside Electron) by anything that has to work offline.
 * @returns an absolute path; undefined where it was not fetched yet
 */
export function installedElectron(): string | undefined {
  try {
    const executable = readFileSync(join(PACKAGE, 'path.txt'), 'utf8');
    const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(PACKAGE, 'dist');
    const path = join(folder, executable);
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Fetches Electron's executable by its package's own script, quietly, and gives up when the download stands still.
 * @returns its absolute path; undefined where it cannot be had
 */
export async function downloadElectron(): Promise<string | undefined> {
  const downloads = mkdtempSync(join(tmpdir(), 'slipway-electron-'));
  try {
    // The script keeps the download in the temporary folder until it is complete; a folder of our own shows its growth.
    const env = { ...process.env, TMPDIR: downloads, TEMP: downloads, TMP: downloads };
    const child = spawn(process.execPath, [join(PACKAGE, 'install.js')], { stdio: 'ignore', env });
    const ended = Promise.withResolvers<void>();
    child.once('error', () => ended.resolve());
    child.once('exit', () => ended.resolve());

    let size = -1;
    let grewAtMs = performance.now();
    const watch = setInterval(() => {
      const now = sizeBelow(downloads) + sizeBelow(join(PACKAGE, 'dist'));
      if (now !== size) grewAtMs = performance.now();
      else if (performance.now() - grewAtMs > STALLED_AFTER_MS) child.kill();
      size = now;
    }, LOOK_EVERY_MS);
    await ended.promise;
    clearInterval(watch);
  } finally {
    rmSync(downloads, { recursive: true, force: true, maxRetries: 3 });
  }
  return installedElectron();
}

/** Bytes in a folder; 0 where it is not there, and files that vanish meanwhile do not count. */
function sizeBelow(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce(
      (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  } catch {
    return 0;
  }
}
