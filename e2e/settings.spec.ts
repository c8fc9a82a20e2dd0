import { readFile } from 'node:fs/promises';
import { expect as baseExpect, type FileChooser, type Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll, skipWelcome } from './testing/page.ts';
import { startSlipway, temporaryDirectory, type Slipway } from './testing/slipway.ts';
import { test as base } from './testing/test.ts';

/** The machine does other things too. */
const expect = baseExpect.configure({ timeout: 20_000 });

const test = base.extend<{ server: Slipway }>({
  async server({ page }, use) {
    await using directory = await temporaryDirectory();
    await skipWelcome(page);
    await using server = await startSlipway({
      dataDirectory: directory.path,
      flags: ['--rest_api_timeout_in_ms=45000'],
    });
    await server.untilStatus('half_plus_three', ([first]) => first?.state === 'AVAILABLE');
    await page.goto(server.signInUrl);
    await use(server);
  },
});

const row = (page: Page, id: string) => page.locator(`[data-setting="${id}"]`);
const root = (page: Page) => page.locator('html');

async function go(page: Page, server: Slipway, section: string): Promise<void> {
  await page.goto(`${server.uiOrigin}/#/settings/${section}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible();
}

test('the server is shown as it was started, with its ports, flags and defaults', async ({ page, server }) => {
  await page.keyboard.press('Control+,');
  await expect(page).toHaveURL(/#\/settings$/u);
  await expect(row(page, 'restTimeout')).toContainText('45 s');
  await expect(row(page, 'restTimeout')).toContainText('--rest_api_timeout_in_ms');
  await expect(row(page, 'restTimeout')).toContainText('Default: 30 s');
  await expect(row(page, 'restTimeout')).toContainText('Needs a restart');
  await expect(row(page, 'port-rest')).toContainText(server.restUrl);
  await expect(row(page, 'port-grpc')).toContainText(server.grpcAddress);
  await expect(row(page, 'port-ui')).toContainText(server.uiOrigin);
  await expect(page.getByText('Your network')).toHaveCount(0);

  await page.getByRole('link', { name: 'Model defaults' }).click();
  await expect(row(page, 'loadRetries')).toContainText('5');
  await expect(row(page, 'policy')).toContainText('availability_preserving');
});

test('removed samples come back, and the server logs as much as is wanted, both at once', async ({ page, server }) => {
  await server.untilStatus('half_plus_two', ([first]) => first?.state === 'AVAILABLE');
  await go(page, server, 'models');
  const samples = row(page, 'restoreSamples');
  await expect(samples).toContainText('None is removed');
  await page.evaluate(() =>
    fetch('/ui/commands/removeModel', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'half_plus_two' }),
    }),
  );
  await expect(samples).toContainText('Not served any more: half_plus_two.');

  await page.getByRole('link', { name: 'Server', exact: true }).click();
  const errors = row(page, 'logLevel').getByRole('radio', { name: 'Errors' });
  await errors.click();
  await expect(errors).toBeChecked();
  const quietFrom = server.log().length;

  await page.getByRole('link', { name: 'Model defaults' }).click();
  await samples.getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByText('Restored: half_plus_two.')).toBeVisible();
  await server.untilStatus('half_plus_two', ([first]) => first?.state === 'AVAILABLE');
  expect(server.log().slice(quietFrom)).not.toContain('Loading servable version');

  await page.reload();
  await expect(samples).toContainText('None is removed');
  await page.getByRole('link', { name: 'Server', exact: true }).click();
  await expect(errors).toBeChecked();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: 'Command palette' })).toBeFocused();
  await page.keyboard.type('about');
  await page.keyboard.press('Enter');
  await expect(row(page, 'aboutTelemetry')).toContainText('None');
  await expect(row(page, 'version')).toBeVisible();
});

test('a search goes over all sections and lives in the address', async ({ page, server }) => {
  await go(page, server, 'about');
  await page.keyboard.press('/');
  await page.keyboard.type('dark');
  await expect(row(page, 'theme')).toBeVisible();
  await expect(page).toHaveURL(/#\/settings\/about\?q=dark$/u);
  await page.reload();
  await expect(row(page, 'theme')).toBeVisible();
  await expect(row(page, 'version')).toHaveCount(0);
  await expectAccessible(page);
  await page.getByRole('link', { name: /^Appearance/u }).click();
  await expect(page.getByRole('textbox', { name: 'Search settings' })).toHaveValue('');
  await expect(row(page, 'density')).toBeVisible();
});

test('how the page looks changes at once, survives a reload, and travels in a file', async ({ page, server }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await go(page, server, 'appearance');
  await page.getByRole('radio', { name: 'Dark', exact: true }).click();
  await page.getByRole('radio', { name: 'Compact' }).click();
  await expect(root(page)).toHaveAttribute('data-theme', 'dark');
  await expect(root(page)).toHaveAttribute('data-density', 'compact');
  await page.reload();
  await expect(root(page)).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('radio', { name: 'Compact' })).toBeChecked();

  await go(page, server, 'advanced');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export the preferences of this page' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('slipway-preferences.json');
  const path = await download.path();
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
    preferences: { theme: 'dark', density: 'compact' },
  });

  await go(page, server, 'appearance');
  await page.getByRole('radio', { name: 'Light', exact: true }).click();
  await go(page, server, 'advanced');
  const choose = async (file: Parameters<FileChooser['setFiles']>[0]): Promise<void> => {
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Choose a file of preferences' }).click(),
    ]);
    await chooser.setFiles(file);
  };
  await choose(path);
  await expect(root(page)).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(root(page)).toHaveAttribute('data-theme', 'light');
  await choose({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"theme":"dark"}') });
  await expect(page.getByRole('alert').filter({ hasText: 'holds no preferences' })).toBeVisible();

  const [config] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export the model config file' }).click(),
  ]);
  expect(await readFile(await config.path(), 'utf8')).toContain('half_plus_three');
});

test('the recording switch decides what is recorded, and wiping leaves nothing', async ({ page, server }) => {
  const recorded = async (): Promise<number> => {
    const answer = await page.evaluate(async () => {
      const response = await fetch('/ui/commands/listRequests', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      return (await response.json()) as unknown;
    });
    return Number(Reflect.get(Object(answer), 'kept'));
  };
  const call = () => server.predict('half_plus_three', { instances: [1] });
  await go(page, server, 'privacy');
  const recording = page.getByRole('switch', { name: 'Record calls' });
  await expect(recording).toBeChecked();
  // Looking at the state of models was recorded too.
  const before = await recorded();
  await call();
  await expect.poll(recorded).toBe(before + 1);
  await row(page, 'record').locator('label').click();
  await expect(recording).not.toBeChecked();
  await expect(page.getByRole('switch', { name: 'Record bodies' })).toBeDisabled();
  await expect(row(page, 'record')).toContainText('Changed');
  await page.reload();
  await expect(recording).not.toBeChecked();
  await call();
  expect(await recorded()).toBe(before + 1);
  await row(page, 'record').locator('label').click();
  await expect(recording).toBeChecked();
  await page.reload();
  await expect(recording).toBeChecked();
  await call();
  await expect.poll(recorded).toBe(before + 2);

  await page.getByRole('button', { name: 'Wipe recorded calls' }).click();
  const dialog = page.getByRole('dialog');
  await expectAccessible(page, '[role=dialog]');
  await dialog.getByRole('button', { name: 'Wipe recorded calls' }).click();
  await expect(page.getByText('Wiped the recorded calls.')).toBeVisible();
  expect(await recorded()).toBe(0);
  await expect(page.getByRole('button', { name: 'Wipe recorded calls' })).toBeFocused();
});

test('while the server is gone, its settings stay and cannot be changed', async ({ page, server }) => {
  await go(page, server, 'privacy');
  await expect(page.getByRole('switch', { name: 'Record calls' })).toBeEnabled();
  await server.stop();
  await expect(page.getByText('What it said last is shown and cannot be changed.')).toBeVisible();
  await expect(page.getByRole('switch', { name: 'Record calls' })).toBeDisabled();
  await page.getByRole('link', { name: 'Server', exact: true }).click();
  await expect(row(page, 'restTimeout')).toContainText('45 s');
  await expect(row(page, 'status')).toContainText('Unreachable');
});

const SECTIONS = ['server', 'models', 'startup', 'appearance', 'privacy', 'keys', 'advanced', 'about'];

for (const scheme of ['light', 'dark'] as const) {
  test(`every section is accessible and fits in ${scheme}`, async ({ page, server }) => {
    test.setTimeout(180_000);
    await page.emulateMedia({ colorScheme: scheme });
    for (const section of SECTIONS) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await go(page, server, section);
      await expect(page.locator('[data-settings-section][aria-current=page]')).toHaveAttribute(
        'href',
        `#/settings/${section}`,
      );
      await expectAccessible(page);
      await page.setViewportSize({ width: 640, height: 400 });
      await expectNoSidewaysScroll(page);
    }
  });
}
