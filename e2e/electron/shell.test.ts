import { execFile } from 'node:child_process';
import { _electron, type ElectronApplication, expect, type Page, test } from '@playwright/test';
import { installedElectron } from '../../scripts/lib/electron-binary.ts';
import { repositoryPath, temporaryDirectory } from '../testing/slipway.ts';

/** A packed app to test in place of this checkout. */
const packed = process.env['SLIPWAY_DESKTOP_APP'];
const executablePath = packed ?? installedElectron();
const hasDisplay =
  process.platform !== 'linux' || Boolean(process.env['DISPLAY']) || Boolean(process.env['WAYLAND_DISPLAY']);

test.beforeEach(() => {
  if (process.env['SLIPWAY_REQUIRE_ELECTRON'] === '1') {
    expect(executablePath, "Electron's binary must be installed here").toBeDefined();
    expect(hasDisplay, 'there must be a display here').toBe(true);
  }
  test.skip(
    executablePath === undefined,
    "Electron's binary is not installed here, so the desktop shell is not tested",
  );
  test.skip(!hasDisplay, 'no display: run under Xvfb (xvfb-run npm test) to test the desktop shell');
});

function argumentsFor(dataDirectory: string): string[] {
  return [
    // Chromium's sandbox refuses to run as root.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ...(packed === undefined ? [repositoryPath('.')] : []),
    '--rest_api_port=0',
    '--port=0',
    `--data_dir=${dataDirectory}`,
  ];
}

interface Launched extends AsyncDisposable {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly exited: Promise<number | null>;
}

async function launch(dataDirectory: string): Promise<Launched> {
  const app = await _electron.launch({ executablePath: executablePath ?? '', args: argumentsFor(dataDirectory) });
  const child = app.process();
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
  });
  const page = await app.firstWindow();
  await page.waitForURL(/^http/u);
  await page.goto(`${new URL(page.url()).origin}/#/models`);
  await expect(page.getByText('half_plus_three').first()).toBeVisible();
  return {
    app,
    page,
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** What the shell tells the page from now on. */
async function listen(page: Page): Promise<() => Promise<unknown[]>> {
  await page.evaluate(() => {
    const heard: unknown[] = [];
    Reflect.set(window, 'heard', heard);
    const shell: unknown = Reflect.get(window, 'slipway');
    for (const name of ['onCommand', 'onOpen']) {
      const subscribe: unknown = typeof shell === 'object' && shell ? Reflect.get(shell, name) : undefined;
      if (typeof subscribe === 'function') Reflect.apply(subscribe, shell, [(message: unknown) => heard.push(message)]);
    }
  });
  return () => page.evaluate(() => Reflect.get(window, 'heard'));
}

test('the desktop app shows the samples, predicts and quits cleanly', async () => {
  await using directory = await temporaryDirectory();
  await using launched = await launch(directory.path);
  const { app, page, exited } = launched;
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

test('the menu bar and a second instance reach the page', async () => {
  await using directory = await temporaryDirectory();
  await using launched = await launch(directory.path);
  const { app, page } = launched;
  const heard = await listen(page);

  await app.evaluate(({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('toggleTheme')?.click());
  await expect.poll(heard).toContainEqual('toggleTheme');

  const second = [...argumentsFor(directory.path), 'slipway://model/half_plus_three/123'];
  const code = await new Promise((resolve) => {
    execFile(executablePath ?? '', second, (error) => resolve(error ? error.code : 0));
  });
  expect(code).toBe(0);
  const request = { kind: 'model', isOwn: false, name: 'half_plus_three', version: '123' };
  await expect.poll(heard).toContainEqual(request);
  expect(app.windows()).toHaveLength(1);
});

test('the desktop app ends in order when the system asks it to', async () => {
  test.skip(process.platform === 'win32', 'Windows has no such signal');
  await using directory = await temporaryDirectory();
  await using launched = await launch(directory.path);
  launched.app.process().kill('SIGTERM');
  expect(await launched.exited).toBe(0);
});
