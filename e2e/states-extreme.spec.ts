/**
 * The other half of the matrix of screens and states: cut off from the server, and with very much to show; and all states
 * as stories, in windows that leave little room.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect as baseExpect, type Locator, type Page } from '@playwright/test';
import { affineModel, identityModel } from '../scripts/samples/sample-models.ts';
import { GrpcClient } from './conformance/grpc-client.ts';
import { expectAccessible, expectNoSidewaysScroll, skipWelcome } from './testing/page.ts';
import { configOf, expectSound, go, main, row, signIn, withoutSamples } from './testing/screens.ts';
import { startSlipway, temporaryDirectory, writeVersion, type Slipway } from './testing/slipway.ts';
import { test } from './testing/test.ts';

/** The machine does other things too. */
const expect = baseExpect.configure({ timeout: 30_000 });

const half = affineModel({ scale: 0.5, offset: 2 });
const QUICK = ['--version_settle_millis=0', '--file_system_poll_wait_seconds=1'];

/** A screen that was open when the server went. */
interface Cell {
  readonly route: string;
  /** What is there before and after. */
  readonly known: (at: Page) => Locator;
  /** What cannot be done without a server. */
  readonly action?: (at: Page) => Locator;
  readonly hasOwnWindow?: true;
}

test.describe('states of the screens', () => {
  test.use({ actionTimeout: 20_000 });
  // Each cell is looked through in both themes.
  test.setTimeout(600_000);

  test('offline: what was known stays, its age is told, and nothing can be done but to try again', async ({
    page,
    context,
  }) => {
    await using directory = await temporaryDirectory();
    const models = join(directory.path, 'models');
    await writeVersion(join(models, 'good'), 1, half);
    await using server = await startSlipway({
      dataDirectory: join(directory.path, 'data'),
      flags: [...QUICK, '--model_name=good', `--model_base_path=${join(models, 'good')}`],
    });
    await server.untilStatus('good', (versions) => versions.some(({ state }) => state === 'AVAILABLE'));
    await server.predict('good', { instances: [1] });
    await signIn(page, server);

    const cells: readonly Cell[] = [
      {
        route: '/models',
        known: (at) => row(at, 'good').getByText('Available'),
        action: (at) => at.getByRole('button', { name: 'Add folder' }),
      },
      {
        route: '/models/good',
        known: (at) => at.locator('[data-lane="1"]'),
        action: (at) => at.getByRole('button', { name: 'Poll now' }).first(),
      },
      {
        route: '/play?model=good',
        known: (at) => at.getByRole('region', { name: 'Request', exact: true }),
        action: (at) => at.getByRole('button', { name: 'Send', exact: true }),
      },
      {
        route: '/sources',
        known: (at) => at.locator(`[data-root="${models}"]`).getByText('Readable'),
        action: (at) => at.getByRole('button', { name: 'New connection' }).first(),
      },
      // What these three have read is theirs alone: each gets a window, which is not left before the server is gone.
      {
        route: '/traffic',
        known: (at) => at.getByRole('grid', { name: 'Requests' }).getByText('200').first(),
        action: (at) => at.getByRole('button', { name: 'Forget all requests' }),
        hasOwnWindow: true,
      },
      { route: '/logs', known: (at) => at.getByText(/Successfully loaded/u).first(), hasOwnWindow: true },
      {
        route: '/settings/privacy',
        known: (at) => at.locator('[data-setting="record"]'),
        action: (at) => at.getByRole('switch', { name: 'Record calls' }),
        hasOwnWindow: true,
      },
    ];
    const windows = new Map<Cell, Page>();
    for (const cell of cells) {
      const at = cell.hasOwnWindow ? await context.newPage() : page;
      windows.set(cell, at);
      await skipWelcome(at);
      await go(at, server, cell.route);
      await expect(cell.known(at)).toBeVisible();
      if (cell.action) await expect(cell.action(at)).toBeEnabled();
    }
    await server.stop('SIGKILL');
    for (const [{ route, known, action, hasOwnWindow }, at] of windows) {
      await at.bringToFront();
      // Without a server there is no page to load, but this one is there.
      if (!hasOwnWindow) await at.evaluate((to) => (window.location.hash = to), route);
      const banner = main(at).getByRole('alert').filter({ hasText: 'Disconnected' }).locator('..');
      await expect(banner).toContainText(/data as of \d/u);
      await expect(known(at)).toBeVisible();
      if (action) await expect(action(at)).toBeDisabled();
      await expectSound(at, main(at).getByRole('button', { name: 'Try now' }));
    }
  });

  test('huge: only what is in view is in the page, and the rest is counted, searched and reached', async ({ page }) => {
    await using directory = await temporaryDirectory();
    const dataDirectory = join(directory.path, 'data');
    const folder = join(directory.path, 'models', 'small');
    const wide = join(directory.path, 'models', 'wide');
    await withoutSamples(dataDirectory);
    await writeVersion(folder, 1, half);
    await writeVersion(wide, 1, identityModel('float32', ['batch', WIDE]));
    // A life of many versions, of which the newest serves.
    const old = join(directory.path, 'models', 'old');
    for (let version = 1; version <= OLD_VERSIONS; version += 1) await writeVersion(old, version, half);
    const config = join(directory.path, 'models.conf');
    const names = Array.from({ length: 1000 }, (_, index) => `model-${index + 1}`);
    await writeFile(config, configOf({ old, wide, ...Object.fromEntries(names.map((name) => [name, folder])) }));
    await using server = await startSlipway({ dataDirectory, flags: [...QUICK, `--model_config_file=${config}`] });
    await server.untilStatus('wide', (versions) => versions.some(({ state }) => state === 'AVAILABLE'));
    await sendMany(server);
    await logMuch(server);
    await signIn(page, server);

    const models = page.getByRole('grid', { name: 'Models' });
    await expect(models).toHaveAttribute('aria-rowcount', '1003');
    expect(await models.getByRole('row').count()).toBeLessThan(80);
    await page.getByRole('textbox', { name: 'Filter models' }).fill('name~model-99');
    await expect(main(page).getByRole('status').filter({ hasText: '11 of 1,002' })).toBeVisible();
    await expectSound(page, models.getByRole('row').nth(1));
    // In a narrow window there are few headers to sort by.
    await page.setViewportSize({ width: 480, height: 800 });
    await page.getByRole('button', { name: /Order$/u }).click();
    await page.getByRole('option', { name: 'Name, descending' }).click();
    await expect(models.locator('[data-model]').first()).toContainText('model-999');
    await expectSound(page, page.getByRole('button', { name: /Order$/u }));
    await page.setViewportSize({ width: 1280, height: 800 });

    await go(page, server, '/models/old');
    await expect(page.locator(`[data-lane="${OLD_VERSIONS}"]`)).toBeVisible();
    expect(await page.locator('[data-lane]').count()).toBeLessThan(60);
    await expectSound(page, page.getByRole('button', { name: 'Change policy' }));

    await go(page, server, '/play?model=wide');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(page.getByText('200 OK')).toBeVisible();
    await page.getByRole('button', { name: /Show y as$/u }).click();
    await page.getByRole('option', { name: 'Table' }).click();
    await expect(page.getByText('first 1,000 of 20,000')).toBeVisible();
    await expectSound(page, page.getByRole('button', { name: 'Send', exact: true }));

    await go(page, server, '/traffic');
    const requests = page.getByRole('grid', { name: 'Requests' });
    await expect(
      main(page)
        .getByRole('status')
        .filter({ hasText: /of \d{1,2},\d{3} kept/u }),
    ).toBeVisible();
    expect(await requests.getByRole('row').count()).toBeLessThan(100);
    await requests.getByRole('row').last().focus();
    await page.keyboard.press('Home');
    await expect(requests.getByRole('row').first()).toBeVisible();
    await expectSound(page, page.getByRole('button', { name: 'Load test' }));

    await go(page, server, '/logs');
    const lines = page.getByRole('grid', { name: 'Log lines' });
    await expect(lines.getByRole('row').last()).toBeVisible();
    expect(await lines.getByRole('row').count()).toBeLessThan(100);
    await page.getByRole('textbox', { name: 'Search the log' }).fill('model-777 ');
    await expect(main(page).getByText(/^\d+ hits?$/u)).toBeVisible();
    await expectSound(page, page.getByRole('button', { name: 'Previous hit' }));

    await go(page, server, '/sources');
    await expect(page.getByRole('table', { name: /^Places/u })).toContainText('1,0');
    await expectSound(page, page.getByRole('button', { name: /^Poll now/u }).first());

    await go(page, server, '/settings/server?q=port');
    await expect(
      main(page)
        .getByRole('status')
        .filter({ hasText: /\d+ settings/u }),
    ).toBeVisible();
    await expectSound(page, page.getByRole('textbox', { name: 'Search settings' }));
  });

  test('stories: every state fits at 200 % zoom and from right to left, and nothing moves for whoever wants that', async ({
    page,
  }) => {
    await using directory = await temporaryDirectory();
    await using server = await startSlipway({ dataDirectory: directory.path });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await signIn(page, server);
    for await (const address of storiesOf(page, server)) {
      // 1280 × 800 at 200 %.
      await page.setViewportSize({ width: 640, height: 400 });
      for (const direction of ['rtl', 'ltr'] as const) {
        await page.evaluate((dir) => (document.documentElement.dir = dir), direction);
        await expectNoSidewaysScroll(page);
      }
      await expect
        .poll(
          () => page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length),
          `${address} stands still`,
        )
        .toBe(0);
    }
  });

  test('stories: everything stands out in high contrast, and in the colours that a system chooses', async ({
    page,
  }) => {
    // Three looks at every story.
    test.setTimeout(1_200_000);
    await using directory = await temporaryDirectory();
    await using server = await startSlipway({ dataDirectory: directory.path });
    await page.emulateMedia({ reducedMotion: 'reduce', contrast: 'more' });
    await signIn(page, server);
    for await (const address of storiesOf(page, server)) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, contrast: 'more', reducedMotion: 'reduce' });
        // Seven to one, which is what the theme promises.
        const { violations } = await new AxeBuilder({ page }).withRules(['color-contrast-enhanced']).analyze();
        const faint = violations.flatMap(({ nodes }) => nodes.map(({ html }) => html));
        expect.soft(faint, `${address} in ${colorScheme} colours`).toEqual([]);
      }
      if (!IN_FORCED_COLOURS.some((story) => address.endsWith(story))) continue;
      await page.emulateMedia({ forcedColors: 'active', contrast: 'no-preference', reducedMotion: 'reduce' });
      await expectAccessible(page);
      await page.emulateMedia({ forcedColors: 'none' });
    }
  });
});

/** Seven screens in six states, but for two that Settings has not; and eight of the switch of the server. */
const STORIES = 48;
/** Where the system's own colours change most; each look takes its time. */
const IN_FORCED_COLOURS = [
  'models/usual',
  'models/error',
  'model/error',
  'playground/error',
  'sources/error',
  'traffic/usual',
  'logs/usual',
  'settings/usual',
  'serving/exposed-unsafe',
  'serving/port-taken',
];
const WIDE = 20_000;
const OLD_VERSIONS = 3;
const CALLS = 5000;
const LINES = 20_000;
const AT_ONCE = 100;

/** Opens every story in turn. @returns their addresses, each while it is open */
async function* storiesOf(page: Page, server: Slipway): AsyncGenerator<string> {
  await go(page, server, '/design/states');
  const links = main(page).getByRole('link');
  await expect(links).toHaveCount(STORIES);
  for (const address of await links.evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''))) {
    await page.goto(`${server.uiOrigin}/${address}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    yield address;
  }
}

async function inParallel(count: number, work: () => Promise<unknown>): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left > 0) {
        left -= 1;
        await work();
      }
    }),
  );
}

const sendMany = (server: Slipway) => inParallel(CALLS, () => server.predict('wide', { instances: [] }));

/** Each such call is logged, and changes nothing. */
async function logMuch(server: Slipway): Promise<void> {
  using client = new GrpcClient(server.grpcAddress);
  await inParallel(LINES, () => client.call('/tensorflow.serving.ModelService/HandleReloadConfigRequest', {}));
}
