/**
 * The matrix of screens and states: what each screen says while it is empty, loads, fails, is cut off from the server or has
 * very much to show, on a real server in that state. What does not answer yet is held on its way, never made up.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect as baseExpect } from '@playwright/test';
import { startS3Server, TEST_USER } from '../scripts/s3-server/s3-server.ts';
import { affineModel, corrupted, externalDataModel, identityModel } from '../scripts/samples/sample-models.ts';
import { skipWelcome } from './testing/page.ts';
import {
  configOf,
  cutOff,
  expectSound,
  go,
  hold,
  holdEvents,
  main,
  row,
  signIn,
  withoutSamples,
} from './testing/screens.ts';
import { startSlipway, temporaryDirectory, writeVersion } from './testing/slipway.ts';
import { test } from './testing/test.ts';

/** The machine does other things too. */
const expect = baseExpect.configure({ timeout: 30_000 });

const half = affineModel({ scale: 0.5, offset: 2 });
const QUICK = ['--version_settle_millis=0', '--file_system_poll_wait_seconds=1'];

test.describe('states of the screens', () => {
  test.use({ actionTimeout: 20_000 });
  // Each cell is looked through in both themes.
  test.setTimeout(600_000);

  test('empty: each says what it is for, and how to begin', async ({ page }) => {
    await using directory = await temporaryDirectory();
    const dataDirectory = join(directory.path, 'data');
    const config = join(directory.path, 'models.conf');
    const watched = join(directory.path, 'watched');
    await withoutSamples(dataDirectory);
    await mkdir(watched);
    await writeFile(config, configOf({}));
    await using server = await startSlipway({
      dataDirectory,
      // Only errors are logged, and there are none.
      flags: [
        ...QUICK,
        `--model_config_file=${config}`,
        '--model_config_file_poll_wait_seconds=1',
        '--log_level=error',
      ],
    });
    await signIn(page, server);

    await go(page, server, '/models');
    await expect(page.getByRole('heading', { name: 'No models yet' })).toBeVisible();
    await expectSound(page, main(page).getByRole('button', { name: 'Add folder' }).first());

    await go(page, server, '/play');
    await expect(main(page).getByRole('heading', { level: 2 })).toBeVisible();
    await expectSound(page, main(page).getByRole('link').first());

    await go(page, server, '/traffic');
    await expect(page.getByRole('heading', { name: 'No requests yet' })).toBeVisible();
    await expectSound(page, main(page).getByRole('link', { name: 'Go to Models' }));

    await go(page, server, '/sources');
    await expect(page.getByRole('heading', { name: 'Connect a store' })).toBeVisible();
    await expectSound(page, page.getByRole('button', { name: 'Connect AWS' }));

    await go(page, server, '/logs');
    await expect(page.getByText('No lines yet at this level')).toBeVisible();
    await expectSound(page, page.getByRole('textbox', { name: 'Search the log' }));

    await writeFile(config, configOf({ watched }));
    await go(page, server, '/models/watched');
    await expect(page.getByRole('heading', { level: 1, name: 'watched' })).toBeVisible();
    await expect(
      main(page)
        .getByRole('button', { name: /Poll now|Look again/u })
        .first(),
    ).toBeEnabled();
    await expectSound(
      page,
      main(page)
        .getByRole('button', { name: /Poll now|Look again/u })
        .first(),
    );
  });

  test('loading: what is known already is there, and what comes is announced', async ({ page }) => {
    await using directory = await temporaryDirectory();
    const dataDirectory = join(directory.path, 'data');
    await withoutSamples(dataDirectory);
    await using store = await startS3Server({ users: [TEST_USER] });
    const { model, weights } = externalDataModel(4, 'weights.bin');
    store.put('lab', 'table/1/model.onnx', model);
    store.put('lab', 'table/1/weights.bin', weights);
    const config = join(directory.path, 'models.conf');
    await writeFile(config, configOf({ table: 's3://lab/table' }));
    await using server = await startSlipway({
      dataDirectory,
      flags: [...QUICK, `--model_config_file=${config}`],
      environment: {
        AWS_ACCESS_KEY_ID: TEST_USER.accessKeyId,
        AWS_SECRET_ACCESS_KEY: TEST_USER.secretAccessKey,
        AWS_REGION: 'us-east-1',
        AWS_ENDPOINT_URL: store.url,
      },
    });
    await server.untilStatus('table', (versions) => versions.some(({ state }) => state === 'AVAILABLE'));

    // Before the server has said a word.
    await skipWelcome(page);
    const letEventsThrough = await holdEvents(page);
    await page.goto(server.signInUrl);
    for (const route of ['/models', '/models/table', '/play?model=table', '/traffic', '/sources', '/logs']) {
      await go(page, server, route);
      await expect(main(page).getByRole('status', { name: /^(?:Loading|Log lines)/u })).toBeVisible();
      await expectSound(page, page.getByRole('navigation', { name: 'Screens' }).getByRole('link').first());
    }
    letEventsThrough();

    await go(page, server, '/models/table');
    await expect(page.locator('[data-lane="1"]')).toHaveAttribute('data-status', 'available');
    const slow = store.faults.add({ key: 'table/2/weights.bin', fault: { kind: 'slow', bytesPerSecond: 4000 } });
    store.put('lab', 'table/2/model.onnx', model);
    store.put('lab', 'table/2/weights.bin', weights);

    // The lane grows as its events come.
    await expect(page.locator('[data-lane="2"]')).toHaveAttribute('data-status', 'loading');
    await expect(
      main(page)
        .getByText(/Downloading|of 4\.\d MB/u)
        .first(),
    ).toBeVisible();
    await expectSound(page, page.getByRole('button', { name: 'Change policy' }));

    await go(page, server, '/play?model=table&version=2');
    await expect(main(page).getByText(/^Waits for v2/u)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Send when available' })).toBeEnabled();
    await expectSound(page, page.getByRole('radio', { name: 'Form' }));

    // The charts have their axes before they have numbers.
    const letNumbersThrough = await hold(page, '**/ui/commands/trafficHistory');
    const letRequestsThrough = await hold(page, '**/ui/commands/listRequests');
    await go(page, server, '/traffic');
    await expect(page.getByRole('figure', { name: 'Latency' })).toBeVisible();
    await expectSound(page, page.getByRole('button', { name: 'Load test' }));
    await letNumbersThrough();
    await letRequestsThrough();

    const letLinesThrough = await hold(page, '**/ui/commands/readLogs');
    await go(page, server, '/logs');
    await expect(main(page).getByRole('status', { name: 'Log lines' })).toBeVisible();
    await expectSound(page, page.getByRole('textbox', { name: 'Search the log' }));
    await letLinesThrough();
    await expect(page.getByRole('grid', { name: 'Log lines' }).getByRole('row').first()).toBeVisible();
    slow.remove();
  });

  test('error: each says what failed, why, and has the one thing to do about it', async ({ page }) => {
    await using directory = await temporaryDirectory();
    const dataDirectory = join(directory.path, 'data');
    const config = join(directory.path, 'models.conf');
    const models = join(directory.path, 'models');
    await withoutSamples(dataDirectory);
    await writeVersion(join(models, 'good'), 1, identityModel('float32', ['batch', 2]));
    await writeVersion(join(models, 'bad'), 1, corrupted(half));
    const places = Object.fromEntries(['good', 'bad', 'gone'].map((name) => [name, join(models, name)]));
    await writeFile(config, configOf(places));
    await using server = await startSlipway({
      dataDirectory,
      flags: [...QUICK, `--model_config_file=${config}`, '--model_config_file_poll_wait_seconds=1'],
    });
    await signIn(page, server);

    await go(page, server, '/models');
    await expect(row(page, 'good').getByText('Available')).toBeVisible();
    await expect(row(page, 'bad')).toContainText(/Retrying|Failed/u);
    await expect(row(page, 'gone')).toContainText('Folder not found');
    await writeFile(config, 'model_config_list { config { name: "good" } }');
    await expect(main(page).getByText('models.conf')).toBeVisible();
    await expectSound(
      page,
      row(page, 'bad')
        .getByRole('button', { name: /again|now/iu })
        .first(),
    );

    await go(page, server, '/models/bad');
    await expect(page.locator('[data-lane="1"]')).toHaveAttribute('data-status', /retrying|failed/u);
    const why = page.getByRole('region', { name: 'Why' });
    await expect(why).toContainText('model.onnx');
    await expectSound(page, why.getByRole('button', { name: /Retry now|Load again/u }));

    await go(page, server, '/play?model=good');
    await page.getByText('JSON', { exact: true }).click();
    await page.getByRole('textbox', { name: 'Request body' }).click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.insertText('{"instances": [[1, 2, 3]]}');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(page.getByRole('region', { name: 'Answer' }).getByText(/^400/u)).toBeVisible();
    await expect(page.getByRole('textbox', { name: 'Request body' })).toContainText('[1, 2, 3]');
    await expectSound(page, page.getByRole('button', { name: 'Send', exact: true }));

    const withNumbers = await cutOff(page, '**/ui/commands/trafficHistory');
    const withRequests = await cutOff(page, '**/ui/commands/listRequests');
    await go(page, server, '/traffic');
    const again = main(page).getByRole('button', { name: 'Try again' });
    await expect(main(page).getByText('The server does not answer.').first()).toBeVisible();
    await expectSound(page, again.first());
    await withNumbers();
    await withRequests();
    while ((await again.count()) > 0) await again.first().click();
    await expect(page.getByRole('grid', { name: 'Requests' }).getByRole('row').first()).toBeVisible();

    const withLines = await cutOff(page, '**/ui/commands/readLogs');
    await go(page, server, '/logs');
    await expect(main(page).getByText('The log cannot be read')).toBeVisible();
    await expectSound(page, again);
    await withLines();
    await again.click();
    await expect(page.getByRole('grid', { name: 'Log lines' }).getByRole('row').first()).toBeVisible();
    await expect(again).toHaveCount(0);

    await go(page, server, '/sources');
    await expect(page.locator(`[data-root="${models}"]`)).toContainText('Unreadable');
    await expectSound(page, page.getByRole('button', { name: `Poll now: ${models}` }));

    const withSettings = await cutOff(page, '**/ui/commands/serverSettings');
    await go(page, server, '/settings/models');
    await expect(main(page).getByText('The server does not answer.').first()).toBeVisible();
    await expectSound(page, again.first());
    await withSettings();
    await again.first().click();
    await expect(page.locator('[data-setting="loadRetries"]')).toContainText('5');
  });
});
