/**
 * Pictures of the component page and of every screen, compared with those in the folder beside this file. What is on them
 * is made up and stands still (`#/design/states`), so that a difference is one of looks.
 *
 * Letters come out otherwise in another browser or with other fonts. The pictures are therefore compared only where both
 * are those that they were made with, which `made-with.json` tells; elsewhere these tests are skipped. To make them anew,
 * after a look at what has changed: `npm run test:e2e -- visual --update-snapshots`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { z } from 'zod';
import { skipWelcome } from './testing/page.ts';
import { repositoryPath, startSlipway, temporaryDirectory } from './testing/slipway.ts';
import { test } from './testing/test.ts';

const MADE_WITH = repositoryPath('e2e/visual.spec.ts-snapshots/made-with.json');
/** Smoothed edges may differ a little; what moved by a pixel differs more. */
const LIKENESS = { maxDiffPixelRatio: 0.0005, scale: 'device', timeout: 30_000 } as const;
const SIZES = [
  { width: 1280, height: 800 },
  { width: 800, height: 600 },
] as const;
/** So high that every section of the component page is in view as a whole. */
const TALL = { width: 1280, height: 4500 };

/** The screens, and what has come when all has come. */
const SCREENS: Readonly<Record<string, (page: Page) => Locator>> = {
  models: (page) => page.getByText('versicolor').or(page.locator('[data-model="resnet"]')),
  model: (page) => page.locator('[data-lane="7"]'),
  playground: (page) => page.getByText('versicolor'),
  traffic: (page) => page.getByRole('figure', { name: 'In flight' }).locator('canvas'),
  sources: (page) => page.getByText('Local copies'),
  logs: (page) => page.getByText(/^\d+ hits$/u),
  settings: (page) => page.locator('[data-setting="restTimeout"]'),
};
const inPopover = async (page: Page): Promise<Locator> => {
  await page.getByRole('contentinfo').getByRole('button').first().click();
  return page.getByRole('dialog');
};
/** The states of the server switch, and where each is seen. */
const SWITCH: Readonly<Record<string, (page: Page) => Locator | Promise<Locator>>> = {
  stopped: inPopover,
  starting: inPopover,
  running: inPopover,
  draining: inPopover,
  failed: (page) => page.getByRole('dialog'),
  'port-taken': (page) => page.getByRole('dialog'),
  exposed: (page) => page.getByRole('main'),
  'exposed-unsafe': (page) => page.getByRole('main'),
};
const SECTIONS = ['tokens', 'controls', 'feedback', 'data', 'layers'];

const Surroundings = z.object({
  system: z.string(),
  chromium: z.string(),
  /** Widths of the same words in the fonts that the page asks for. */
  fonts: z.array(z.number()),
});

// At half their size: where things are and how they are coloured is seen, and all of them together stay small.
test.use({ timezoneId: 'UTC', locale: 'en-US', deviceScaleFactor: 0.5 });

for (const colorScheme of ['light', 'dark'] as const) {
  test(`everything looks as it did in ${colorScheme} colours`, async ({ page }, testInfo) => {
    test.setTimeout(300_000);
    await using directory = await temporaryDirectory();
    await using server = await startSlipway({ dataDirectory: directory.path });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await skipWelcome(page);
    await page.goto(server.signInUrl);
    await expect(page.getByRole('navigation', { name: 'Screens' })).toBeVisible();
    const here = await surroundings(page);
    if (['all', 'changed'].includes(testInfo.config.updateSnapshots)) {
      mkdirSync(dirname(MADE_WITH), { recursive: true });
      writeFileSync(MADE_WITH, here);
    }
    const then = readFileSync(MADE_WITH, 'utf8');
    test.skip(here !== then, `pictures are not compared: they were made with ${then}, and this is ${here}`);

    for (const [screen, ready] of Object.entries(SCREENS)) {
      for (const size of SIZES) {
        await page.setViewportSize(size);
        // What a screen was scrolled to at one size is not what it is at another.
        await page.goto(`${server.uiOrigin}/#/design/states`);
        await page.goto(`${server.uiOrigin}/#/design/states/${screen}/usual`);
        await expect(ready(page).first()).toBeVisible({ timeout: 30_000 });
        await expect.soft(page).toHaveScreenshot(`${screen}-${colorScheme}-${size.width}.png`, LIKENESS);
      }
    }

    await page.setViewportSize(SIZES[1]);
    for (const [state, shown] of Object.entries(SWITCH)) {
      await page.goto(`${server.uiOrigin}/#/design/states`);
      await page.goto(`${server.uiOrigin}/#/design/states/serving/${state}`);
      await expect(page.locator('[data-model="resnet"]')).toBeVisible({ timeout: 30_000 });
      const part = await shown(page);
      await expect(part).toBeVisible({ timeout: 30_000 });
      await expect.soft(part).toHaveScreenshot(`serving-${state}-${colorScheme}.png`, LIKENESS);
    }

    await page.setViewportSize(TALL);
    await page.goto(`${server.uiOrigin}/#/design`);
    for (const section of SECTIONS) {
      const shown = page.locator(`#design-${section}`);
      await expect(shown).toBeVisible({ timeout: 30_000 });
      await expect.soft(shown).toHaveScreenshot(`design-${section}-${colorScheme}.png`, LIKENESS);
    }
  });
}

/** What decides how letters come out. */
async function surroundings(page: Page): Promise<string> {
  const fonts = await page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d');
    return ['--font-sans', '--font-mono'].map((token) => {
      if (!context) return 0;
      context.font = `100px ${getComputedStyle(document.documentElement).getPropertyValue(token)}`;
      return Math.round(context.measureText('Slipway 0123456789 WMil').width * 100) / 100;
    });
  });
  const chromium = page.context().browser()?.version().split('.')[0] ?? '';
  return `${JSON.stringify(Surroundings.parse({ system: process.platform, chromium, fonts }))}\n`;
}
