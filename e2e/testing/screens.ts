/** What tests of screens in their states have in common. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { expectAccessibleInBothThemes, expectNoSidewaysScroll, skipWelcome } from './page.ts';
import type { Slipway } from './slipway.ts';

const SAMPLES = ['digits', 'half_plus_three', 'half_plus_two'];

/** A model config file of these models by their base paths. */
export const configOf = (models: Readonly<Record<string, string>>): string =>
  `model_config_list { ${Object.entries(models)
    .map(([name, path]) => `config { name: "${name}" base_path: ${JSON.stringify(path)} }`)
    .join('\n')} }`;

/** A data directory from which the samples were removed. */
export async function withoutSamples(dataDirectory: string): Promise<void> {
  await mkdir(dataDirectory, { recursive: true });
  await writeFile(
    join(dataDirectory, 'settings.json'),
    JSON.stringify({ formatVersion: 1, models: [], removedSamples: SAMPLES }),
  );
}

/** Opens the page past the welcome screen. */
export async function signIn(page: Page, server: Slipway): Promise<void> {
  await skipWelcome(page);
  await page.goto(server.signInUrl);
  await expect(page.getByRole('navigation', { name: 'Screens' })).toBeVisible();
}

/** Goes to a screen by its route. */
export const go = (page: Page, server: Slipway, route: string) => page.goto(`${server.uiOrigin}/#${route}`);

/** What holds in every cell, once what it is about is in view. @param primary what the keyboard has to reach. */
export async function expectSound(page: Page, primary: Locator): Promise<void> {
  await expectNoSidewaysScroll(page);
  await expectReachable(page, primary);
  await expectAccessibleInBothThemes(page);
}

/** More than any screen has before its first row. */
const MOST_TABS = 60;

async function expectReachable(page: Page, target: Locator): Promise<void> {
  const hasFocus = () =>
    target.evaluate((element) => element === document.activeElement || element.contains(document.activeElement));
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  });
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    if (await hasFocus()) return;
    await page.keyboard.press('Tab');
  }
  expect(await hasFocus(), `the keyboard reaches ${String(target)}`).toBe(true);
}

/** Holds what the page asks for, so that it waits. @returns a function that lets it through. */
export async function hold(page: Page, path: string): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  await page.route(path, async (route) => {
    await held.promise;
    await route.fallback();
  });
  return async () => {
    held.resolve();
    await page.unroute(path);
  };
}

/** As {@link hold}, for the stream of events: the page waits for it to open. */
export async function holdEvents(page: Page): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  await page.routeWebSocket('**/ui/events', async (socket) => {
    await held.promise;
    socket.connectToServer();
  });
  // What it asks for instead when the WebSocket stays silent for long.
  await page.route('**/ui/events', async (route) => {
    await held.promise;
    await route.continue();
  });
  return () => held.resolve();
}

/** What the page asks for does not reach the server. */
export async function cutOff(page: Page, path: string): Promise<() => Promise<void>> {
  await page.route(path, (route) => route.abort('connectionreset'));
  return () => page.unroute(path);
}

/** A model in the list. */
export const row = (page: Page, model: string) => page.locator(`[data-model="${model}"]`);
/** What is between rail and status bar. */
export const main = (page: Page) => page.getByRole('main');
