/** A reporter of Vitest's: it writes what failed outside any test, which Vitest's own JSON report leaves out. */
import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError } from 'vitest/node';
import { OUTSIDE_ERRORS_VARIABLE } from './test-report.ts';

export default class OutsideErrorsReporter implements Reporter {
  onTestRunEnd(_modules: unknown, errors: readonly SerializedError[]): void {
    const path = process.env[OUTSIDE_ERRORS_VARIABLE];
    if (path === undefined) throw new Error(`${OUTSIDE_ERRORS_VARIABLE} must name the file to write`);
    writeFileSync(path, JSON.stringify(errors));
  }
}
