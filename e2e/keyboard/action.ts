/** What one row of the table of keys is, and what its rows have in common. */
import { expect, type Locator, type Page } from '@playwright/test';
import type { Hands } from './hands.ts';

export interface KeyboardAction {
  readonly screen: string;
  readonly action: string;
  /** As the documentation has them. */
  readonly keys: string;
  /** Lines of the sheet of keys that this proves. */
  readonly sheet?: readonly string[];
  /** Does it, and looks that it was done. */
  readonly by: (world: KeyboardWorld) => Promise<void>;
}

export interface KeyboardWorld {
  readonly page: Page;
  readonly hands: Hands;
  /** A folder with the models `pair`, of two versions, and `grid`, whose input is a matrix. */
  readonly models: string;
  /** Address of an S3 server with a bucket `lab`, in which is the model `table`. */
  readonly store: string;
}

export const main = (page: Page) => page.getByRole('main');
export const button = (page: Page, name: string | RegExp) =>
  main(page).getByRole('button', { name, exact: true }).first();
export const row = (page: Page, model: string) =>
  page.locator(`[data-model="${model}"]`).locator('xpath=ancestor-or-self::*[@role="row"]');
export const rows = (page: Page, grid: string) => page.getByRole('grid', { name: grid }).locator('[data-index]');
export const status = (page: Page) => page.getByRole('contentinfo');
export const seen = (locator: Locator) => expect(locator).toBeVisible();
/** To the row of the list that takes the focus. */
export const intoList = ({ page, hands }: KeyboardWorld, grid: string) =>
  hands.to(page.getByRole('grid', { name: grid }).locator('[data-index][tabindex="0"]'));
