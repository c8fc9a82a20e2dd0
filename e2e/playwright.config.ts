import { defineConfig } from '@playwright/test';
import { findChromium } from '../scripts/lib/find-chromium.ts';

const browser = findChromium();
/** Chromium's sandbox refuses to run as root, which is what most containers do. */
const asRoot = process.getuid?.() === 0;

/**
 * In the locale C, which is that of many containers and of an empty environment, Chromium takes no file whose path has more
 * than ASCII, without a word; those of the tests have.
 */
const withUtf8 = process.platform === 'linux' && { env: { ...process.env, LC_ALL: 'C.UTF-8' } };

export default defineConfig({
  testDir: '.',
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
      // A folder each: a run empties its own, and what the other project left there of a failure stays.
      outputDir: '../test-results/browser',
      use: {
        launchOptions: {
          ...(browser && { executablePath: browser.path }),
          ...(asRoot && { args: ['--no-sandbox'] }),
          ...withUtf8,
        },
      },
    },
    { name: 'electron', testMatch: 'electron/**', outputDir: '../test-results/electron' },
  ],
});
