/** A reporter of Vitest's: it writes what failed outside any test, which Vitest's own JSON report leaves out. */
import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { OUTSIDE_ERRORS_VARIABLE } from './test-report.ts';

export default class OutsideErrorsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const path = process.env[OUTSIDE_ERRORS_VARIABLE];
    if (path === undefined) throw new Error(`${OUTSIDE_ERRORS_VARIABLE} must name the file to write`);
    writeFileSync(path, JSON.stringify([...errors, ...modules.flatMap(errorsOfHooks)]));
  }
}

/** What the hooks of a file's suites threw: its tests may all have passed. Those of the file itself are in the JSON report. */
function errorsOfHooks(module: TestModule): readonly SerializedError[] {
  return [...module.children.allSuites()].flatMap((suite) =>
    suite.errors().map((error) => ({ ...error, type: `${module.moduleId} › ${suite.fullName}` })),
  );
}
