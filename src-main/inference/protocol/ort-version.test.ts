import { describe, expect, it } from 'vitest';
import { versionProblem } from './ort-version.ts';

describe('versionProblem', () => {
  it.each(['1.20.1', '1.26.0', '0.99.0', '', 'unknown'])('refuses %j', (version) => {
    expect(versionProblem(version)).toContain('1.27 or newer is needed');
  });

  it.each(['1.27.0', '1.30.0', '1.30.0-dev.20260101', '2.0.0'])('takes %s', (version) => {
    expect(versionProblem(version)).toBeUndefined();
  });
});
