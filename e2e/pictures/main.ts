/**
 * Makes the pictures of docs/screens.md from the built application, by `node e2e/pictures/main.ts` after `npm run build`:
 * real models, real requests, a real browser.
 */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { repositoryPath, startSlipway, temporaryDirectory, writeVersion, type Slipway } from '../testing/slipway.ts';
import { startS3Server } from '../../scripts/s3-server/s3-server.ts';
import { affineModel, bigModel } from '../../scripts/samples/sample-models.ts';
import { cameraFor, delay, launchBrowser, type Picture, route } from './camera.ts';

const FOLDER = repositoryPath('resources/screenshots');
const USER = { accessKeyId: 'AKIAOFTHEPICTURES001', secretAccessKey: 'never-shown' };
/** A swap is in the middle of the picture. */
const BEFORE_SWAP_MS = 12_000;
const AFTER_SWAP_MS = 14_000;
/** Enough for a histogram. */
const LOAD_TEST_MS = 6_000;

interface DescribedPicture extends Picture {
  /** Of a server that nobody has used yet. */
  readonly isFirstStart?: true;
  readonly title: string;
  readonly text: string;
}

await using directory = await temporaryDirectory('demo');
await using store = await startS3Server({ users: [USER] });
store.put('models', 'prod/ranker/3/model.onnx', affineModel({ scale: 3, offset: 1 }));
store.put('models', 'prod/ranker/4/model.onnx', affineModel({ scale: 4, offset: 1 }));
const models = join(directory.path, 'models');
await writeVersion(join(models, 'resnet'), 7, bigModel(1));
await writeVersion(join(models, 'churn'), 1, affineModel({ scale: 1, offset: 0 }));
await writeVersion(join(models, 'price'), 12, affineModel({ scale: 0.5, offset: 9 }));
// A sample from a folder of the user's: where this installation has its own is nothing for a picture.
await cp(repositoryPath('resources/models/digits'), join(models, 'handwriting'), { recursive: true });
await writeVersion(join(directory.path, 'more', 'sentiment'), 3, affineModel({ scale: 2, offset: 0 }));
await writeVersion(join(directory.path, 'more', 'fraud'), 1, affineModel({ scale: 2, offset: 0 }));
await mkdir(join(directory.path, 'more', 'notebooks'), { recursive: true });
const dataDirectory = join(directory.path, 'data');
await mkdir(dataDirectory, { recursive: true });
const latest = { kind: 'latest', count: 1 };
await writeFile(
  join(dataDirectory, 'settings.json'),
  JSON.stringify({
    formatVersion: 1,
    models: [
      ...['resnet', 'churn', 'price', 'handwriting'].map((name) => ({
        name,
        basePath: join(models, name),
        versionPolicy: latest,
      })),
      { name: 'ranker', basePath: 's3://models/prod/ranker', versionPolicy: { kind: 'latest', count: 2 } },
    ],
    removedSamples: [],
  }),
);
await using server = await startSlipway({
  dataDirectory,
  flags: ['--version_settle_millis=0', '--max_num_load_retries=2'],
  environment: {
    AWS_ACCESS_KEY_ID: USER.accessKeyId,
    AWS_SECRET_ACCESS_KEY: USER.secretAccessKey,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: store.url,
  },
});
for (const name of ['resnet', 'churn', 'price', 'ranker', 'handwriting', 'digits']) {
  await server.untilStatus(name, (versions) => versions.some(({ state }) => state === 'AVAILABLE'));
}

/** Fills in the form of a connection to the store and tests it. */
async function testConnection(page: Page): Promise<void> {
  await route('/sources')(page);
  await page.getByRole('button', { name: 'Connect MinIO' }).click();
  await page.getByLabel('Endpoint').fill(store.url);
  await page.getByLabel('Bucket or folder', { exact: true }).fill('s3://models/prod');
  await page.getByRole('radiogroup', { name: 'Credentials' }).getByRole('radio', { name: 'Environment' }).click();
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await page.getByText('Everything works').waitFor();
}

/** In the order in which somebody would see them. */
const PICTURES: readonly DescribedPicture[] = [
  {
    name: 'welcome',
    isFirstStart: true,
    title: 'The first start',
    text: 'Three ways to begin. The sample leads to a prediction in three clicks.',
    theme: 'light',
    show: route('/welcome'),
  },
  {
    name: 'playground',
    title: 'Playground',
    text: 'A digit, drawn with the mouse, and what the model makes of it. The request is there as JSON and as code to copy.',
    theme: 'light',
    show: async (page) => {
      await route('/play?model=digits')(page);
      await drawThree(page);
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await page.getByText('200 OK').waitFor();
    },
  },
  {
    name: 'add',
    title: 'Models of your own',
    text: 'A folder is looked at before anything is added: what would be served, and what would be left out and why.',
    theme: 'light',
    show: async (page) => {
      await page.getByRole('button', { name: 'Add folder' }).first().click();
      await page.getByRole('dialog').getByRole('combobox').fill(join(directory.path, 'more'));
      await page.getByRole('dialog').getByText('sentiment').first().waitFor();
    },
  },
  {
    name: 'models',
    title: 'Models',
    text: 'Each model with what serves, why, how busy it is and where it comes from.',
    theme: 'light',
    show: route('/models'),
  },
  {
    name: 'versions',
    title: 'A version takes over',
    text: 'One lane for each version: version 8 was found, loaded and took over; version 7 finished its requests and went.',
    theme: 'dark',
    show: route('/models/resnet?window=1m'),
  },
  {
    name: 'broken',
    title: 'A version that cannot be loaded',
    text: 'What is wrong, how often it was tried, and that the version before it goes on serving.',
    theme: 'light',
    show: route('/models/churn?window=1m'),
  },
  {
    name: 'policy',
    title: 'A change, looked at before it is made',
    text: 'Rolling back: what happens in which order, what serves meanwhile and how much memory that takes.',
    theme: 'light',
    show: async (page) => {
      await route('/models/resnet?window=1m')(page);
      await page.getByRole('button', { name: 'Actions for version 7' }).click();
      await page.getByRole('menuitem', { name: /Roll back/u }).click();
      await page.getByText('What happens then').waitFor();
    },
  },
  {
    name: 'graph',
    title: 'What is in a model',
    text: 'Nodes and weights as tables first; the drawing when it is wanted.',
    theme: 'light',
    show: async (page) => {
      await route('/models/handwriting?tab=graph')(page);
      await page.getByRole('radio', { name: 'Drawing' }).click();
      await page.locator('[data-phase=done]').waitFor();
    },
  },
  {
    name: 'connection',
    title: 'A bucket, connected',
    text: 'The test goes stage by stage, from the name of the host to reading an object, and stops where something is wrong.',
    theme: 'light',
    show: testConnection,
  },
  {
    name: 'sources',
    title: 'Sources',
    text: 'Connections to stores, the places that are watched, and what the last look at each found.',
    theme: 'light',
    show: route('/sources'),
  },
  {
    name: 'compare',
    title: 'Two versions, one request',
    text: 'The same input to both: the outputs side by side, how they differ, and how long each took.',
    theme: 'dark',
    show: async (page) => {
      await route('/play?model=ranker&version=3')(page);
      await page.getByRole('button', { name: /^Compare with|Compare with$/u }).click();
      await page.getByRole('option', { name: /^v4/u }).click();
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await page.getByRole('region', { name: 'Comparison' }).waitFor();
    },
  },
  {
    name: 'traffic',
    title: 'Traffic',
    text: 'Latency as a heat map, calls by status, and each call with the time it waited and ran.',
    theme: 'dark',
    show: route('/traffic?window=1m'),
  },
  {
    name: 'load-test',
    title: 'A load test',
    text: 'How a model answers under load, live, with a stop that stops at once; the report is kept.',
    theme: 'light',
    show: async (page) => {
      await route('/traffic')(page);
      await page.getByRole('button', { name: 'Load test' }).click();
      await page.getByRole('textbox', { name: 'Duration' }).fill('20');
      await page.keyboard.press('Tab');
      await page.getByRole('button', { name: 'Start load test' }).click();
      await delay(LOAD_TEST_MS);
    },
  },
  {
    name: 'logs',
    title: 'Logs',
    text: 'The log as it happens, searched and filtered.',
    theme: 'dark',
    show: route('/logs?q=loaded'),
  },
  {
    name: 'settings',
    title: 'Settings',
    text: 'Serving on and off, its ports, who in the network may call, and why each port is open.',
    theme: 'light',
    show: route('/settings/server'),
  },
];

const browser = await launchBrowser();
await mkdir(FOLDER, { recursive: true });
await rm(join(FOLDER, 'models.png'), { force: true });
try {
  await using fresh = await startSlipway({ dataDirectory: join(directory.path, 'fresh') });
  await fresh.untilStatus('digits', (versions) => versions.some(({ state }) => state === 'AVAILABLE'));
  const [camera, firstStart] = [await cameraFor(server, browser), await cameraFor(fresh, browser)];
  await using load = keepBusy(server);
  await delay(BEFORE_SWAP_MS);
  await writeVersion(join(models, 'resnet'), 8, bigModel(2));
  await writeVersion(join(models, 'churn'), 2, Buffer.from('not a model'));
  await server.untilStatus('resnet', (versions) =>
    versions.some(({ version, state }) => version === '8' && state === 'AVAILABLE'),
  );
  await delay(AFTER_SWAP_MS);
  for (const picture of PICTURES) await (picture.isFirstStart ? firstStart : camera).take(picture);
  await load.stop();
} finally {
  await browser.close();
}
await writeFile(repositoryPath('docs/screens.md'), markdown());

/** Calls that go on until they are stopped, a bad one among them now and then. */
function keepBusy({ restUrl }: Slipway): AsyncDisposable & { readonly stop: () => Promise<void> } {
  const stopped = new AbortController();
  const call = async (model: string, instances: readonly number[], index: number): Promise<void> => {
    const body = index % 37 === 0 ? '{"instances": ' : JSON.stringify({ instances });
    await fetch(`${restUrl}/v1/models/${model}:predict`, { method: 'POST', body }).then((answer) => answer.text());
  };
  const running = (['resnet', 'price', 'ranker'] as const).map(async (model, at) => {
    for (let index = 1; !stopped.signal.aborted; index += 1) {
      await call(model, [1, 2, 3], index);
      await delay(8 + 30 * at + 20 * Math.sin(index / 40) ** 2);
    }
  });
  const stop = async (): Promise<void> => {
    stopped.abort();
    await Promise.all(running);
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

/** Draws a 3 in the widget that takes drawings. */
async function drawThree(page: Page): Promise<void> {
  const canvas = page.locator('canvas').first();
  await canvas.waitFor();
  const box = await canvas.boundingBox();
  if (!box) throw new Error('there is nothing to draw on');
  const points = [
    [0.32, 0.25],
    [0.45, 0.17],
    [0.62, 0.2],
    [0.68, 0.33],
    [0.58, 0.45],
    [0.46, 0.49],
    [0.6, 0.53],
    [0.7, 0.65],
    [0.62, 0.8],
    [0.45, 0.84],
    [0.3, 0.76],
  ] as const;
  const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  const [first, ...others] = points;
  await page.mouse.move(...at(first));
  await page.mouse.down();
  for (const point of others) await page.mouse.move(...at(point), { steps: 6 });
  await page.mouse.up();
}

/** The page that shows them. */
function markdown(): string {
  const parts = PICTURES.map(
    ({ name, title, text }) => `## ${title}\n\n${text}\n\n![${title}](../resources/screenshots/${name}.png)\n`,
  );
  return `# Screens\n\nPictures of the running application; \`node e2e/pictures/main.ts\` takes them anew.\n\n${parts.join('\n')}`;
}
