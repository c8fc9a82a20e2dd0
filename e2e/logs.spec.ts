import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { affineModel } from '../scripts/samples/sample-models.ts';
import { expectAccessibleInBothThemes, skipWelcome } from './testing/page.ts';
import { startSlipway, temporaryDirectory, writeVersion } from './testing/slipway.ts';
import { test } from './testing/test.ts';

const rows = (page: Page) => page.getByRole('grid', { name: 'Log lines' }).getByRole('row');

test('the log is read live, searched, filtered and opened', async ({ page }) => {
  // Each look for accessibility takes its time.
  test.slow();
  await using directory = await temporaryDirectory();
  const models = join(directory.path, 'models');
  await writeVersion(join(models, 'good'), 1, affineModel({ scale: 1, offset: 0 }));
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: ['--model_name=good', `--model_base_path=${join(models, 'good')}`, '--max_num_load_retries=0'],
  });
  await server.untilStatus('good', (versions) => versions.some(({ state }) => state === 'AVAILABLE'));
  await skipWelcome(page);
  await page.goto(server.signInUrl);
  await page.getByRole('link', { name: 'Logs' }).click();
  await expect(rows(page).filter({ hasText: 'Successfully loaded servable version' })).toBeVisible();

  // What happens now appears by itself.
  await mkdir(join(models, 'good', '2'), { recursive: true });
  await writeFile(join(models, 'good', '2', 'model.onnx'), 'this is no model');
  const failed = rows(page).filter({ hasText: 'good/2' }).and(page.locator('[data-tone=bad]'));
  await expect(failed.first()).toBeVisible({ timeout: 90_000 });

  // A search marks, counts and steps; a filter leaves only the hits and what is around them.
  const search = page.getByRole('textbox', { name: 'Search the log' });
  await search.fill('/good\\/[12]/');
  await expect(page.getByText(/^\d+ hits$/u)).toBeVisible();
  await page.getByRole('button', { name: 'Previous hit' }).click();
  await expect(page.getByText(/^\d+ of \d+ hits$/u)).toBeVisible();
  const all = await rows(page).count();
  await page.getByRole('radio', { name: 'Filter', exact: true }).click();
  await expect.poll(() => rows(page).count()).toBeLessThan(all);
  await expect(page).toHaveURL(/mode=filter/u);

  // The address restores the view.
  await page.reload();
  await expect(search).toHaveValue('/good\\/[12]/');
  await expect(rows(page).first()).toContainText('good/1');
  await expectAccessibleInBothThemes(page);

  // A line in full, and from it to everything of its model.
  await rows(page).filter({ hasText: 'Successfully loaded' }).first().focus();
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Log line' });
  await expect(sheet).toContainText('manager');
  await expectAccessibleInBothThemes(page);
  await sheet.getByRole('button', { name: 'Only good' }).click();
  await expect(page).toHaveURL(/model=good/u);

  // An expression that is none is said; one that takes for ever does not hold the page.
  await search.fill('/(/');
  await expect(page.getByText('Not a regular expression')).toBeVisible();
  await search.fill('nothing has this');
  await expect(page.getByText('No line matches')).toBeVisible();
  await expectAccessibleInBothThemes(page);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(rows(page).first()).toBeVisible();

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save shown lines' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('slipway-log.txt');
});

test('an expression that never ends is given up, and the page goes on', async ({ page }) => {
  await using directory = await temporaryDirectory();
  await using server = await startSlipway({ dataDirectory: directory.path });
  await skipWelcome(page);
  await page.goto(server.signInUrl);
  await page.getByRole('link', { name: 'Logs' }).click();
  await expect(rows(page).first()).toBeVisible();
  const search = page.getByRole('textbox', { name: 'Search the log' });
  await search.fill('/^(.+)+(.+)+(.+)+(.+)+\\u0001$/');
  await expect(page.getByText('takes too long')).toBeVisible();
  await search.fill('serving');
  await expect(page.getByText(/^\d+ hits?$/u)).toBeVisible();
});
