import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { affineModel } from '../scripts/samples/sample-models.ts';
import { row, signIn } from './testing/screens.ts';
import { startSlipway, temporaryDirectory, writeVersion } from './testing/slipway.ts';
import { test } from './testing/test.ts';

/** Of connections that are no WebSockets, a browser keeps six to one server, in all tabs together. */
const TABS = 8;

const live = (tab: Page) => tab.getByRole('contentinfo').getByText('Live', { exact: true });

test('more tabs than a browser has connections are all live, and each can ask for something', async ({
  page,
  context,
}) => {
  await using directory = await temporaryDirectory();
  const model = join(directory.path, 'm');
  await writeVersion(model, 1, affineModel({ scale: 0.5, offset: 3 }));
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: [
      '--model_name=m',
      `--model_base_path=${model}`,
      '--file_system_poll_wait_seconds=1',
      '--version_settle_millis=100',
    ],
  });
  await signIn(page, server);
  const tabs = [page];
  while (tabs.length < TABS) {
    const tab = await context.newPage();
    await tab.goto(`${server.uiOrigin}/#/models`);
    tabs.push(tab);
  }
  for (const tab of tabs) {
    await expect(row(tab, 'm').getByText('Available')).toBeVisible();
    await expect(live(tab)).toBeVisible();
  }

  // What happens, all of them show.
  await writeVersion(model, 2, affineModel({ scale: 0.5, offset: 4 }));
  for (const tab of tabs) await expect(row(tab, 'm')).toContainText('v2', { timeout: 20_000 });

  // A prediction, and the commands that come before and after it.
  for (const tab of [page, tabs.at(-1) ?? page]) {
    await tab.getByRole('link', { name: 'Play: m', exact: true }).click();
    await tab.getByLabel('x[0]').fill('10');
    await tab.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(tab.getByText('200 OK')).toBeVisible();
    await expect(tab.getByRole('region', { name: 'Output' }).getByRole('cell').first()).toHaveText('9.0');
  }

  // They do not keep the server from ending, and none of them takes it for alive.
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  for (const tab of tabs) await expect(live(tab)).toHaveCount(0, { timeout: 20_000 });
});
