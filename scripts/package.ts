/**
 * `npm run package`: packs the desktop app for this system into .cache/packages. Arguments go to electron-builder, for
 * example `--dir` for a folder in place of installers. It is fetched when it is needed: only releases are packed.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { packageConfig } from './lib/package-config.ts';
import { giveUp, inProject, ROOT } from './lib/project.mjs';

const BUILDER = 'electron-builder@26.17.0';
/** Relative to the folder that it is started in, which may have spaces in its name. */
const CONFIG = '.cache/electron-builder.json';

mkdirSync(inProject('.cache'), { recursive: true });
writeFileSync(inProject(CONFIG), JSON.stringify(packageConfig, undefined, 2));

const { status, error } = spawnSync(
  'npx',
  ['--yes', BUILDER, '--config', CONFIG, '--publish', 'never', ...process.argv.slice(2)],
  // npx is a script on Windows, which only a shell can run.
  { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' },
);
if (error) giveUp(`npx cannot be run (${error.message}); it comes with Node.js.`);
process.exitCode = status ?? 1;
