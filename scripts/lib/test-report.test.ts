import { describe, expect, it } from 'vitest';
import { playwrightTally, sumOf, tallyText, vitestTally } from './test-report.ts';

const vitest = { success: true, numPassedTests: 5, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 };
const playwright = { errors: [], stats: { expected: 4, skipped: 2, unexpected: 0, flaky: 0 } };

describe('vitestTally', () => {
  it.each([
    { when: 'all is well', report: vitest, exitCode: 0, expected: { passed: 5, failed: 0, skipped: 2 } },
    {
      when: 'a test failed',
      report: { ...vitest, success: false, numFailedTests: 3 },
      exitCode: 1,
      expected: { passed: 5, failed: 3, skipped: 2 },
    },
    {
      when: 'a file could not be loaded',
      report: { ...vitest, success: false },
      exitCode: 1,
      expected: { passed: 5, failed: 1, skipped: 2 },
    },
    { when: 'there is no report', report: undefined, exitCode: 0, expected: { passed: 0, failed: 1, skipped: 0 } },
  ])('when $when', ({ report, exitCode, expected }) => {
    expect(vitestTally(report, exitCode)).toEqual(expected);
  });
});

describe('playwrightTally', () => {
  it.each([
    { when: 'all is well', report: playwright, exitCode: 0, expected: { passed: 4, failed: 0, skipped: 2 } },
    {
      when: 'a test failed',
      report: { ...playwright, stats: { ...playwright.stats, unexpected: 2 } },
      exitCode: 1,
      expected: { passed: 4, failed: 2, skipped: 2 },
    },
    {
      when: 'a file could not be loaded',
      report: { ...playwright, errors: [{ message: 'SyntaxError' }] },
      exitCode: 1,
      expected: { passed: 4, failed: 1, skipped: 2 },
    },
    { when: 'it was cut off', report: {}, exitCode: 130, expected: { passed: 0, failed: 1, skipped: 0 } },
  ])('when $when', ({ report, exitCode, expected }) => {
    expect(playwrightTally(report, exitCode)).toEqual(expected);
  });
});

describe('the closing line', () => {
  it.each([
    [[], '0 passed, 0 failed'],
    [
      [
        { passed: 2, failed: 0, skipped: 0 },
        { passed: 3, failed: 1, skipped: 0 },
      ],
      '5 passed, 1 failed',
    ],
    [[{ passed: 2, failed: 0, skipped: 4 }], '2 passed, 0 failed, 4 skipped'],
  ])('of %j', (tallies, expected) => {
    expect(tallyText(sumOf(tallies))).toBe(expected);
  });
});
