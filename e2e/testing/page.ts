import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Opens the page as somebody who has seen the welcome screen. To be called before the page is opened. */
export async function skipWelcome(page: Page): Promise<void> {
  await page.addInitScript(() => localStorage.setItem('slipway.welcomed', 'yes'));
}

/** Fails with what axe finds on the page as it is, or in one part of it. */
export async function expectAccessible(page: Page, selector = 'html'): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).include(selector).analyze();
  // With axe's own words, which hold the colours and sizes that it saw.
  const told = violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, any, all, none }) =>
        `${id}: ${html} ${[...any, ...all, ...none].map(({ message }) => message).join(' ')}`,
    ),
  );
  expect(told).toEqual([]);
}

/** Fails where the page is wider than the window. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${page.url()} is too wide`).toBe(0);
}

/** The same in both themes. Motion is reduced, so that nothing is looked at in mid-air. */
export async function expectAccessibleInBothThemes(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expectAccessible(page);
  }
}
