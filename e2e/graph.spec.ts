import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { encodeModel, numberTensor, tensorValue, type NodeSpec } from '../scripts/samples/onnx-writer.ts';
import { expectAccessibleInBothThemes, expectNoSidewaysScroll, skipWelcome } from './testing/page.ts';
import { repositoryPath, startSlipway, temporaryDirectory, writeVersion } from './testing/slipway.ts';
import { test } from './testing/test.ts';

/** A chain of blocks as exporters write them: `/block.0/conv_output_0`. */
function networkOf(blocks: number) {
  const nodes: NodeSpec[] = [];
  let from = 'x';
  const add = (operator: string, block: number, name: string, ...inputs: readonly string[]): string => {
    const output = `/block.${block}/${name}_output_0`;
    nodes.push({ operator, inputs, outputs: [output] });
    return output;
  };
  for (let block = 0; block < blocks; block += 1) {
    const scaled = add('Mul', block, 'scale', from, 'factor');
    const bent = add('Relu', block, 'relu', scaled);
    const moved = add('Add', block, 'move', bent, 'offset');
    from = add('Add', block, 'around', moved, from);
  }
  nodes.push({ operator: 'Identity', inputs: [from], outputs: ['y'] });
  return encodeModel({
    graph: {
      name: 'blocks',
      inputs: [tensorValue('x', 'float32', ['batch', 4])],
      outputs: [tensorValue('y', 'float32', ['batch', 4])],
      nodes,
      initializers: [
        numberTensor('factor', 'float32', [4], [1, 1, 1, 1]),
        numberTensor('offset', 'float32', [4], [0, 0, 0, 0]),
      ],
    },
  });
}

const sharedModel = repositoryPath('../shared/models/onnx/light_squeezenet.onnx');
const rows = (page: Page) => page.getByRole('grid', { name: 'Nodes' }).locator('[data-index]');
const canvas = (page: Page) => page.getByRole('application', { name: /^Drawing of/u });
/** On a busy machine it takes its time to arrange a graph. */
const drawn = (page: Page) => expect(canvas(page)).toHaveAttribute('data-phase', 'done', { timeout: 60_000 });
const details = (page: Page) => page.getByRole('complementary', { name: 'Details' });

/** How many colours a canvas has, by a coarse grid of its pixels: an empty one has one. */
const coloursOf = (page: Page): Promise<number> =>
  canvas(page).evaluate((element) => {
    if (!(element instanceof HTMLCanvasElement)) return 0;
    // A copy: reading back from the canvas itself would slow it down.
    const copy = new OffscreenCanvas(element.width, element.height).getContext('2d', { willReadFrequently: true });
    copy?.drawImage(element, 0, 0);
    const { data } = copy?.getImageData(0, 0, element.width, element.height) ?? { data: [] };
    const colours = new Set<string>();
    for (let at = 0; at + 3 < data.length; at += 4) {
      colours.add([data[at], data[at + 1], data[at + 2], data[at + 3]].map((part = 0) => Math.round(part / 16)).join());
    }
    return colours.size;
  });

test('a table takes the place of another while the drawing is kept', async ({ page }) => {
  await using directory = await temporaryDirectory();
  await using server = await startSlipway({ dataDirectory: directory.path });
  await server.untilStatus('digits', ([first]) => first?.state === 'AVAILABLE');
  await skipWelcome(page);
  await page.goto(server.signInUrl);
  await expect(page.getByRole('navigation', { name: 'Screens' })).toBeVisible();
  await page.goto(`${server.uiOrigin}/#/models/digits?tab=graph&view=drawing`);
  await drawn(page);
  await page.getByRole('radio', { name: 'Weights' }).click();
  await page.getByRole('grid', { name: 'Weights' }).locator('[data-index]').first().click();
  await expect(details(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(details(page)).toBeHidden();
  await expect(page.getByRole('grid')).toHaveCount(1);
  await page.getByRole('radio', { name: 'Nodes' }).click();
  await expect(rows(page).first()).toBeVisible();
  await expect(page.getByRole('grid')).toHaveCount(1);
});

test('a graph is read as a table and drawn, also a large one', async ({ page }) => {
  // Each look for accessibility takes its time.
  test.setTimeout(240_000);
  await using directory = await temporaryDirectory();
  const models = join(directory.path, 'models');
  await writeVersion(join(models, 'small'), 1, networkOf(3));
  await writeVersion(join(models, 'large'), 1, networkOf(760));
  if (existsSync(sharedModel)) {
    await mkdir(join(models, 'real', '1'), { recursive: true });
    await cp(sharedModel, join(models, 'real', '1', 'model.onnx'));
  }
  const names = ['small', 'large', ...(existsSync(sharedModel) ? ['real'] : [])];
  const config = join(directory.path, 'models.config');
  await writeFile(
    config,
    `model_config_list { ${names.map((name) => `config { name: "${name}" base_path: "${join(models, name)}" }`).join(' ')} }`,
  );
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: [`--model_config_file=${config}`, '--version_settle_millis=0'],
  });
  const graphOf = (name: string, query = ''): string => `${server.uiOrigin}/#/models/${name}?tab=graph${query}`;
  await skipWelcome(page);
  await page.goto(server.signInUrl);
  await expect(page.getByRole('navigation', { name: 'Screens' })).toBeVisible();

  // The table first: searched, opened and left by keyboard, and the address restores it.
  await page.goto(graphOf('small'));
  await expect(rows(page)).toHaveCount(13);
  await page.getByRole('button', { name: /^Relu/u }).click();
  await expect(rows(page)).toHaveCount(3);
  await rows(page).nth(1).focus();
  await page.keyboard.press('Enter');
  await expect(details(page)).toContainText('/block.1/scale_output_0');
  await expectAccessibleInBothThemes(page);
  await details(page).getByRole('button', { name: 'from Mul 4' }).click();
  await expect(details(page)).toContainText('a weight, 16 B');
  await page.reload();
  await expect(details(page).getByRole('heading', { name: 'Mul, node 4' })).toBeVisible();
  await rows(page).nth(1).click();
  await page.keyboard.press('Escape');
  await expect(details(page)).toBeHidden();
  await expect(rows(page).nth(1)).toBeFocused();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByRole('radio', { name: 'Weights' }).click();
  await page.getByRole('button', { name: 'Size' }).click();
  await expect(page.getByRole('grid', { name: 'Weights' })).toContainText('factor');

  // A drawing can be stopped before it is there, and asked for again.
  // What arranges it never comes the first time: its thread is ended before.
  await page.route(/elk-worker/u, () => undefined, { times: 1 });
  await page.getByRole('radio', { name: 'Drawing' }).click();
  await expect(page.getByText('Arranging 13 nodes')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('heading', { name: 'The drawing was stopped' })).toBeVisible();
  await page.getByRole('button', { name: 'Draw', exact: true }).click();
  await drawn(page);

  // It is there, in the colours of both themes, and what is in it can be clicked and followed.
  await expect.poll(() => coloursOf(page)).toBeGreaterThan(5);
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(() => coloursOf(page)).toBeGreaterThan(5);
  await page.getByRole('button', { name: 'Show all of it' }).click();
  const box = await canvas(page).boundingBox();
  for (let part = 1; part < 40 && (await details(page).count()) === 0; part += 1) {
    await canvas(page).click({ position: { x: (box?.width ?? 0) / 2, y: ((box?.height ?? 0) * part) / 40 } });
  }
  await expect(details(page)).toBeVisible();
  await expect(page).toHaveURL(/node=\d/u);
  await page.getByRole('button', { name: 'To what reads it' }).click();
  await page.getByRole('button', { name: /^Details of/u }).click();
  await expect(details(page).getByRole('heading', { level: 2 })).toBeFocused();
  await page.keyboard.press('Escape');
  await page.getByRole('textbox', { name: 'Search in the graph' }).fill('op:relu');
  await page.getByRole('button', { name: 'Next hit' }).click();
  await expect(page.getByText('1 of 3 hits')).toBeVisible();
  await expect(details(page).getByRole('heading', { name: 'Relu, node 1' })).toBeVisible();
  await canvas(page).focus();
  const scale = await canvas(page).getAttribute('data-scale');
  await page.keyboard.press('+');
  await expect(canvas(page)).not.toHaveAttribute('data-scale', scale ?? '');
  await page.keyboard.press('Enter');
  await expect(details(page).getByRole('heading', { level: 2 })).toBeFocused();

  // Saved, it is a picture that any program reads.
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as SVG' }).click();
  const svg = await readFile(await (await download).path(), 'utf8');
  const parsed = await page.evaluate((text) => {
    const document = new DOMParser().parseFromString(text, 'image/svg+xml');
    const texts = [...document.querySelectorAll('text')].map(({ textContent }) => textContent);
    return { root: document.documentElement.nodeName, relus: texts.filter((found) => found === 'Relu').length };
  }, svg);
  expect(parsed).toEqual({ root: 'svg', relus: 3 });

  // Groups are opened and closed where they are.
  await page.setViewportSize({ width: 800, height: 700 });
  await expectNoSidewaysScroll(page);
  await page.getByText('Group by scope').click();
  await page.getByRole('button', { name: 'Open the group block.0' }).click();
  await drawn(page);
  await page.getByRole('button', { name: 'Close all groups' }).click();
  await expect(page.getByRole('button', { name: 'Open the group block.0' })).toBeVisible();
  await expectAccessibleInBothThemes(page);

  // A large one is grouped from the start, and the page answers meanwhile.
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(graphOf('large', '&view=drawing'));
  await expect(page.getByText('Above 3,000 nodes the drawing is grouped.')).toBeVisible();
  await page.getByRole('radio', { name: 'Nodes' }).click();
  await expect(page.getByRole('grid', { name: 'Nodes' })).toHaveAttribute('aria-rowcount', '3042');
  await page.getByRole('textbox', { name: 'Search in the graph' }).fill('in:/block.759/relu');
  await expect(rows(page)).toHaveCount(1);
  await rows(page).first().click();
  await details(page).getByRole('button', { name: 'Show in the drawing' }).click();
  await drawn(page);
  await page.getByRole('button', { name: /^Open the group Nodes/u }).click();
  await expect(page.getByRole('button', { name: /^Open the group/u })).toBeHidden();
  await drawn(page);
  await expect.poll(() => coloursOf(page)).toBeGreaterThan(5);

  if (existsSync(sharedModel)) {
    await page.goto(graphOf('real', '&view=drawing'));
    await expect(page.getByText('105 nodes, 52 weights')).toBeVisible();
    await drawn(page);
    await expect.poll(() => coloursOf(page)).toBeGreaterThan(8);
  }
});
