import { describe, expect, it } from 'vitest';
import {
  failuresText,
  playwrightFailures,
  playwrightTally,
  suiteFailures,
  sumOf,
  tallyText,
  vitestFailures,
  vitestOutsideFailures,
  vitestTally,
} from './test-report.ts';

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

describe('what failed', () => {
  it('is told by test, and by file where the file itself cannot be loaded', () => {
    const test = { ancestorTitles: ['Tally'], title: 'adds', status: 'failed', failureMessages: ['1 is not 2'] };
    const passed = { ...test, title: 'takes away', status: 'passed', failureMessages: [] };
    const testResults = [
      { name: 'a.test.ts', status: 'failed', message: '', assertionResults: [passed, test] },
      { name: 'b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
      { name: 'c.test.ts', status: 'passed', message: '', assertionResults: [passed] },
      { name: 'd.test.ts', status: 'failed', message: '', assertionResults: [passed] },
      { name: 'e.test.ts', status: 'failed', message: 'cannot clean up', assertionResults: [test] },
    ];
    expect(vitestFailures({ testResults })).toEqual([
      { name: 'a.test.ts › Tally › adds', message: '1 is not 2' },
      { name: 'b.test.ts', message: 'no such module' },
      { name: 'e.test.ts', message: 'cannot clean up' },
      { name: 'e.test.ts › Tally › adds', message: '1 is not 2' },
    ]);
    expect(vitestFailures(undefined)).toEqual([]);
  });

  it('is told by the place of a browser test, of every attempt', () => {
    const attempts = { results: [{ errors: [{ message: 'first' }] }, { errors: [{ message: 'second' }, {}] }] };
    const spec = { title: 'opens', file: 'a.spec.ts', line: 7, ok: false, tests: [attempts] };
    const inner = { title: 'Models', specs: [spec, { ...spec, ok: true }] };
    const suites = [{ title: 'a.spec.ts', specs: [], suites: [inner] }];
    expect(playwrightFailures({ suites, errors: [{ message: 'no browser' }] })).toEqual([
      { name: 'a.spec.ts:7 › Models › opens', message: 'first\nsecond\n' },
      { name: 'outside any test', message: 'no browser' },
    ]);
    expect(playwrightFailures({})).toEqual([]);
  });

  it('is told with what ran, where it was outside any test', () => {
    const error = { type: 'Unhandled Rejection', message: 'gone', stack: 'Error: gone\n  at a.ts:1' };
    const where = { VITEST_TEST_PATH: 'a.test.ts', VITEST_TEST_NAME: 'adds' };
    expect(vitestOutsideFailures([{ ...error, ...where }, { message: 'ended' }])).toEqual([
      { name: 'Unhandled Rejection › during a.test.ts › adds', message: error.stack },
      { name: 'outside any test', message: 'ended' },
    ]);
    // Whatever was thrown, it hides no other.
    expect(vitestOutsideFailures([null, { code: 1 }, { message: 7, type: 'Unhandled Rejection' }, error])).toEqual([
      { name: 'outside any test', message: 'something that is no Error' },
      { name: 'outside any test', message: 'something that is no Error' },
      { name: 'Unhandled Rejection', message: 'something that is no Error' },
      { name: 'Unhandled Rejection', message: error.stack },
    ]);
    expect(vitestOutsideFailures(undefined)).toEqual([]);
  });

  it('is the suite where no test did', () => {
    const [clean, failed] = [
      { passed: 2, failed: 0, skipped: 0 },
      { passed: 2, failed: 1, skipped: 0 },
    ];
    const test = { name: 'a.test.ts › adds', message: '1 is not 2' };
    expect(suiteFailures('unit', clean, [])).toEqual([]);
    expect(suiteFailures('unit', failed, [test])).toEqual([test]);
    expect(suiteFailures('unit', failed, [])).toEqual([
      { name: 'unit', message: expect.stringContaining('further up') },
    ]);
  });

  it('is printed in few lines each', () => {
    const message = Array.from({ length: 40 }, (_, line) => `line ${String(line)}`).join('\n');
    const text = failuresText([
      { name: 'a', message: '\u001b[31mshort\u001b[39m' },
      { name: 'b', message },
    ]);
    expect(text).toContain('FAILED a\n  short\n');
    expect(text).toContain('FAILED b\n  line 0\n');
    expect(text).not.toContain('line 12');
    expect(failuresText([])).toBe('');
  });
});
