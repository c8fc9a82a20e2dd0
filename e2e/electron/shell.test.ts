import { _electron, expect, test } from '@playwright/test';
import { installedElectron } from '../../scripts/lib/electron-binary.ts';
import { repositoryPath, temporaryDirectory } from '../testing/slipway.ts';

const executablePath = installedElectron();

test.beforeEach(() => {
  test.skip(
    executablePath === undefined,
    "Electron's binary is not installed here, so the desktop shell is not tested",
  );
  const noDisplay = process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'];
  test.skip(noDisplay, 'no display: run under Xvfb (xvfb-run npm test) to test the desktop shell');
});

test('the desktop app shows the samples, predicts and quits cleanly', async () => {
  await using directory = await temporaryDirectory();
  const app = await _electron.launch({
    executablePath: executablePath ?? '',
    args: [
      // Chromium's sandbox refuses to run as root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      repositoryPath('.'),
      '--rest_api_port=0',
      `--data_dir=${directory.path}`,
    ],
  });
  const exited = new Promise<number | null>((resolve) => {
    app.process().once('exit', (code) => resolve(code));
  });
  const page = await app.firstWindow();
  await expect(page.getByText('half_plus_three').first()).toBeVisible();
  await expect(page.getByText('Available').first()).toBeVisible();

  // The bridge has the named functions and nothing else, and the page has no Node.
  expect(await page.evaluate(() => Object.keys(Reflect.get(window, 'slipway') ?? {}).toSorted())).toEqual([
    'changeDesktop',
    'desktop',
    'onCommand',
    'onOpen',
    'pathsOfDroppedFiles',
    'pickFolder',
    'quitNow',
    'revealInFolder',
    'runCommand',
  ]);
  expect(await page.evaluate(() => ['require', 'process', 'module'].filter((name) => name in window))).toEqual([]);

  await page.goto(`${new URL(page.url()).origin}/#/play?model=half_plus_three`);
  await page.getByRole('button', { name: /^Send/u }).click();
  await expect(page.getByText('200').first()).toBeVisible();

  await app.evaluate(({ app: electronApp }) => electronApp.quit()).catch(() => undefined);
  expect(await exited).toBe(0);
});
