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
