import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect as baseExpect, type Page } from '@playwright/test';
import { startS3Server, type S3TestServer } from '../scripts/s3-server/s3-server.ts';
import { affineModel, externalDataModel } from '../scripts/samples/sample-models.ts';
import { expectAccessibleInBothThemes } from './testing/page.ts';
import { startSlipway, temporaryDirectory, type Slipway } from './testing/slipway.ts';
import { test as base } from './testing/test.ts';

/** Others may use the machine. */
const expect = baseExpect.configure({ timeout: 20_000 });

const USER = { accessKeyId: 'AKIAOFTHETESTS000001', secretAccessKey: 'secret-that-nobody-may-see' };
const WRONG_SECRET = 'another-secret-that-nobody-may-see';
const SECRETS = [USER.secretAccessKey, WRONG_SECRET, USER.accessKeyId, 'Signature='];
const MIB = 1024 * 1024;
const FLAGS = ['--file_system_poll_wait_seconds=5', '--version_settle_millis=0', '--max_num_load_retries=0'];

const available = (version: string) => (versions: readonly { version: string; state: string }[]) =>
  versions.some((status) => status.version === version && status.state === 'AVAILABLE');

interface World {
  readonly store: S3TestServer;
  readonly server: Slipway;
  /** Writes the keys of the AWS profile `lab`. */
  readonly writeProfile: (secretAccessKey: string) => Promise<void>;
  /** Nothing that the server said or keeps, and nothing that the page shows, has a secret in it. */
  readonly expectNoSecrets: () => Promise<void>;
}

const test = base.extend<{ world: World }>({
  world: async ({ page }, use, testInfo) => {
    // Each state is looked through in both themes, which takes its time.
    testInfo.setTimeout(300_000);
    await using directory = await temporaryDirectory();
    const dataDirectory = join(directory.path, 'data');
    const credentials = join(directory.path, 'credentials');
    const writeProfile = (secret: string): Promise<void> =>
      writeFile(credentials, `[lab]\naws_access_key_id = ${USER.accessKeyId}\naws_secret_access_key = ${secret}\n`);
    await writeProfile(WRONG_SECRET);
    await using store = await startS3Server({ users: [USER] });
    await using server = await startSlipway({
      dataDirectory,
      flags: FLAGS,
      environment: { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: join(directory.path, 'config') },
    });
    const expectNoSecrets = async (): Promise<void> => {
      const said = [server.log(), await page.content()];
      for (const path of await filesBelow(dataDirectory)) {
        said.push(await readFile(path, 'latin1').catch(() => ''));
      }
      for (const secret of SECRETS) expect(said.filter((text) => text.includes(secret))).toEqual([]);
    };
    await page.goto(server.signInUrl);
    await page.goto(`${server.uiOrigin}/#/sources`);
    await use({ store, server, writeProfile, expectNoSecrets });
    await expectNoSecrets();
  },
});

/** Paths of all files below a folder that there may be. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
}

const panel = (page: Page) => page.getByRole('region', { name: 'Connection test' });
const stage = (page: Page, name: string) =>
  panel(page)
    .getByRole('listitem')
    .filter({ has: page.getByText(name, { exact: true }) });
const choose = (page: Page, group: string, name: string) =>
  page.getByRole('radiogroup', { name: group }).getByRole('radio', { name }).click();

/** Fills in a MinIO connection by its preset card. */
async function beginConnection(page: Page, store: S3TestServer, startUri: string): Promise<void> {
  await page.getByRole('button', { name: 'Connect MinIO' }).click();
  await page.getByLabel('Endpoint').fill(store.url);
  await page.getByLabel('Bucket or folder', { exact: true }).fill(startUri);
}

async function chooseProfile(page: Page): Promise<void> {
  await choose(page, 'Credentials', 'AWS profile');
  await page.getByRole('button', { name: /Profile$/u }).click();
  await page.getByRole('option', { name: 'lab' }).click();
}

/** A connection that works, as most tests begin with. */
async function saveConnection(page: Page, world: World, startUri: string): Promise<void> {
  await world.writeProfile(USER.secretAccessKey);
  await beginConnection(page, world.store, startUri);
  await chooseProfile(page);
  await page.getByLabel('Name', { exact: true }).fill('lab');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page).toHaveURL(/#\/sources\/lab$/u);
}

test('a bucket by the form, wrong keys first; then its model comes, serves, and is replaced under load', async ({
  page,
  world,
}) => {
  const { store, server, writeProfile, expectNoSecrets } = world;
  const first = externalDataModel(12, 'weights.bin');
  store.put('lab-models', 'models/table/1/model.onnx', first.model);
  store.put('lab-models', 'models/table/1/weights.bin', first.weights);
  store.put('lab-models', 'models/readme.txt', 'hello');
  await expect(page.getByRole('heading', { name: 'Connect a store' })).toBeVisible();
  await expectAccessibleInBothThemes(page);

  // Keys that are typed: this server keeps none, and says so before they are entered.
  await beginConnection(page, store, 's3://lab-models/models');
  await choose(page, 'Credentials', 'Access keys');
  await expect(page.getByText('This server keeps no secrets')).toBeVisible();
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByText('Enter both keys.')).toBeVisible();
  await expectAccessibleInBothThemes(page);
  await page.getByLabel('Access key ID').fill(USER.accessKeyId);
  await page.getByLabel('Secret access key').fill(WRONG_SECRET);
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(panel(page).getByText('Stopped at: Credentials and region')).toBeVisible();
  await expect(stage(page, 'Credentials and region')).toHaveAttribute('data-state', 'failed');
  await expect(stage(page, 'Connection')).toHaveAttribute('data-state', 'ok');
  await expect(stage(page, 'List')).toHaveAttribute('data-state', 'skipped');
  await expect(panel(page).getByText('S3_BAD_CREDENTIALS', { exact: true })).toBeVisible();
  await expectAccessibleInBothThemes(page);
  await expectNoSecrets();
  await panel(page).getByRole('button', { name: 'Edit the credentials' }).click();
  await expect(page.getByRole('radio', { name: 'Access keys' })).toBeFocused();
  await page.getByLabel('Secret access key').fill(USER.secretAccessKey);
  await page.getByRole('button', { name: 'Test again' }).click();
  await expect(panel(page).getByText('Everything works')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save', exact: true })).toBeDisabled();
  await expectAccessibleInBothThemes(page);
  await expectNoSecrets();

  // To be kept they are in a profile, wrong first here too.
  await chooseProfile(page);
  await page.getByRole('button', { name: 'Test again' }).click();
  await expect(panel(page).getByText('Stopped at: Credentials and region')).toBeVisible();
  await writeProfile(USER.secretAccessKey);
  await page.getByRole('button', { name: 'Test again' }).click();
  await expect(panel(page).getByText('Everything works')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('lab');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page).toHaveURL(/#\/sources\/lab$/u);
  await expect(panel(page).getByText('Everything works')).toBeVisible();

  // Looked through, and served.
  await page.getByRole('link', { name: 'Browse' }).click();
  const content = page.getByRole('grid', { name: /^Content of/u });
  await expect(content.getByRole('button', { name: 'table', exact: true })).toBeVisible();
  await expect(content.getByText('readme.txt')).toBeVisible();
  await expectAccessibleInBothThemes(page);
  const weights = store.faults.add({
    on: 'GetObject',
    key: 'models/table/1/weights.bin',
    fault: { kind: 'slow', bytesPerSecond: 3 * MIB },
  });
  await page.getByRole('button', { name: 'Serve this folder' }).first().click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('would be served', { exact: false })).toBeVisible();
  await expect(dialog.getByText('readme.txt')).toBeVisible();
  await expectAccessibleInBothThemes(page);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();

  // Discovered, downloaded with progress, loaded.
  const download = page.locator('[data-download="table/1"]');
  await expect(download.getByText(/Downloading .* of 12.* MB/u).first()).toBeVisible();
  await expect(download.getByText(/MB\/s, .* left/u).first()).toBeVisible();
  await expect(download.getByRole('progressbar')).toHaveAttribute('aria-valuenow', /[1-9]/u);
  await expectAccessibleInBothThemes(page);
  await server.untilStatus('table', available('1'));
  weights.remove();
  await expect(download).toHaveCount(0);
  const root = page.locator('[data-root="s3://lab-models/models"]');
  await expect(root).toContainText('Readable');
  await expect(root.getByRole('link', { name: 'lab' })).toBeVisible();
  await expectAccessibleInBothThemes(page);
  expect(await server.predict('table', { instances: [1, 2, 5] })).toMatchObject({ status: 200, version: '1' });

  // The next version comes slowly, its weights last, and nobody who asks meanwhile notices.
  const answers: { status: number; version: string | null }[] = [];
  const stop = new AbortController();
  const predicting = (async () => {
    while (!stop.signal.aborted) {
      const { status, version } = await server.predict('table', { instances: [1, 2, 5] });
      answers.push({ status, version });
    }
  })();
  const second = externalDataModel(2, 'weights.bin');
  store.put('lab-models', 'models/table/2/model.onnx', second.model);
  await page.goto(`${server.uiOrigin}/#/models`);
  const model = page.locator('[data-model="table"]');
  await expect(model).toContainText('weights.bin');
  await expect(model).toContainText('Discovered');
  store.put('lab-models', 'models/table/2/weights.bin', second.weights);
  await server.untilStatus('table', (versions) =>
    versions.some(({ version, state }) => version === '1' && state === 'END'),
  );
  stop.abort();
  await predicting;
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(new Set(answers.map(({ version }) => version))).toEqual(new Set(['1', '2']));
});

test('what is wrong with a place is said beside it, with the way to its connection', async ({ page, world }) => {
  const { store, server } = world;
  store.put('lab-models', 'models/m/1/model.onnx', affineModel({ scale: 0.5, offset: 3 }));
  await saveConnection(page, world, 's3://lab-models/models');
  await page.getByRole('link', { name: 'Browse' }).click();
  await page.getByRole('button', { name: 'Serve this folder' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
  await server.untilStatus('m', available('1'));

  store.setUser({ ...USER, secretAccessKey: 'it-was-changed' });
  await page.getByRole('button', { name: 'Poll now: s3://lab-models/models' }).click();
  const table = page.getByRole('table', { name: /^Places/u });
  await expect(table.getByText('Unreadable')).toBeVisible();
  await expect(table.getByText('S3_BAD_CREDENTIALS', { exact: true })).toBeVisible();
  await expectAccessibleInBothThemes(page);
  expect((await server.predict('m', { instances: [1] })).status).toBe(200);
  await table.getByRole('button', { name: 'Test the connection' }).click();
  await expect(panel(page).getByText('Stopped at: Credentials and region')).toBeVisible();
  store.setUser(USER);
  await page.getByRole('button', { name: 'Test again' }).click();
  await expect(panel(page).getByText('Everything works')).toBeVisible();

  // Without the server the page keeps what it knows, and nothing can be done.
  await server.stop('SIGKILL');
  await expect(page.getByText('Disconnected').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Test', exact: true })).toBeDisabled();
  await expectAccessibleInBothThemes(page);
});

test('who may read but not list is told so, and what to do', async ({ page, world }) => {
  const { store } = world;
  store.put('lab-models', 'models/m/1/model.onnx', affineModel({ scale: 0.5, offset: 3 }));
  store.setUser({ ...USER, allow: [{ actions: ['s3:GetObject'] }] });
  await saveConnection(page, world, 's3://lab-models/models');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(panel(page).getByText('Can read, cannot list')).toBeVisible();
  await expect(panel(page).getByText('S3_LIST_DENIED', { exact: true })).toBeVisible();
  await expectAccessibleInBothThemes(page);
});

test('a large bucket comes a thousand at a time, and stays in sight when the store is gone', async ({
  page,
  world,
}) => {
  const { store } = world;
  for (let index = 0; index < 2300; index += 1) {
    store.put('lab-models', `many/${String(index).padStart(4, '0')}.txt`, 'x');
  }
  store.put('lab-models', 'few/one.txt', 'x');
  await saveConnection(page, world, 's3://lab-models/many');
  await page.getByRole('link', { name: 'Browse' }).click();
  await expect(page.getByText('1 to 1,000, more follow')).toBeVisible();
  // Only what is in view is in the page.
  const rows = page.getByRole('grid', { name: /^Content of/u }).getByRole('row');
  expect(await rows.count()).toBeLessThan(100);
  await rows.nth(1).focus();
  await page.keyboard.press('End');
  await expect(page.getByText('0999.txt')).toBeVisible();
  await page.getByRole('button', { name: 'Next 1,000' }).click();
  await expect(page.getByText('1,001 to 2,000, more follow')).toBeVisible();
  await page.getByRole('button', { name: 'Next 1,000' }).click();
  await expect(page.getByText('2,001 to 2,300')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Next 1,000' })).toBeDisabled();
  await page.getByRole('button', { name: 'Previous' }).click();
  await expect(page.getByText('1000.txt')).toBeVisible();

  await page.getByRole('textbox', { name: 'Bucket or folder to browse' }).fill('s3://lab-models/few');
  await page.getByRole('button', { name: 'Go', exact: true }).click();
  await expect(page.getByText('one.txt')).toBeVisible();
  store.faults.add({ fault: { kind: 'error', code: 'AccessDenied' } });
  await page.getByRole('button', { name: 'Try again' }).first().click();
  await expect(page.getByRole('alert')).toContainText('Cannot list');
  await expect(page.getByText(/As of \d\d:\d\d:\d\d/u).first()).toBeVisible();
  await expect(page.getByText('one.txt')).toBeVisible();
  await expectAccessibleInBothThemes(page);
});

test('a pasted address fills the form; keys of the keyboard test and browse; a deletion can be undone', async ({
  page,
  world,
}) => {
  const { store } = world;
  store.put('lab-models', 'models/m/1/model.onnx', affineModel({ scale: 0.5, offset: 3 }));
  await world.writeProfile(USER.secretAccessKey);
  const field = page.getByLabel('Paste a URL');
  await field.fill(`${store.url}/lab-models/models?X-Amz-Signature=0123456789abcdef`);
  await field.press('Enter');
  await expect(page.getByLabel('Endpoint')).toHaveValue(store.url);
  await expect(page.getByLabel('Bucket or folder', { exact: true })).toHaveValue('s3://lab-models/models');
  await expect(page.getByText(/signature in the URL was left out/u)).toBeVisible();
  await chooseProfile(page);
  await page.getByLabel('Name', { exact: true }).fill('lab');
  await page.getByLabel('Region', { exact: true }).fill('not a region');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByLabel('Region', { exact: true })).toBeFocused();
  await expect(page.getByText(/Must be like eu-central-1/u)).toBeVisible();
  await expect(page.getByLabel('Region', { exact: true })).toHaveValue('not a region');
  await page.getByLabel('Region', { exact: true }).fill('us-east-1');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page).toHaveURL(/#\/sources\/lab$/u);

  const row = page.getByRole('navigation', { name: 'Sources' }).getByRole('link', { name: /^lab/u });
  await row.focus();
  await page.keyboard.press('t');
  await expect(panel(page).getByText('Everything works')).toBeVisible();
  await expect(row).toContainText('Works');
  await expect(row).toBeFocused();
  await page.keyboard.press('b');
  await expect(page.getByRole('grid', { name: /^Content of/u })).toBeVisible();
  await page.keyboard.press('n');
  await expect(page).toHaveURL(/#\/sources\/new$/u);

  await row.click();
  await page.getByRole('button', { name: 'Actions for lab' }).click();
  await page.getByRole('menuitem', { name: 'Delete connection' }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row).toBeVisible();
});
