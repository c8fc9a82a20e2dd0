/**
 * `npm test`: all suites, and as its last line their sum `N passed, M failed`.
 * `--suites=unit` or `--suites=e2e` runs only those; further arguments then go to their runner.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHROMIUM_VARIABLE } from './lib/find-chromium.ts';
import { obtainChromium } from './lib/obtain-chromium.ts';
import { giveUp, inProject, ROOT, say } from './lib/project.mjs';
import { run } from './lib/run.mjs';
import {
  type Failure,
  OUTSIDE_ERRORS_VARIABLE,
  failuresText,
  playwrightFailures,
  playwrightTally,
  suiteFailures,
  sumOf,
  type Tally,
  tallyText,
  vitestFailures,
  vitestOutsideFailures,
  vitestTally,
} from './lib/test-report.ts';

interface Suite {
  readonly name: string;
  readonly kind: 'unit' | 'e2e';
  /** What runs it, before the arguments of the command line. */
  readonly command: readonly string[];
  readonly tally: (report: unknown, exitCode: number) => Tally;
  /** @param outside what failed outside any test, where the runner's report leaves that out. */
  readonly failures: (report: unknown, outside: unknown) => readonly Failure[];
}

interface SuiteResult {
  readonly tally: Tally;
  readonly failed: readonly Failure[];
}

const vitest = [inProject('node_modules', 'vitest', 'vitest.mjs'), 'run'];
const playwright = [inProject('node_modules', '@playwright', 'test', 'cli.js'), 'test', '-c', inProject('e2e')];

const inPlaywright = { kind: 'e2e', tally: playwrightTally, failures: playwrightFailures } as const;
const SUITES: readonly Suite[] = [
  {
    name: 'unit',
    kind: 'unit',
    command: vitest,
    tally: vitestTally,
    failures: (report, outside) => [...vitestFailures(report), ...vitestOutsideFailures(outside)],
  },
  { name: 'browser', command: [...playwright, '--project=browser'], ...inPlaywright },
  { name: 'electron', command: [...playwright, '--project=electron'], ...inPlaywright },
];

const [first, ...others] = process.argv.slice(2);
const kind = first?.startsWith('--suites=') ? first.slice('--suites='.length) : undefined;
if (first !== undefined && kind === undefined) {
  giveUp(`npm test takes no arguments; "npm run test:unit -- ${first}" or "npm run test:e2e -- ${first}" does.`);
}
const suites = SUITES.filter((suite) => kind === undefined || suite.kind === kind);

if (suites.some((suite) => suite.kind === 'e2e')) {
  const { browser, done } = await obtainChromium();
  say(done);
  if (browser) process.env[CHROMIUM_VARIABLE] = browser.path;
}

const reports = mkdtempSync(join(tmpdir(), 'slipway-reports-'));
const tallies: Tally[] = [];
const failures: Failure[] = [];
const lines: string[] = [];
try {
  for (const suite of suites) {
    const { tally, failed } = await runSuite(suite, join(reports, `${suite.name}.json`));
    tallies.push(tally);
    failures.push(...failed);
    lines.push(`${suite.name.padEnd(8)} ${tallyText(tally)}`);
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}

const sum = sumOf(tallies);
// Nothing that ran is no success.
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
process.stdout.write(`\n${failuresText(failures)}\n${lines.join('\n')}\n${tallyText(sum)}\n`);

async function runSuite(suite: Suite, reportPath: string): Promise<SuiteResult> {
  const reporters =
    suite.kind === 'unit'
      ? [
          '--reporter=default',
          '--reporter=json',
          `--outputFile.json=${reportPath}`,
          `--reporter=${inProject('scripts', 'lib', 'outside-errors-reporter.ts')}`,
        ]
      : ['--reporter=list,json', '--pass-with-no-tests'];
  const outsidePath = `${reportPath}.outside`;
  const exitCode = await run(process.execPath, [...suite.command, ...reporters, ...others], {
    cwd: ROOT,
    // The runners must not wait for keys, and CI jobs have no input.
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      [OUTSIDE_ERRORS_VARIABLE]: outsidePath,
      PLAYWRIGHT_JSON_OUTPUT_FILE: reportPath,
      PLAYWRIGHT_JSON_OUTPUT_NAME: reportPath,
    },
  });
  const report = parsedFile(reportPath);
  const tally = suite.tally(report, exitCode);
  return { tally, failed: suiteFailures(suite.name, tally, suite.failures(report, parsedFile(outsidePath))) };
}

function parsedFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
