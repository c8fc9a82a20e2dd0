import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

/** What a suite of tests came to. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const VitestReport = z.object({
  success: z.boolean(),
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
});

const PlaywrightReport = z.object({
  errors: z.array(z.unknown()),
  stats: z.object({ expected: z.number(), skipped: z.number(), unexpected: z.number(), flaky: z.number() }),
});

/** A test that failed, and what it said. */
export interface Failure {
  /** `file › describe › test` */
  readonly name: string;
  readonly message: string;
}

const VitestResults = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          failureMessages: z.array(z.string()),
        }),
      ),
    }),
  ),
});

/** Names the file to which {@link vitestOutsideFailures}' report is written. */
export const OUTSIDE_ERRORS_VARIABLE = 'SLIPWAY_OUTSIDE_ERRORS';

const VitestOutsideErrors = z.array(
  z
    .object({
      // Anything can be thrown, also what has none of these.
      message: z.string().optional().catch(undefined),
      type: z.string().optional().catch(undefined),
      stack: z.string().optional().catch(undefined),
      // Both are Vitest's guess: what ran when the error came.
      VITEST_TEST_PATH: z.string().optional(),
      VITEST_TEST_NAME: z.string().optional(),
    })
    .catch({}),
);

const PlaywrightSpec = z.object({
  title: z.string(),
  file: z.string(),
  line: z.number(),
  ok: z.boolean(),
  tests: z.array(
    z.object({ results: z.array(z.object({ errors: z.array(z.object({ message: z.string().optional() })) })) }),
  ),
});
const PlaywrightSuite = z.object({
  title: z.string(),
  specs: z.array(PlaywrightSpec),
  get suites() {
    return z.array(PlaywrightSuite).optional();
  },
});
const PlaywrightResults = z.object({
  suites: z.array(PlaywrightSuite),
  errors: z.array(z.object({ message: z.string().optional() })),
});

/** A suite that cannot say what it came to has failed, and must not add nothing to the sum. */
const BROKEN: Tally = { passed: 0, failed: 1, skipped: 0 };

/**
 * Reads the JSON report of `vitest run`.
 * @param report the parsed report; undefined where none was written
 * @param exitCode of the run: a failure outside any test (a file that cannot be loaded) shows only there
 */
export function vitestTally(report: unknown, exitCode: number): Tally {
  const read = VitestReport.safeParse(report);
  if (!read.success) return BROKEN;
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = read.data;
  return withExitCode(
    { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests },
    exitCode,
  );
}

/** Reads the JSON report of `playwright test`; parameters as in {@link vitestTally}. */
export function playwrightTally(report: unknown, exitCode: number): Tally {
  const read = PlaywrightReport.safeParse(report);
  if (!read.success) return BROKEN;
  const { stats, errors } = read.data;
  const tally = { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped };
  return withExitCode({ ...tally, failed: Math.max(tally.failed, errors.length > 0 ? 1 : 0) }, exitCode);
}

/** What failed, of the JSON report of `vitest run`; nothing where there is no report. */
export function vitestFailures(report: unknown): readonly Failure[] {
  const read = VitestResults.safeParse(report);
  if (!read.success) return [];
  return read.data.testResults.flatMap(({ name: file, status, message, assertionResults }) => {
    const tests = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => ({
        name: [file, ...test.ancestorTitles, test.title].join(' › '),
        message: test.failureMessages.join('\n'),
      }));
    // What it tells of the file: that it cannot be loaded, or that a hook of its own threw. Those of suites are told apart.
    return status === 'failed' && message !== '' ? [{ name: file, message }, ...tests] : tests;
  });
}

/** What failed outside any test of Vitest's, of the report of `outside-errors-reporter.ts`; nothing where there is none. */
export function vitestOutsideFailures(report: unknown): readonly Failure[] {
  const read = VitestOutsideErrors.safeParse(report);
  if (!read.success) return [];
  return read.data.map(({ type, message = '', stack, VITEST_TEST_PATH: file, VITEST_TEST_NAME: test }) => ({
    name: [type ?? 'outside any test', file && `during ${file}`, test].filter(Boolean).join(' › '),
    // Most stacks begin with the message.
    message: stack?.includes(message)
      ? stack
      : [message, stack].filter(Boolean).join('\n') || 'something that is no Error',
  }));
}

/** What failed, of the JSON report of `playwright test`; nothing where there is no report. */
export function playwrightFailures(report: unknown): readonly Failure[] {
  const read = PlaywrightResults.safeParse(report);
  if (!read.success) return [];
  const outside = read.data.errors.map(({ message = '' }) => ({ name: 'outside any test', message }));
  return [...read.data.suites.flatMap((suite) => failuresOf(suite, [])), ...outside];
}

function failuresOf(suite: z.infer<typeof PlaywrightSuite>, above: readonly string[]): readonly Failure[] {
  const own = suite.specs
    .filter((spec) => !spec.ok)
    .map((spec) => ({
      // The first title is that of the file, which stands before it with its line.
      name: [`${spec.file}:${String(spec.line)}`, ...above, spec.title].join(' › '),
      message: spec.tests
        .flatMap(({ results }) => results.flatMap(({ errors }) => errors.map(({ message = '' }) => message)))
        .join('\n'),
    }));
  const inner = (suite.suites ?? []).flatMap((child) => failuresOf(child, [...above, child.title]));
  return [...own, ...inner];
}

/** What failed in a suite; where no report says what, as of a runner that ended before it wrote one, the suite itself. */
export function suiteFailures(suite: string, { failed }: Tally, known: readonly Failure[]): readonly Failure[] {
  if (failed === 0 || known.length > 0) return known;
  return [{ name: suite, message: 'not in a test: the error stands further up' }];
}

/** At the end of a run's output, where it is looked for, what failed in few lines each; '' where nothing did. */
export function failuresText(failures: readonly Failure[]): string {
  return failures
    .map(({ name, message }) => {
      // Colours are for a terminal, and this is read in a log too.
      const lines = stripVTControlCharacters(message).trim().split('\n').slice(0, LINES_PER_FAILURE);
      return [`FAILED ${name}`, ...lines.map((line) => `  ${line}`), ''].join('\n');
    })
    .join('\n');
}

const LINES_PER_FAILURE = 12;

function withExitCode(tally: Tally, exitCode: number): Tally {
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

/** `12 passed, 0 failed`, and `, 3 skipped` where there are any. */
export function tallyText({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** The sum of several suites. */
export function sumOf(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}
