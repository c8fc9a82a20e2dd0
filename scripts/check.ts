/**
 * `npm run check`: everything that must hold before a commit. It stops at the first part that fails, with that part's
 * own words. `--skip_unit` leaves out the unit tests, for a job that runs `npm test` next.
 */
import { spawn } from 'node:child_process';
import { giveUp, inProject, ROOT, say } from './lib/project.mjs';

interface Part {
  readonly name: string;
  readonly command: readonly string[];
  readonly advice?: string;
}

const tool = (...path: readonly string[]): string => inProject('node_modules', ...path);

const PARTS: readonly Part[] = [
  { name: 'types', command: [tool('typescript', 'bin', 'tsc'), '--build'] },
  {
    name: 'lint',
    command: [tool('oxlint', 'bin', 'oxlint'), '--deny-warnings'],
    advice: '"npm run fix" mends what can be mended by itself.',
  },
  {
    name: 'format',
    command: [tool('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.'],
    advice: '"npm run fix" formats.',
  },
  {
    name: 'import table',
    command: [tool('dependency-cruiser', 'bin', 'dependency-cruise.mjs'), '--output-type=err', '.'],
    advice: 'CONTRIBUTING.md says which folder may import which.',
  },
  { name: 'dead exports', command: [tool('knip', 'bin', 'knip.js')] },
  { name: 'unit tests', command: [tool('vitest', 'vitest.mjs'), 'run'] },
];

const flags = process.argv.slice(2);
const unknown = flags.find((flag) => flag !== '--skip_unit');
if (unknown !== undefined) giveUp(`npm run check knows no ${unknown}.`);
const parts = PARTS.filter(({ name }) => name !== 'unit tests' || !flags.includes('--skip_unit'));

for (const { name, command, advice } of parts) {
  const startedMs = performance.now();
  const { exitCode, output } = await outputOf(command);
  if (exitCode !== 0) {
    process.stdout.write(output);
    giveUp(`check stopped at "${name}".${advice === undefined ? '' : ` ${advice}`}`);
  }
  say(`${name.padEnd(12)} ok  ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}

/** Runs a part and keeps what it says: only a failure is worth reading. */
async function outputOf(command: readonly string[]): Promise<{ exitCode: number; output: string }> {
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = Promise.withResolvers<number>();
  child.once('error', (error) => ended.reject(error));
  child.once('close', (code) => ended.resolve(code ?? 1));
  return { exitCode: await ended.promise, output };
}
