import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { npm } from './install.mjs';
import { giveUp, inProject } from './project.mjs';

/**
 * The Node.js that package.json pins as the dependency `node`, installed if its install script was not allowed to run.
 * Ends the process where it cannot be had.
 * @returns {Promise<{ version: string, path: string }>} path: of the executable, absolute
 */
export async function pinnedNode() {
  const version = JSON.parse(readFileSync(inProject('package.json'), 'utf8')).devDependencies.node;
  const path = inProject('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(path)) {
    // `ignore-scripts=true` in someone's npm settings leaves the package empty.
    await npm(['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error']);
  }
  if (!existsSync(path)) {
    giveUp(`Node.js ${version} is missing from node_modules/node. Delete node_modules and try again.`);
  }
  return { version, path };
}

/**
 * The environment in which everything of the repository runs: the pinned Node.js and the installed tools come first on
 * PATH, and onnxruntime's telemetry is off before anything can load it.
 * @param {string} nodePath
 * @returns {NodeJS.ProcessEnv}
 */
export function projectEnvironment(nodePath) {
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
  // Windows spells it Path, and two spellings in one environment are a lottery.
  const pathKey = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  const first = [dirname(nodePath), inProject('node_modules', '.bin')];
  const rest = (env[pathKey] ?? '').split(delimiter).filter((folder) => !first.includes(folder));
  return { ...env, [pathKey]: [...first, ...rest].join(delimiter) };
}
