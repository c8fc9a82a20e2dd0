import { createHash } from 'node:crypto';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, type Page } from '@playwright/test';
import { affineModel } from '../scripts/samples/sample-models.ts';
import { expectAccessible, expectAccessibleInBothThemes, skipWelcome } from './testing/page.ts';
import { startSlipway, temporaryDirectory, writeVersion } from './testing/slipway.ts';
import { test } from './testing/test.ts';

const lane = (page: Page, version: number) => page.locator(`[data-lane="${version}"]`);
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
const events = (page: Page) => page.getByRole('grid', { name: /What happened/u }).getByRole('row');

test('versions take over, are rolled back and labelled, all in lanes', async ({ page }) => {
  // Each look for accessibility takes its time.
  test.slow();
  await using directory = await temporaryDirectory();
  const model = join(directory.path, 'models', 'half');
  await writeVersion(model, 1, affineModel({ scale: 1, offset: 0 }));
  // Added by hand, so that it can be changed by hand.
  const dataDirectory = join(directory.path, 'data');
  await mkdir(dataDirectory, { recursive: true });
  await writeFile(
    join(dataDirectory, 'settings.json'),
    JSON.stringify({
      formatVersion: 1,
      models: [{ name: 'half', basePath: model, versionPolicy: { kind: 'latest', count: 1 } }],
      removedSamples: [],
    }),
  );
  await using server = await startSlipway({ dataDirectory, flags: ['--version_settle_millis=0'] });
  const available = (version: string) => (versions: readonly { version: string; state: string }[]) =>
    versions.some((status) => status.version === version && status.state === 'AVAILABLE');
  await server.untilStatus('half', available('1'));
  await skipWelcome(page);
  await page.goto(server.signInUrl);
  await expect(page.getByRole('navigation', { name: 'Screens' })).toBeVisible();
  await page.goto(`${server.uiOrigin}/#/models/half`);

  await expect(lane(page, 1)).toHaveAttribute('data-status', 'available');
  await server.predict('half', { instances: [1] });
  await expect(events(page).filter({ hasText: 'First call' })).toBeVisible();

  // A new version takes over.
  await writeVersion(model, 2, affineModel({ scale: 2, offset: 0 }));
  await expect(lane(page, 2)).toHaveAttribute('data-status', 'available');
  await expect(lane(page, 1)).toHaveAttribute('data-status', 'unloaded');
  await expect(lane(page, 2).locator('[data-kind=available]')).toHaveCount(1);
  await expect(events(page).filter({ hasText: 'v2 is available instead' })).toBeVisible();
  await expectAccessibleInBothThemes(page);

  // Rolled back by keyboard alone, after a look at what that does.
  await page.getByRole('button', { name: 'Actions for version 1' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Roll back to v1…' }).focus();
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Versions of half' });
  await expect(
    sheet.getByRole('listitem').filter({ hasText: 'v2 finishes its requests and is unloaded' }),
  ).toBeVisible();
  await expectAccessibleInBothThemes(page);
  await sheet.getByRole('button', { name: 'Apply' }).focus();
  await page.keyboard.press('Enter');
  await expect(lane(page, 1)).toHaveAttribute('data-status', 'available');
  await expect(lane(page, 2)).toHaveAttribute('data-status', 'unloaded');
  expect((await server.predict('half', { instances: [3] })).json).toEqual({ predictions: [3] });

  // The other way to take over shows its outage first; nothing is changed without Apply.
  await page.getByRole('button', { name: 'Change policy' }).click();
  await sheet.getByRole('radio', { name: 'Latest' }).click();
  await sheet.getByRole('radio', { name: 'Without more memory' }).click();
  await expect(sheet.getByText('In between no version serves: requests are refused.')).toBeVisible();
  await sheet.getByRole('radio', { name: 'Without a gap' }).click();
  await sheet.getByRole('button', { name: 'Add label' }).click();
  await sheet.getByRole('textbox', { name: 'Label' }).fill('sta/ble');
  await expect(sheet.getByText('must not contain')).toBeVisible();
  await expect(sheet.getByRole('button', { name: 'Apply' })).toBeDisabled();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(page.getByRole('button', { name: 'Change policy' })).toBeFocused();
  await expect(lane(page, 1)).toHaveAttribute('data-status', 'available');

  // A label on what serves.
  await page.getByRole('button', { name: 'Change policy' }).click();
  await sheet.getByRole('button', { name: 'Add label' }).click();
  await sheet.getByRole('textbox', { name: 'Label' }).fill('stable');
  await sheet
    .getByRole('button', { name: /Version/u })
    .last()
    .click();
  await page.getByRole('option', { name: 'v1' }).click();
  await sheet.getByRole('button', { name: 'Apply' }).click();
  await expect(lane(page, 1).getByText('stable')).toBeVisible();
  await expect(events(page).filter({ hasText: 'label stable set' })).toBeVisible();

  // The picture can be asked for by its address, and one version alone.
  await page.getByRole('radio', { name: '1 min' }).click();
  await expect(page).toHaveURL(/window=1m/u);
  await lane(page, 2).getByRole('button').first().click();
  await expect(page.getByRole('grid', { name: 'What happened to v2' })).toBeVisible();

  await page.getByRole('link', { name: 'Overview' }).click();
  await expect(page.getByText('version_labels')).toBeVisible();
  const file = page.getByRole('grid', { name: 'Files' }).getByRole('row').filter({ hasText: 'model.onnx' });
  await expect(file).toContainText('not computed');
  await page.getByRole('button', { name: 'Compute checksums' }).click();
  await expect(file).toContainText('Computed here');
  await expect(file).toContainText(sha256(await readFile(join(model, '1', 'model.onnx'))));
  await expect(page.getByRole('button', { name: 'Compute checksums' })).toBeHidden();
  // The other version has files of its own.
  await page.getByRole('button', { name: 'Version' }).click();
  await page.getByRole('option', { name: 'v2' }).click();
  await expect(file).toContainText('not computed');
  await page.getByRole('button', { name: 'Compute checksums' }).click();
  await expect(file).toContainText(sha256(await readFile(join(model, '2', 'model.onnx'))));
  await expectAccessibleInBothThemes(page);
});

test('a version is unloaded, loaded and reloaded by hand under load', async ({ page }) => {
  test.slow();
  await using directory = await temporaryDirectory();
  const model = join(directory.path, 'models', 'half');
  await writeVersion(model, 1, affineModel({ scale: 1, offset: 0 }));
  await writeVersion(model, 2, affineModel({ scale: 2, offset: 0 }));
  const configFile = join(directory.path, 'models.config');
  await writeFile(
    configFile,
    `model_config_list { config { name: "half" base_path: ${JSON.stringify(model)} model_platform: "onnx"
       model_version_policy { latest { num_versions: 2 } } version_labels { key: "stable" value: 2 } } }`,
  );
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: [
      `--model_config_file=${configFile}`,
      '--version_settle_millis=0',
      '--allow_version_labels_for_unavailable_models=true',
    ],
  });
  const is = (wanted: string) => (versions: readonly { version: string; state: string }[]) =>
    versions.some(({ version, state }) => `${version} ${state}` === wanted);
  await server.untilStatus('half', is('1 AVAILABLE'));
  await server.untilStatus('half', is('2 AVAILABLE'));
  await skipWelcome(page);
  await page.goto(server.signInUrl);
  await expect(page.getByRole('navigation', { name: 'Screens' })).toBeVisible();
  await page.goto(`${server.uiOrigin}/#/models/half`);
  await expect(lane(page, 2)).toHaveAttribute('data-status', 'available');

  await using latest = keepCalling(`${server.restUrl}/v1/models/half:predict`);
  await using second = keepCalling(`${server.restUrl}/v1/models/half/versions/2:predict`);
  const untilAnswered = (answer: string) => expect.poll(() => second.answers.at(-1)).toContain(answer);
  await untilAnswered('[20.0]');

  // Unloaded by keyboard, after a look at what that does: the model is of a config file, and that is no obstacle.
  await lane(page, 2).getByRole('button').first().focus();
  await page.keyboard.press('u');
  const dialog = page.getByRole('dialog', { name: 'Unload half v2?' });
  await expect(dialog.getByText('v2 finishes its requests and is unloaded')).toBeVisible();
  await expect(dialog.getByText('serving: v1')).toBeVisible();
  await expect(dialog.locator('[data-label=blocked]')).toContainText('Label stable is blocked');
  await expectAccessible(page, '[role=dialog]');
  await dialog.getByRole('button', { name: 'Unload' }).focus();
  await page.keyboard.press('Enter');
  await expect(lane(page, 2)).toHaveAttribute('data-status', 'held');
  await expect(lane(page, 2).getByRole('button').first()).toBeFocused();
  await untilAnswered('Servable not found for request: Specific(half, 2)');
  await server.untilStatus('half', is('2 END'));
  await expect(page.getByRole('region', { name: 'Why' })).toContainText(
    'v2 held back: unloaded by you, until you load it',
  );
  await expect(events(page).filter({ hasText: /^.*v2Unloading.*unloaded by you; v1 serves/u })).toBeVisible();
  await expect(lane(page, 2).locator('[data-kind=held]')).toHaveCount(1);
  await expectAccessibleInBothThemes(page);

  // It stays away when its folder changes, and comes back by hand with what is there then.
  await writeVersion(model, 2, affineModel({ scale: 3, offset: 0 }));
  await page.getByRole('button', { name: 'Poll now' }).click();
  await expect(lane(page, 2)).toHaveAttribute('data-status', 'held');
  await page.getByRole('region', { name: 'Why' }).getByRole('button', { name: 'Load' }).click();
  await untilAnswered('[30.0]');
  await expect(lane(page, 2)).toHaveAttribute('data-status', 'available');

  // A file that changes in place changes nothing until it is reloaded.
  await writeVersion(model, 2, affineModel({ scale: 5, offset: 0 }));
  await page.getByRole('button', { name: 'Poll now' }).click();
  // It may be seen in the middle of being written, and once more when it is whole.
  await expect(events(page).filter({ hasText: 'keeps serving its old content' }).first()).toBeVisible();
  await untilAnswered('[30.0]');
  await lane(page, 2).getByRole('button').first().focus();
  await page.keyboard.press('r');
  const reload = page.getByRole('dialog', { name: 'Reload half v2?' });
  await expect(reload.locator('[data-label=interrupted]')).toBeVisible();
  await reload.getByRole('button', { name: 'Reload' }).click();
  await untilAnswered('[50.0]');

  // Nobody was refused but who asked for the version that was away.
  await Promise.all([latest.stop(), second.stop()]);
  expect(latest.answers.filter((answer) => !/^200 \{"predictions": \[\d+\.0\]\}$/u.test(answer))).toEqual([]);
  const refused = second.answers.filter((answer) => !answer.startsWith('200'));
  expect(new Set(refused)).toEqual(new Set(['404 {"error": "Servable not found for request: Specific(half, 2)"}']));
});

/** So that the callers leave the machine to whom they call. */
const CALL_PAUSE_MS = 2;

/** Calls again and again, one call at a time; keeps each status and body. */
function keepCalling(url: string): AsyncDisposable & { readonly answers: readonly string[]; stop(): Promise<void> } {
  const answers: string[] = [];
  let isStopped = false;
  const calling = (async () => {
    while (!isStopped) {
      const response = await fetch(url, { method: 'POST', body: '{"instances": [10]}' });
      answers.push(`${response.status} ${(await response.text()).trim()}`);
      await delay(CALL_PAUSE_MS);
    }
  })();
  const stop = async (): Promise<void> => {
    isStopped = true;
    await calling;
  };
  return { answers, stop, [Symbol.asyncDispose]: stop };
}

test('a version that cannot be loaded is explained, and one that is gone', async ({ page }) => {
  test.slow();
  await using directory = await temporaryDirectory();
  const model = join(directory.path, 'models', 'churn');
  await writeVersion(model, 1, affineModel({ scale: 1, offset: 0 }));
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: ['--model_name=churn', `--model_base_path=${model}`, '--version_settle_millis=0'],
  });
  await skipWelcome(page);
  await page.goto(server.signInUrl);
  await expect(page.getByRole('navigation', { name: 'Screens' })).toBeVisible();
  await page.goto(`${server.uiOrigin}/#/models/churn`);
  await expect(lane(page, 1)).toHaveAttribute('data-status', 'available');
  await mkdir(join(model, '2'));
  await writeFile(join(model, '2', 'model.onnx'), 'not a model at all');
  // Only another file can mend that: it is said at once, and not tried again and again.
  await expect(lane(page, 2)).toHaveAttribute('data-status', 'failed');
  const why = page.getByRole('region', { name: 'Why' });
  await expect(why).toContainText('model.onnx is plain text, not an ONNX model: copy the model file itself here');
  await expect(why).toContainText('tried again when its files change');
  // What is missing may come.
  await mkdir(join(model, '3'));
  await writeFile(join(model, '3', 'notes.txt'), '');
  for (const path of [join(model, '3', 'notes.txt'), join(model, '3')]) await utimes(path, 0, 0);
  await expect(lane(page, 3)).toHaveAttribute('data-status', 'retrying');
  await expect(why.getByRole('button', { name: 'Retry now' })).toBeEnabled();
  await expect(events(page).filter({ hasText: 'Retrying' }).first()).toBeVisible();
  await expectAccessibleInBothThemes(page);

  // It comes from the command line: the sheet says so, and offers what to put there.
  await page.getByRole('button', { name: 'Change policy' }).click();
  const sheet = page.getByRole('dialog', { name: 'Versions of churn' });
  await sheet.getByRole('radio', { name: 'All' }).click();
  await expect(sheet.getByText('is named on the command line')).toBeVisible();
  await expect(sheet.getByRole('button', { name: 'Copy as config file' })).toBeEnabled();
  await page.keyboard.press('Escape');

  await server.stop('SIGKILL');
  await expect(page.locator('.lane-gap').first()).toBeVisible();
  await page.goto(`${server.uiOrigin}/#/models/nothing`).catch(() => undefined);
  await expect(page.getByText('No model is called nothing')).toBeVisible();
});
