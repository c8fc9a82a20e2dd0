import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const LEAST_WORKERS = 4;

export default defineConfig({
  test: {
    // Telemetry of onnxruntime must be off before any test loads it, here as everywhere.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    // They wait for processes and files more than they work: as many at once as a small machine has cores leave it idle.
    maxWorkers: Math.max(LEAST_WORKERS, availableParallelism()),
    restoreMocks: true,
    // A test that hangs is to fail; one on a machine that others use is not.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: ['scripts/lib/patient-waits.ts'],
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'main',
          environment: 'node',
          include: ['src-main/**/*.test.ts', 'scripts/**/*.test.ts', '*.test.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'renderer', environment: 'happy-dom', include: ['src-renderer/**/*.test.{ts,tsx}'] },
      },
    ],
  },
});
