import { describe, expect, it } from 'vitest';
import { version } from '../testing/fake-models.ts';
import { outcome } from '../testing/outcomes.ts';
import { RequestTally } from './request-tally.ts';

describe('series that nobody scrapes', () => {
  it('are dropped when their version is gone, so that swaps for months take no memory', () => {
    let current = '0';
    const tally = new RequestTally({
      isConfigured: () => true,
      isVersion: (_name, wanted) => wanted === current,
    });
    for (let swap = 1; swap <= 10_000; swap += 1) {
      current = String(swap);
      tally.add(outcome({ version: version(current) }));
    }
    const versions = [...tally.calls()].map(({ labels }) => labels.version);
    expect(versions.length).toBeLessThan(100);
    expect(versions).toContain('10000');
  });

  it('are dropped when their model is no longer configured', () => {
    let current = '';
    const tally = new RequestTally({ isConfigured: (name) => name === current, isVersion: () => true });
    for (let swap = 1; swap <= 10_000; swap += 1) {
      current = `m${swap}`;
      tally.add(outcome({ model: current }));
    }
    expect([...tally.models()].length).toBeLessThan(100);
  });
});
