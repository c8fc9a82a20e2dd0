import { vi } from 'vitest';

/** Waits for what is to come by itself, however busy the machine is; the test fails when it does not. */
export async function until(isSo: () => boolean): Promise<void> {
  await vi.waitUntil(isSo, { timeout: 20_000, interval: 5 });
}
