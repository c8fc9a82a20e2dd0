/**
 * The whole application without a mouse, on a real server: each action of the table is done by keys alone, at each step it
 * is seen where the focus is, and what opened over the page gives the focus back to where it was opened from.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect as baseExpect, type Page } from '@playwright/test';
import { startS3Server, TEST_USER } from '../scripts/s3-server/s3-server.ts';
import { affineModel, externalDataModel, identityModel } from '../scripts/samples/sample-models.ts';
import { KEYBOARD_ACTIONS, keyboardTable } from './keyboard/actions.ts';
import { Hands } from './keyboard/hands.ts';
import { repositoryPath, startSlipway, temporaryDirectory, writeVersion } from './testing/slipway.ts';
import { test } from './testing/test.ts';

/** The machine does other things too. */
const expect = baseExpect.configure({ timeout: 20_000 });

test.use({ actionTimeout: 20_000 });

test('everything can be done by keys alone, and it is seen where one is', async ({ page }) => {
  test.setTimeout(600_000);
  await using directory = await temporaryDirectory();
  const models = join(directory.path, 'models');
  await writeVersion(join(models, 'pair'), 1, affineModel({ scale: 0.5, offset: 2 }));
  await writeVersion(join(models, 'pair'), 2, affineModel({ scale: 0.5, offset: 3 }));
  await writeVersion(join(models, 'grid'), 1, identityModel('float32', ['batch', 3]));
  await using store = await startS3Server({ users: [TEST_USER] });
  const { model, weights } = externalDataModel(4, 'weights.bin');
  store.put('lab', 'models/table/1/model.onnx', model);
  store.put('lab', 'models/table/1/weights.bin', weights);
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: ['--version_settle_millis=0', '--file_system_poll_wait_seconds=1'],
    environment: {
      AWS_ACCESS_KEY_ID: TEST_USER.accessKeyId,
      AWS_SECRET_ACCESS_KEY: TEST_USER.secretAccessKey,
      AWS_REGION: 'us-east-1',
    },
  });
  await server.untilStatus('digits', (versions) => versions.some(({ state }) => state === 'AVAILABLE'));
  await page.emulateMedia({ reducedMotion: 'reduce' });
  // Wide enough that nothing is behind a button for what else there is.
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(server.signInUrl);
  await expect(page.getByRole('heading', { name: 'Try the sample' })).toBeVisible();

  const hands = new Hands(page);
  for (const { screen, action, by } of KEYBOARD_ACTIONS) {
    await test.step(`${screen}: ${action}`, () => by({ page, hands, models, store: store.url }));
  }

  await test.step('the sheet of keys has what was done, and nothing else', async () => {
    const proved = KEYBOARD_ACTIONS.flatMap(({ sheet = [] }) => sheet);
    expect([...new Set(await linesOfSheet(page))].toSorted()).toEqual([...new Set(proved)].toSorted());
  });
});

test('the documentation has the keys that are tested', () => {
  // Its columns are as wide as their longest line.
  const documented = readFileSync(repositoryPath('docs/keyboard.md'), 'utf8').replaceAll(/ +/gu, ' ');
  for (const line of keyboardTable()) expect(documented).toContain(line);
  expect(documented.match(/^\|/gmu), 'rows of docs/keyboard.md').toHaveLength(keyboardTable().length + 2);
});

async function linesOfSheet(page: Page): Promise<readonly string[]> {
  await page.keyboard.press('F6');
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toBeVisible();
  return sheet.getByRole('term').allTextContents();
}
