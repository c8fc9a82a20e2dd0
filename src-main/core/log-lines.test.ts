import { describe, expect, it } from 'vitest';
import type { Logger, LogFields } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { createAspiredVersionsManager, type AspiredVersionsManagerOptions } from './aspired-versions-manager.ts';
import { createFakeLoader, type FakeServable } from './testing/fake-loader.ts';
import { createManualClock } from './testing/manual-clock.ts';
import { bad, good, servableName } from './testing/servables.ts';

const m = servableName('m');

/** A manager whose log is kept: `level message`, and the fields of each line. */
function logged(options: AspiredVersionsManagerOptions = {}) {
  const lines: string[] = [];
  const fields: LogFields[] = [];
  const logger = (bound: LogFields): Logger => {
    const write = (level: string) => (given: LogFields, message: string) => {
      lines.push(`${level} ${message}`);
      fields.push({ ...bound, ...given });
    };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (more) => logger({ ...bound, ...more }),
    };
  };
  const clock = createManualClock();
  const manager = createAspiredVersionsManager<FakeServable>(options, { clock, log: logger({}) });
  return { lines, fields, clock, manager };
}

// Source: TensorFlow Serving core/loader_harness.cc, core/basic_manager.cc, util/retrier.cc, core/simple_loader.h.
describe('log lines that are searched for', () => {
  it('of a load, a drain and an unload', async () => {
    const { lines, fields, clock, manager } = logged();
    manager.setAspiredVersions(m, [good('m', 1, createFakeLoader({ memoryBytes: 5 }))]);
    await clock.settle();
    expect(lines).toEqual([
      'info Successfully reserved resources to load servable {name: m version: 1}',
      'info Approving load for servable version {name: m version: 1}',
      'info Loading servable version {name: m version: 1}',
      'info Successfully loaded servable version {name: m version: 1}',
    ]);
    expect(fields).toMatchObject([
      { servable: 'm', version: '1', memoryBytes: 5 },
      { servable: 'm', version: '1' },
      { servable: 'm', version: '1', attempt: 1 },
      { servable: 'm', version: '1', loadMs: 0 },
    ]);

    lines.length = 0;
    const handle = manager.acquire(m);
    manager.setAspiredVersions(m, []);
    expect(lines).toEqual(['info Quiescing servable version {name: m version: 1}']);
    handle[Symbol.dispose]();
    await clock.settle();
    expect(lines.slice(1)).toEqual([
      'info Done quiescing servable version {name: m version: 1}',
      'info Unloading just-loaded servable version {name: m version: 1}',
      'info Done unloading servable version {name: m version: 1}',
    ]);
  });

  it('of attempts that fail', async () => {
    const { lines, clock, manager } = logged({ maxNumLoadRetries: 1 });
    manager.setAspiredVersions(m, [good('m', 1, createFakeLoader({ failures: 2 }))]);
    await clock.advance(1000);
    expect(lines.slice(3)).toEqual([
      'error Loading servable: {name: m version: 1} failed: INTERNAL: bad content (load 1)',
      'info Retrying of Loading servable: {name: m version: 1} retry: 1',
      'error Loading servable: {name: m version: 1} failed: INTERNAL: bad content (load 2)',
      'error Retrying of Loading servable: {name: m version: 1} exhausted max_num_retries: 1',
      'error Encountered an error for servable version {name: m version: 1}: INTERNAL: bad content (load 2)',
    ]);
  });

  it.each([
    { when: 'runs', held: true },
    { when: 'waits for a retry', held: false },
  ])('of a load that is cancelled while it $when', async ({ held }) => {
    const { lines, clock, manager } = logged();
    manager.setAspiredVersions(m, [good('m', 1, createFakeLoader(held ? { held } : { failures: 1 }))]);
    await clock.settle();
    manager.setAspiredVersions(m, []);
    await clock.settle();
    expect(lines.at(-1)).toBe('info Retrying of Loading servable: {name: m version: 1} was cancelled.');
  });

  it('of a version that cannot be loaded at all', () => {
    const { lines, manager } = logged();
    manager.setAspiredVersions(m, [bad('m', 1, new ServingError('DATA_LOSS', 'short read'))]);
    expect(lines).toEqual([
      'error Encountered an error for servable version {name: m version: 1}: DATA_LOSS: short read',
    ]);
  });

  it('of a version for which there is no memory', () => {
    const { lines, manager } = logged({ totalModelMemoryLimitBytes: 1 });
    manager.setAspiredVersions(m, [good('m', 1, createFakeLoader({ memoryBytes: 2 }))]);
    expect(lines).toEqual([
      'error Encountered an error for servable version {name: m version: 1}: RESOURCE_EXHAUSTED: Insufficient resources to load servable {name: m version: 1}: needs about 2 B, and the limit is 1 B',
    ]);
  });

  it('tell when models turn out to take more memory than the limit', async () => {
    const { lines, clock, manager } = logged({ totalModelMemoryLimitBytes: 100 });
    manager.setAspiredVersions(servableName('m'), [
      good('m', 1, createFakeLoader({ memoryBytes: 50, measuredBytes: 150 })),
    ]);
    await clock.settle();
    expect(lines).toContain('warn models take more memory than the limit: this one takes more than was expected');
  });
});
