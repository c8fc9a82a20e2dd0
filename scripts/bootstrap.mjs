/**
 * Behind every npm script: `node scripts/bootstrap.mjs COMMAND [ARGUMENTS]`.
 * It needs Node.js 18 or later and nothing installed. It installs the dependencies if they are missing or older than the
 * lock file, builds what is stale, and goes on under the Node.js that package.json pins.
 */
import { pathToFileURL } from 'node:url';
import { ensureBuilt, HEADLESS } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { pinnedNode, projectEnvironment } from './lib/pinned-node.mjs';
import { giveUp, inProject } from './lib/project.mjs';
import { endAsAsked, run } from './lib/run.mjs';

// The server may run in this process, and this is read when the first file is opened: see host/headless/main.ts.
process.env['UV_THREADPOOL_SIZE'] ??= '64';

/**
 * @typedef {object} Command
 * @property {'never' | 'if stale' | 'always'} build whether to build `out` first
 * @property {string} [module] what the command then runs, in this process and with the arguments of the command line
 * @property {readonly string[]} [before] arguments that come before those
 */

/** @type {Readonly<Record<string, Command>>} */
const COMMANDS = {
  start: { build: 'if stale', module: inProject('scripts', 'start.ts') },
  serve: { build: 'if stale', module: HEADLESS },
  build: { build: 'always' },
  dev: { build: 'if stale', module: inProject('scripts', 'dev.ts') },
  bench: { build: 'if stale', module: inProject('scripts', 'bench', 'main.ts') },
  test: { build: 'if stale', module: inProject('scripts', 'test.ts') },
  'test:unit': { build: 'never', module: inProject('scripts', 'test.ts'), before: ['--suites=unit'] },
  'test:e2e': { build: 'if stale', module: inProject('scripts', 'test.ts'), before: ['--suites=e2e'] },
  check: { build: 'never', module: inProject('scripts', 'check.ts') },
  fix: { build: 'never', module: inProject('scripts', 'fix.ts') },
  package: { build: 'always', module: inProject('scripts', 'package.ts') },
};

const [name = '', ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (!command) giveUp(`"${name}" is none of ${Object.keys(COMMANDS).join(', ')}.`);

await ensureInstalled();
const node = await pinnedNode();
Object.assign(process.env, projectEnvironment(node.path));

if (process.versions.node === node.version) {
  if (command.build !== 'never') await ensureBuilt({ node: node.path, force: command.build === 'always' });
  if (command.module) {
    endAsAsked();
    // npm runs scripts in the project's folder; paths among the arguments are meant from where it was called.
    const { INIT_CWD: calledFrom, npm_lifecycle_event: script } = process.env;
    if (calledFrom !== undefined && script === name) process.chdir(calledFrom);
    process.argv = [process.execPath, command.module, ...(command.before ?? []), ...args];
    await import(pathToFileURL(command.module).href);
  }
} else {
  process.exitCode = await run(node.path, [inProject('scripts', 'bootstrap.mjs'), name, ...args]);
}
