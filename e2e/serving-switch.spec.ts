import { once } from 'node:events';
import { createServer, IncomingMessage, request as httpRequest, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { expect as baseExpect, type Page } from '@playwright/test';
import { expectAccessible, expectAccessibleInBothThemes, skipWelcome } from './testing/page.ts';
import { startSlipway, temporaryDirectory, type Slipway } from './testing/slipway.ts';
import { test as base } from './testing/test.ts';

/** The machine does other things too. */
const expect = baseExpect.configure({ timeout: 20_000 });

const test = base.extend<{ server: Slipway }>({
  async server({ page }, use) {
    await using directory = await temporaryDirectory();
    await skipWelcome(page);
    await using server = await startSlipway({ dataDirectory: directory.path });
    await server.untilStatus('half_plus_three', ([first]) => first?.state === 'AVAILABLE');
    await page.goto(server.signInUrl);
    await expect(page.locator('[data-model="half_plus_three"]').getByText('Available')).toBeVisible();
    await use(server);
    // It has nothing to show of a server that is gone.
    await page.close();
  },
});

// Much is looked at: a whole screen in two themes takes seconds.
test.setTimeout(150_000);

const bar = (page: Page) => page.getByRole('contentinfo', { name: 'Status' });
const serverSwitch = (page: Page) => page.getByRole('dialog', { name: 'Server switch' });
const row = (page: Page, id: string) => page.locator(`[data-setting="${id}"]`);
const isServing = (page: Page) => expect(bar(page).getByRole('button', { name: 'Serving', exact: true })).toBeVisible();

/** What is new on the page, in both themes; the whole page is looked at where it is at its fullest. */
async function expectPartAccessible(page: Page, selector: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expectAccessible(page, selector);
  }
}

/** What the endpoint answers; undefined where nobody listens. */
async function call(address: string, token?: string): Promise<number | undefined> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${address}/v1/models/half_plus_three:predict`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ instances: [1, 2] }),
  }).catch(() => undefined);
  return response?.status;
}

/** A request that is in flight until it is told to end: its body comes in two parts. */
function slowCall(address: string) {
  const request = httpRequest(`${address}/v1/models/half_plus_three:predict`, { method: 'POST' });
  const response = once(request, 'response').then(([answer]: unknown[]) => {
    if (!(answer instanceof IncomingMessage)) throw new Error('no answer');
    answer.resume();
    return answer.statusCode;
  });
  request.write('{"instances": [1');
  return { response, finish: () => void request.end(']}') };
}

async function occupy(url: string): Promise<Server> {
  const { port, hostname } = new URL(url);
  const other = createServer((_request, response) => response.end('somebody else')).listen(Number(port), hostname);
  await once(other, 'listening');
  return other;
}

test('serving stops when the last request is answered, says so everywhere, and starts again, by keys alone', async ({
  page,
  server,
}) => {
  const slow = slowCall(server.restUrl);
  expect(await call(server.restUrl)).toBe(200);
  for (let presses = 0; presses < 3; presses += 1) {
    await page.keyboard.press('F6');
    if (
      await bar(page)
        .getByRole('button', { name: 'Serving' })
        .evaluate((button) => button === document.activeElement)
    )
      break;
  }
  await page.keyboard.press('Enter');
  await expect(serverSwitch(page)).toContainText(server.restUrl);
  await expectPartAccessible(page, '[role=dialog]');
  await serverSwitch(page).getByRole('button', { name: 'Stop serving' }).focus();
  await page.keyboard.press('Enter');
  await expect(serverSwitch(page)).toContainText(/Stopping|Finishing/u);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('status').filter({ hasText: 'Slipway stops serving' })).toBeVisible();
  slow.finish();
  expect(await slow.response).toBe(200);
  await expect(page.getByText('Slipway is not serving')).toBeVisible();
  expect(await call(server.restUrl)).toBeUndefined();
  await expectAccessibleInBothThemes(page);

  await page.keyboard.press('Control+3');
  await expect(page.getByRole('main').getByText('Slipway is not serving')).toBeVisible();
  await page.goto(`${server.uiOrigin}/#/play?model=half_plus_three`);
  await expect(page.getByRole('main').getByRole('button', { name: 'Start serving' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeDisabled();

  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: 'Command palette' })).toBeFocused();
  await page.keyboard.type('serving');
  await expect(page.getByRole('option')).toHaveText([/^Start serving/u]);
  await page.keyboard.press('Enter');
  await isServing(page);
  expect(await call(server.restUrl)).toBe(200);
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeEnabled();
});

test('a taken port is told with who has it, and another one is a click away', async ({ page, server }) => {
  await page.goto(`${server.uiOrigin}/#/settings/server`);
  const control = row(page, 'status');
  await control.getByRole('button', { name: 'Stop serving' }).click();
  await expect(control).toContainText('Not serving');
  const other = await occupy(server.restUrl);
  const { port } = new URL(server.restUrl);
  try {
    await control.getByRole('button', { name: 'Start serving' }).click();
    const dialog = page.getByRole('dialog', { name: `Port ${port} is taken` });
    await expect(dialog).toBeVisible();
    // Only Linux and macOS are sure to tell who it is.
    if (process.platform === 'linux') await expect(dialog).toContainText(`process ${process.pid}`);
    await expectPartAccessible(page, '[role=dialog]');
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    // Not a second time by itself, but at hand.
    await page.reload();
    await expect(bar(page).getByRole('button', { name: 'Failed to start' })).toBeVisible();
    await expect(dialog).toHaveCount(0);
    await expectAccessibleInBothThemes(page);
    await bar(page).getByRole('button', { name: 'Failed to start' }).click();
    await serverSwitch(page).getByRole('button', { name: 'Change the port…' }).click();
    await expect(row(page, 'restPort').getByRole('textbox')).toBeFocused();
    await expect(row(page, 'restPort')).toContainText(port);

    const trouble = control.getByRole('region', { name: `Port ${port} is taken` });
    await trouble.getByRole('checkbox', { name: /at each start too$/u }).focus();
    await page.keyboard.press('Space');
    const use = trouble.getByRole('button', { name: /^Use \d+ now$/u });
    const free = /\d+/u.exec((await use.textContent()) ?? '')?.[0] ?? '';
    await use.focus();
    await page.keyboard.press('Enter');
    await isServing(page);
    const moved = `http://127.0.0.1:${free}`;
    expect(await call(moved)).toBe(200);
    await expect(row(page, 'port-rest')).toContainText(moved);
    await expect(bar(page)).toContainText(moved);

    // A move that fails changes nothing, and says so beside the field.
    const field = row(page, 'restPort').getByRole('textbox', { name: 'REST port' });
    await field.fill(port);
    await page.keyboard.press('Enter');
    await expect(row(page, 'restPort')).toContainText(new RegExp(`${port}.*(?:taken|in use)`, 'u'));
    expect(await call(moved)).toBe(200);
  } finally {
    other.closeAllConnections();
    other.close();
  }
  const field = row(page, 'restPort').getByRole('textbox', { name: 'REST port' });
  await page.getByRole('textbox', { name: 'REST port' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText(`The REST API is on port ${port} now`)).toBeVisible();
  await expect(field).toHaveValue(port);
  expect(await call(server.restUrl)).toBe(200);
});

const lan = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
  addresses.flatMap(({ family, internal, address }) => (family === 'IPv4' && !internal ? [{ name, address }] : [])),
)[0];

test('models are opened to a network with a token, which can be taken back, and every screen says so', async ({
  page,
  server,
}) => {
  test.skip(!lan, 'this computer is in no network');
  if (!lan) return;
  const outside = `http://${lan.address}:${new URL(server.restUrl).port}`;
  expect(await call(outside)).toBeUndefined();
  await page.goto(`${server.uiOrigin}/#/settings/server`);
  const exposure = row(page, 'exposure');
  await exposure.getByRole('radio', { name: 'Chosen networks too' }).click();
  await exposure.getByRole('checkbox', { name: `${lan.name}, IPv4` }).focus();
  await page.keyboard.press('Space');
  await expect(exposure.getByRole('checkbox', { name: 'Require a token' })).toBeChecked();
  await expectPartAccessible(page, '[data-setting=exposure]');
  await exposure.getByRole('button', { name: 'Open to the network' }).click();
  const banner = page.getByText('Reachable by others in your network');
  await expect(banner).toBeVisible();
  await expect(exposure.getByRole('region', { name: 'Reachable at' })).toContainText(outside);
  expect(await call(outside)).toBe(401);
  expect(await call(server.restUrl)).toBe(200);

  await row(page, 'tokens').getByRole('button', { name: 'New token…' }).click();
  await page.keyboard.type('notebook');
  await page.keyboard.press('Enter');
  const created = page.getByRole('dialog', { name: 'Token “notebook”' });
  await expect(created).toContainText('$SLIPWAY_TOKEN');
  await expectPartAccessible(page, '[role=dialog]');
  const secret = await created.getByRole('region', { name: 'Token', exact: true }).locator('pre').innerText();
  await created.getByRole('button', { name: 'Done' }).click();
  expect(await page.content()).not.toContain(secret);
  await expect(row(page, 'tokens').getByRole('button', { name: 'New token…' })).toBeFocused();
  expect(await call(outside, secret)).toBe(200);
  expect(await call(outside, `${secret}x`)).toBe(401);

  await page.keyboard.press('Control+1');
  await expect(banner).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Fold to the status bar' }).click();
  await expect(banner).toHaveCount(0);
  await bar(page).getByRole('button', { name: 'Exposed' }).click();
  await page.getByRole('main').getByRole('link', { name: 'Settings' }).click();

  await row(page, 'tokens').getByRole('button', { name: 'Revoke notebook' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('Revoked the token “notebook”.')).toBeVisible();
  expect(await call(outside, secret)).toBe(401);

  await exposure.getByText('Require a token').click();
  await exposure.getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Open without a token' }).click();
  await expect(page.getByText(/No token required/u)).toBeVisible();
  await expectPartAccessible(page, 'main > :first-child');
  expect(await call(outside)).toBe(200);
  await page.getByRole('button', { name: 'Stop exposing' }).click();
  await expect(banner).toHaveCount(0);
  await expect.poll(() => call(outside)).toBeUndefined();
  expect(await call(server.restUrl)).toBe(200);
});
