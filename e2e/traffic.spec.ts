import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { affineModel } from '../scripts/samples/sample-models.ts';
import { GrpcClient } from './conformance/grpc-client.ts';
import { startSlipway, temporaryDirectory, writeVersion } from './testing/slipway.ts';
import { test } from './testing/test.ts';

async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
  }
}

// The rules of accessibility are checked in both themes, state by state, and that takes its time.
test.describe.configure({ timeout: 240_000 });

/** On a machine that does much else, a screen takes its time. */
const LOAD_MS = 30_000;

const rows = (page: Page) => page.getByRole('grid', { name: 'Requests' }).locator('[data-index]');
const sheet = (page: Page) => page.getByRole('dialog');

async function served(directory: string, flags: readonly string[] = []) {
  const models = join(directory, 'models');
  await writeVersion(join(models, 'good'), 1, affineModel({ scale: 2, offset: 1 }));
  const server = await startSlipway({
    dataDirectory: join(directory, 'data'),
    flags: ['--model_name=good', `--model_base_path=${join(models, 'good')}`, ...flags],
  });
  await server.untilStatus('good', (versions) => versions.some(({ state }) => state === 'AVAILABLE'));
  return server;
}

test('requests appear as they are answered, are filtered, opened and replayed', async ({ page }) => {
  await using directory = await temporaryDirectory();
  await using server = await served(directory.path);
  await page.goto(server.signInUrl);
  await page.goto(`${server.uiOrigin}/#/traffic`);
  // The question for the state above is recorded too; from here on only what is called now.
  await page.getByRole('button', { name: 'Forget all requests' }).click();
  await page.getByRole('button', { name: 'Forget requests' }).click();
  await expect(page.getByRole('heading', { name: 'No requests yet' })).toBeVisible();
  await expect(page.getByText(/curl -X POST .*good:predict/u)).toBeVisible();
  await expectAccessible(page);

  // What is called appears by itself, in the table and in the charts.
  await server.predict('good', { instances: [1, 2] });
  await server.predict('nothing', { instances: [1] });
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText('200');
  await expect(rows(page).last()).toContainText('Servable not found');
  await expect(rows(page).last()).toHaveAttribute('data-tone', 'warn');
  const latency = page.getByRole('figure', { name: 'Latency' });
  await expect(latency).toBeVisible();
  await expectAccessible(page);

  // Without bodies there is nothing to replay.
  await rows(page).first().click();
  await expect(page).toHaveURL(/#\/traffic\/\d+/u);
  await expect(sheet(page)).toContainText('Bodies were not recorded');
  await expect(sheet(page).getByRole('button', { name: 'Replay in Playground' })).toBeDisabled();
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();

  // Bodies are switched on, and what is secret is taken out of them.
  await page.getByRole('button', { name: 'Bodies off' }).click();
  await page.getByText('Record bodies too').click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /^Bodies on/u })).toBeVisible();
  await server.predict('good', { instances: [3], password: 'hunter2' });
  await server.predict('good', { instances: [3, 4] });
  await expect(rows(page)).toHaveCount(4);
  await rows(page).nth(2).click();
  await expect(sheet(page)).toContainText('[redacted]');
  await expect(sheet(page)).not.toContainText('hunter2');
  await page.keyboard.press('Escape');
  await rows(page).last().focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Request body' })).toContainText('"instances": [3,4]'.slice(0, 12));
  await expect(page.getByRole('textbox', { name: 'Response body' })).toContainText('predictions');
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  // The focus is back on the row.
  await expect(rows(page).last()).toBeFocused();

  // Filters stand in the address, and a reload restores them.
  await page.keyboard.press('e');
  await expect(page).toHaveURL(/status=error/u);
  await expect.poll(async () => (await rows(page).allTextContents()).every((text) => /4\d\d/u.test(text))).toBe(true);
  await page.getByRole('textbox', { name: 'Filter requests' }).fill('servable not');
  await expect(rows(page)).toHaveCount(1);
  await page.reload();
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole('textbox', { name: 'Filter requests' }).fill('no such words');
  await expect(page.getByRole('heading', { name: 'No request matches' })).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(rows(page)).toHaveCount(4);

  // Switched off, bodies are gone.
  await page.getByRole('button', { name: /^Bodies on/u }).click();
  await page.getByText('Record bodies too').click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Bodies off' })).toBeVisible();
  await rows(page).last().click();
  await expect(sheet(page)).toContainText('The body made room');
  await page.keyboard.press('Escape');
});

test('callers are told apart, a time is marked by keyboard, and what is copied can be run', async ({
  page,
  context,
}) => {
  await using directory = await temporaryDirectory();
  await using server = await served(directory.path, ['--record_bodies=true']);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  await fetch(`${server.restUrl}/v1/models/good:predict`, {
    method: 'POST',
    headers: { 'user-agent': 'my-client/2.1 (test)' },
    body: '{"instances": [1.5, 2]}',
  });
  using client = new GrpcClient(server.grpcAddress);
  await client.call('/tensorflow.serving.PredictionService/GetModelMetadata', {
    model_spec: { name: 'good' },
    metadata_field: ['signature_def'],
  });
  await page.goto(server.signInUrl);
  await page.goto(`${server.uiOrigin}/#/traffic?model=good`);
  const mine = rows(page).filter({ hasText: 'my-client' });
  const grpc = rows(page).filter({ hasText: 'gRPC' });
  await expect(mine).toHaveCount(1, { timeout: LOAD_MS });
  await expect(grpc).toContainText('grpc-node-js');

  // What cannot be replayed says why.
  await grpc.focus();
  await page.keyboard.press('r');
  await expect(sheet(page)).toContainText('it came by gRPC');
  await expect(sheet(page)).toContainText(/grpc-node-js\/\d/u);
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();

  // A time is marked with the arrows, and the table shows the requests of that time only.
  const brush = page.getByRole('slider', { name: 'Time to show requests of' });
  await brush.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page).toHaveURL(/from=\d+&to=\d+/u);
  await expect(mine).toHaveCount(1);
  await expectAccessible(page);
  await page.keyboard.press('Home');
  await expect(page.getByRole('heading', { name: 'No request matches' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page).not.toHaveURL(/from=/u);
  await expect(mine).toHaveCount(1);

  // The command that is copied does what the request did.
  await page.getByRole('textbox', { name: 'Filter requests' }).fill('MY-CLIENT/2');
  await expect(rows(page)).toHaveCount(1);
  await mine.click();
  await page.getByRole('button', { name: 'Copy as' }).click();
  await page.getByRole('menuitem', { name: 'curl, bash' }).click();
  await expect(page.getByText('Copied as curl, bash')).toBeVisible();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  const { stdout } = await promisify(execFile)('bash', ['-c', command]);
  expect(JSON.parse(stdout)).toEqual({ predictions: [4, 5] });
  await page.keyboard.press('Escape');

  await mine.focus();
  await page.keyboard.press('r');
  await expect(page).toHaveURL(/#\/play\?model=good&version=1/u);
  await expect(page.getByLabel('x[0]')).toHaveValue('1.5');
});

/**
 * Has the page get what is new in small parts that come at once, as from a quick server to a busy page: several changes of
 * the list within one frame.
 */
async function deliverTogether(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const send = window.fetch;
    const waiting = new Map<number, string>();
    window.fetch = async (url, init) => {
      const asked = JSON.parse(typeof init?.body === 'string' ? init.body : '{}');
      if (asked.afterSequence === undefined) return send(url, init);
      const ask = async (afterSequence: number) => {
        const text = waiting.get(afterSequence);
        waiting.delete(afterSequence);
        if (text !== undefined) return text;
        return (await send(url, { ...init, body: JSON.stringify({ ...asked, afterSequence, limit: 40 }) })).text();
      };
      const answer = await ask(asked.afterSequence);
      for (let last = JSON.parse(answer); last.more === true;) {
        const next = await ask(last.lastSeen);
        waiting.set(last.lastSeen, next);
        last = JSON.parse(next);
      }
      return new Response(answer, { headers: { 'content-type': 'application/json' } });
    };
  });
}

/** Counts frames, and those that were drawn without a row in view though the list had some. */
async function watchFrames(page: Page): Promise<() => Promise<{ readonly frames: number; readonly empty: number }>> {
  const seen = await page.evaluateHandle(() => {
    const counts = { frames: 0, empty: 0, on: true };
    const look = (): void => {
      const grid = document.querySelector('[role=grid][aria-label=Requests]');
      if (!grid || Number(grid.getAttribute('aria-rowcount')) < 2) return;
      counts.frames += 1;
      const box = grid.getBoundingClientRect();
      const isInView = (row: Element): boolean => {
        const { top, bottom } = row.getBoundingClientRect();
        return bottom > box.top + 40 && top < box.bottom;
      };
      if (![...grid.querySelectorAll('[data-index]')].some(isInView)) counts.empty += 1;
    };
    // An observer of sizes is called when all is in its place, right before the frame is drawn.
    const probe = document.body.appendChild(document.createElement('div'));
    probe.style.position = 'fixed';
    new ResizeObserver(look).observe(probe);
    const next = (): void => {
      probe.style.width = probe.style.width === '2px' ? '1px' : '2px';
      if (counts.on) requestAnimationFrame(next);
      else probe.remove();
    };
    requestAnimationFrame(next);
    return counts;
  });
  return () =>
    seen.evaluate((counts) => {
      counts.on = false;
      return { frames: counts.frames, empty: counts.empty };
    });
}

test('the table is never empty while requests pour in', async ({ page }) => {
  await using directory = await temporaryDirectory();
  await using server = await served(directory.path);
  await deliverTogether(page);
  await page.goto(server.signInUrl);
  await page.goto(`${server.uiOrigin}/#/traffic`);
  await expect(rows(page).first()).toBeVisible({ timeout: LOAD_MS });
  const stop = await watchFrames(page);
  const CALLERS = 8;
  for (let burst = 0; burst < 5; burst += 1) {
    await Promise.all(
      Array.from({ length: CALLERS }, async () => {
        for (let sent = 0; sent < 100; sent += 1) await server.predict('good', { instances: [1] });
      }),
    );
  }
  const { frames, empty } = await stop();
  expect(frames).toBeGreaterThan(50);
  expect(empty).toBe(0);
  // Nor does it stop to follow: the newest is in view.
  await expect(rows(page).last()).toBeInViewport();
  await expect(page.getByRole('switch', { name: 'Follow' })).toBeChecked();
  // Nor where there is less room for the rows.
  for (const height of [800, 600]) await page.setViewportSize({ width: 1280, height });
  await expect(rows(page).last()).toBeInViewport({ ratio: 1 });
  await expect(page.getByRole('switch', { name: 'Follow' })).toBeChecked();
});

test('who was turned away is told, and a request is replayed in the playground', async ({ page }) => {
  await using directory = await temporaryDirectory();
  await using server = await served(directory.path, ['--record_bodies=true']);
  await server.predict('good', { instances: [41.5] });
  await page.goto(server.signInUrl);
  await page.goto(`${server.uiOrigin}/#/traffic?q=predict`);
  await expect(rows(page)).toHaveCount(1);

  // Whom the server turned away is told beside the requests, and is none of them.
  const refused = await fetch(`${server.restUrl}/v1/models/good`, { headers: { origin: 'http://elsewhere.example' } });
  expect(refused.status).toBe(403);
  await page.getByRole('button', { name: '1 call turned away' }).click();
  const callers = page.getByRole('table', { name: 'Calls that were turned away' });
  await expect(callers).toContainText('127.0.0.1');
  await expect(callers).toContainText('403, not allowed');
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(callers).toBeHidden();
  await expect(rows(page)).toHaveCount(1);

  await rows(page).first().click();
  await sheet(page).getByRole('button', { name: 'Replay in Playground' }).click();
  await expect(page).toHaveURL(/#\/play\?model=good&version=1/u);
  await expect.poll(() => page.content()).toContain('41.5');
});

test('a load test runs, is stopped, and leaves a report', async ({ page }) => {
  await using directory = await temporaryDirectory();
  await using server = await served(directory.path);
  await page.goto(server.signInUrl);
  await page.goto(`${server.uiOrigin}/#/traffic`);
  await page.getByRole('button', { name: 'Load test' }).click();
  await expect(sheet(page)).toContainText('share its processor');
  await expectAccessible(page);
  await page.getByRole('textbox', { name: 'Duration' }).fill('120');
  await page.getByRole('textbox', { name: 'Callers at once' }).fill('2');
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: 'Start load test' }).click();
  const stop = page.getByRole('button', { name: 'Stop now: good' });
  await expect(stop).toBeEnabled();
  // It is live: answers come in.
  await expect.poll(() => sheet(page).locator('dt:text-is("Answers") + dd').textContent()).toMatch(/^[1-9]/u);
  await stop.click();
  await expect(sheet(page).getByText('Stopped').first()).toBeVisible();
  await expectAccessible(page);

  // One whose calls all fail is no success, though it ran to its end.
  await sheet(page).getByRole('button', { name: 'New test' }).click();
  await page.getByRole('textbox', { name: 'Duration' }).fill('1');
  await sheet(page).getByRole('radio', { name: 'Own' }).click();
  await sheet(page).getByRole('textbox', { name: 'Request body' }).fill('{"instances": "none"}');
  await page.getByRole('button', { name: 'Start load test' }).click();
  await expect(sheet(page).getByText('With failures').first()).toBeVisible();
  await expectAccessible(page);
  await sheet(page).getByRole('button', { name: 'Delete report: good' }).first().click();
  await expect(sheet(page).getByRole('button', { name: 'Delete report: good' })).toHaveCount(1);

  // The report outlives the page.
  await page.reload();
  await expect(sheet(page).getByRole('button', { name: 'Delete report: good' })).toBeVisible();
  await sheet(page).getByRole('button', { name: 'Delete report: good' }).click();
  await expect(sheet(page)).toContainText('No reports yet');
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();
  // Its requests are in the table like all others.
  await expect(rows(page).last()).toContainText('400');
});
