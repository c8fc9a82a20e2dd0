#!/usr/bin/env node
/** The `slipway` command: the headless server with the flags of the command line, built first if it never was. */
import { pathToFileURL } from 'node:url';
import { ensureBuilt, HEADLESS, isBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { pinnedNode, projectEnvironment } from './lib/pinned-node.mjs';
import { inProject } from './lib/project.mjs';
import { endAsAsked, run } from './lib/run.mjs';

// The server runs in this process, and this is read when the first file is opened: see host/headless/main.ts.
process.env['UV_THREADPOOL_SIZE'] ??= '64';

if (!isBuilt()) await ensureInstalled();
const node = await pinnedNode();
Object.assign(process.env, projectEnvironment(node.path));
if (!isBuilt()) await ensureBuilt({ node: node.path });

const args = process.argv.slice(2);
if (process.versions.node === node.version) {
  endAsAsked();
  process.argv = [process.execPath, HEADLESS, ...args];
  await import(pathToFileURL(HEADLESS).href);
} else {
  process.exitCode = await run(node.path, [inProject('scripts', 'slipway.mjs'), ...args]);
}
