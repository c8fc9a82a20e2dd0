import { defineConfig } from '@playwright/test';
import { findChromium } from '../scripts/lib/find-chromium.ts';

const browser = findChromium();
/** Chromium's sandbox refuses to run as root, which is what most containers do. */
const asRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  // One server at a time: the tests measure nothing, but they share the machine with model workers.
  workers: 1,
  // A test that passes at the second try hides a defect.
  retries: 0,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 60_000,
  reporter: [['list']],
  use: {
    headless: true,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
  projects: [
    {
      name: 'browser',
      testIgnore: 'electron/**',
      use: {
        launchOptions: {
          ...(browser && { executablePath: browser.path }),
          ...(asRoot && { args: ['--no-sandbox'] }),
        },
      },
    },
    { name: 'electron', testMatch: 'electron/**' },
  ],
});
