import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { giveUp, inProject, readIfThere, ROOT, say } from './project.mjs';
import { run } from './run.mjs';

/** What the build reads. */
const SOURCES = [
  'src-main',
  'src-renderer',
  'electron.vite.config.ts',
  'scripts/lib/third-party-notices.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig',
];
/** What of that never gets into the build. */
const NOT_BUILT = /^testing$|\.test\.tsx?$/u;
/** What the build makes. */
const RESULTS = [
  'out/main/electron.js',
  'out/main/headless.js',
  'out/main/worker.js',
  'out/preload/preload.cjs',
  'out/renderer/index.html',
];
/** Holds the hash of the sources that `out` was built from. */
const STAMP = inProject('out', '.sources');

/** The headless server as built. */
export const HEADLESS = inProject('out', 'main', 'headless.js');

/**
 * One hash over the names and contents of all sources: times say nothing after a checkout or a copy.
 * @param {string} root folder of the repository
 */
export function hashOfSources(root) {
  const hash = createHash('sha256');
  /** @param {string} path */
  function add(path) {
    const absolute = join(root, path);
    if (!existsSync(absolute)) return;
    if (statSync(absolute).isDirectory()) {
      for (const name of readdirSync(absolute).sort()) if (!NOT_BUILT.test(name)) add(`${path}/${name}`);
      return;
    }
    const content = readFileSync(absolute);
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  for (const path of SOURCES) add(path);
  return hash.digest('hex');
}

/** Whether there is a build at all, however old. */
export const isBuilt = () => RESULTS.every((path) => existsSync(inProject(path)));

/** Makes the next start build again, after something else wrote to `out`. */
export const forgetBuild = () => rmSync(STAMP, { force: true });

/**
 * Builds `out` if the sources changed since it was built. Ends the process where that fails.
 * @param {{ node: string, force?: boolean }} options node: the executable to build with
 */
export async function ensureBuilt({ node, force = false }) {
  // Taken before the build: what is edited while it runs makes the next start build again.
  const sources = hashOfSources(ROOT);
  if (!force && isBuilt() && readIfThere(STAMP) === sources) return;

  say(isBuilt() ? 'Building Slipway; its sources changed.' : 'Building Slipway.');
  forgetBuild();
  const builder = inProject('node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const exitCode = await run(node, [builder, 'build', '--logLevel', 'warn'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (exitCode !== 0) giveUp(`the build failed (exit code ${exitCode}); what it said is above.`);
  const missing = RESULTS.filter((path) => !existsSync(inProject(path)));
  if (missing.length > 0) giveUp(`the build made no ${missing.join(', ')}.`);
  writeFileSync(STAMP, sources);
}
