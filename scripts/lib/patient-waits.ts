/**
 * Before each file of tests: what waits for something waits nearly as long as a test may take. The default of a second
 * says more about what else the machine does than about what is tested.
 */
import { vi } from 'vitest';

const PATIENCE_MS = 20_000;

const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options = PATIENCE_MS) =>
  waitFor(callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options });
vi.waitUntil = (callback, options = PATIENCE_MS) =>
  waitUntil(callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options });
