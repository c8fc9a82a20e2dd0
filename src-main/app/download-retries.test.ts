import { describe, expect, it } from 'vitest';
import { type ServableId, ServableName, ServableVersion } from '../contracts/ids.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { VersionStatus } from '../core/servable-state-monitor.ts';
import type { VersionState } from '../core/version-state.ts';
import { createManualClock } from '../core/testing/manual-clock.ts';
import type { DownloadResult } from '../inference/onnx-source-adapter.ts';
import { createDownloadRetries } from './download-retries.ts';

const NAME = ServableName.parse('resnet');
const ID: ServableId = { name: NAME, version: ServableVersion.parse('3') };
const FAILED: VersionState = { phase: 'end', error: new ServingError('UNAVAILABLE', 'the connection broke') };

function retriesWorld() {
  const clock = createManualClock();
  const retried: string[] = [];
  let status: VersionStatus | undefined;
  const retries = createDownloadRetries({
    states: { versions: () => (status ? [status] : []) },
    retry: ({ version }) => retried.push(version),
    clock,
  });
  const become = (state: VersionState, aspired = true): void => {
    status = { id: ID, state, aspired, reason: '', sinceMs: clock.now(), inFlight: 0 };
  };
  /** Polls each 30 s. @returns how often it was tried again. */
  const pollFor = async (ms: number): Promise<number> => {
    for (let passed = 0; passed < ms; passed += 30_000) {
      await clock.advance(30_000);
      retries.polled(NAME);
    }
    return retried.splice(0).length;
  };
  return { retries, become, pollFor };
}

describe('a version that was given up because its download failed', () => {
  it('is loaded again after a minute of good polls, then after two, up to ten', async () => {
    const { retries, become, pollFor } = retriesWorld();
    for (const waitMs of [60_000, 120_000, 240_000, 480_000, 600_000, 600_000]) {
      retries.ended(ID, 'failed');
      become(FAILED);
      expect(await pollFor(waitMs - 30_000)).toBe(0);
      expect(await pollFor(30_000)).toBe(1);
    }
  });

  it('starts with a minute again once a download went well', async () => {
    const { retries, become, pollFor } = retriesWorld();
    retries.ended(ID, 'failed');
    become(FAILED);
    expect(await pollFor(60_000)).toBe(1);
    retries.ended(ID, 'complete');
    retries.ended(ID, 'failed');
    become(FAILED);
    expect(await pollFor(60_000)).toBe(1);
  });

  it.each<{ when: string; state: VersionState; aspired: boolean; result: DownloadResult }>([
    { when: 'the manager still tries', state: { phase: 'loading', attempt: 2 }, aspired: true, result: 'failed' },
    { when: 'nobody wants it any more', state: FAILED, aspired: false, result: 'failed' },
    { when: 'it was unloaded', state: { phase: 'end' }, aspired: true, result: 'failed' },
    { when: 'somebody cancelled it', state: FAILED, aspired: true, result: 'cancelled' },
    { when: 'the model itself was at fault', state: FAILED, aspired: true, result: 'complete' },
  ])('is left alone when $when', async ({ state, aspired, result }) => {
    const { retries, become, pollFor } = retriesWorld();
    retries.ended(ID, result);
    become(state, aspired);
    expect(await pollFor(600_000)).toBe(0);
  });
});
