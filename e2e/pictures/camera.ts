import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from '@playwright/test';
import { findChromium } from '../../scripts/lib/find-chromium.ts';
import { repositoryPath, type Slipway } from '../testing/slipway.ts';

const FOLDER = repositoryPath('resources/screenshots');
const SIZE = { width: 1280, height: 800 };
/** Charts are drawn with the next message of the server, which comes once a second. */
const NEXT_MESSAGE_MS = 2500;

export interface Picture {
  /** Of its file, without the ending. */
  readonly name: string;
  readonly theme: 'light' | 'dark';
  /** Brings the page into the state to be shown; it is at the start screen, signed in. */
  readonly show: (page: Page) => Promise<void>;
}

/** Takes pictures of one server. */
export interface Camera {
  take(picture: Picture): Promise<void>;
}

/** @throws Error where there is no browser. */
export async function launchBrowser(): Promise<Browser> {
  const found = findChromium();
  if (!found) throw new Error('there is no browser to take pictures with; `npm test` says how to get one');
  return chromium.launch({
    executablePath: found.path,
    ...(process.getuid?.() === 0 && { args: ['--no-sandbox'] }),
  });
}

/** Signs in, once for all pictures. */
export async function cameraFor({ signInUrl, uiOrigin }: Slipway, browser: Browser): Promise<Camera> {
  const context = await browser.newContext();
  const first = await context.newPage();
  await first.goto(signInUrl);
  await first.getByRole('navigation').first().waitFor();
  await first.evaluate(() => localStorage.setItem('slipway.welcomed', 'yes'));
  const storageState: NonNullable<BrowserContextOptions['storageState']> = await context.storageState();
  await context.close();
  return {
    async take({ name, theme, show }) {
      const shown = await browser.newContext({
        storageState,
        viewport: SIZE,
        colorScheme: theme,
        reducedMotion: 'reduce',
      });
      const page = await shown.newPage();
      await page.goto(uiOrigin);
      await page.getByRole('navigation').first().waitFor();
      await show(page);
      await page.waitForLoadState('networkidle').catch(() => undefined);
      await delay(NEXT_MESSAGE_MS);
      await page.screenshot({ path: join(FOLDER, `${name}.png`) });
      await shown.close();
    },
  };
}

/** Goes to a screen, by the path behind the address's `#`. */
export function route(path: string): Picture['show'] {
  return (page) =>
    page.evaluate((to) => {
      window.location.hash = to;
    }, path);
}

export function delay(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
