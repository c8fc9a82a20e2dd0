import { act, cleanup, configure, fireEvent, render, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SourcesBoard } from '#contracts/ui-sources.ts';
import { App } from '../../app.tsx';
import type { Command } from '../../stores/commands.ts';
import { modelView, NOW_MS, snapshot, unloadedVersion } from '../../testing/fixtures.ts';
import { fakeCommands, fakeServices } from '../../testing/services.ts';
import { connection, root, sourcesBoard, stagesUpTo, test } from './testing/fixtures.ts';

const lab = connection('lab', { preset: 'minio', endpoint: 'http://10.0.0.5:9000', startUri: 's3://models/prod' });
const SECRET = 'not to be seen anywhere';

type FakeCommands = Parameters<typeof fakeCommands>[0];

/** Opens the screen at a route, connected, with this board. */
function open(
  route: string,
  board: SourcesBoard,
  commands: FakeCommands = {},
  models: Parameters<typeof snapshot>[0] = [],
) {
  const services = fakeServices({
    commands: fakeCommands({ listAwsProfiles: () => Promise.resolve({ profiles: ['lab', 'prod'] }), ...commands }),
  });
  services.server.getState().received(snapshot(models, { boards: { sources: board } }), NOW_MS);
  services.server.getState().connectionChanged({ phase: 'live', sinceMs: NOW_MS });
  window.location.hash = route;
  render(<App services={services} />);
  const tell = (next: SourcesBoard, sequence: number): void => {
    act(
      () => void services.server.getState().received({ kind: 'boards', sequence, boards: { sources: next } }, NOW_MS),
    );
  };
  return { services, tell };
}

const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>('button', { name });
const stageStates = () =>
  within(screen.getByRole('list', { name: 'Stages of the test' }))
    .getAllByRole('listitem')
    .map((item) => item.dataset['state']);

beforeAll(async () => {
  // The screen comes when it is asked for, which on a busy machine takes longer than a query waits.
  configure({ asyncUtilTimeout: 10_000 });
  await import('./sources-screen.tsx');
});
beforeEach(() => {
  window.location.hash = '';
});
afterEach(cleanup);

describe('Sources', () => {
  it('offers the kinds of stores while there is no connection, and begins with the chosen one', async () => {
    open('/sources', sourcesBoard());
    await userEvent.click(await screen.findByRole('button', { name: 'Connect MinIO' }));
    expect(screen.getByRole('radio', { name: 'MinIO' }).getAttribute('aria-checked')).toBe('true');
    expect(screen.getByLabelText<HTMLInputElement>('Region').value).toBe('us-east-1');
  });

  it('ticks the stages of a test as the server tells, and applies its fix', async () => {
    let finish: (result: ReturnType<typeof test>) => void = () => undefined;
    const testConnection = vi.fn<Command<'testConnection'>>(() => new Promise((done) => (finish = done)));
    const { tell } = open('/sources/lab', sourcesBoard({ connections: [lab] }), { testConnection });
    await userEvent.click(await screen.findByRole('button', { name: 'Test' }));
    expect(stageStates()).toEqual(Array.from({ length: 7 }, () => 'pending'));
    const { testId, uri, connection: id } = testConnection.mock.calls[0]?.[0] ?? {};
    expect([uri, id]).toEqual(['s3://models/prod', 'lab']);
    const running = test({ testId: testId ?? '', stages: stagesUpTo({ stage: 'clock', status: 'running' }) });
    tell(sourcesBoard({ connections: [lab], tests: [running] }), 2);
    expect(stageStates()).toEqual(['ok', 'ok', 'ok', 'running', 'pending', 'pending', 'pending']);

    const failed = stagesUpTo({
      stage: 'signature',
      status: 'failed',
      code: 'S3_WRONG_REGION',
      detail: 'the bucket is in eu-central-1',
      fix: { text: 'set the region to eu-central-1', change: { region: 'eu-central-1' } },
    });
    await act(async () => finish({ ...running, state: 'failed', stages: failed }));
    expect(screen.getByText('Stopped at: Credentials and region')).toBeDefined();
    expect(screen.getByText('Set the region to eu-central-1.')).toBeDefined();
    await userEvent.click(button('Fix and test again'));
    expect(screen.getByLabelText<HTMLInputElement>('Region').value).toBe('eu-central-1');
    expect(testConnection.mock.calls[1]?.[0].draft).toMatchObject({ region: 'eu-central-1' });
    expect(screen.getByText('Unsaved changes')).toBeDefined();
  });

  it('sends typed keys to be tested, and has them neither in its markup nor in what it remembers', async () => {
    const testConnection = vi.fn<Command<'testConnection'>>(() => Promise.resolve(test({ state: 'ok' })));
    open('/sources/lab', sourcesBoard({ connections: [lab] }), { testConnection });
    fireEvent.click(await screen.findByRole('radio', { name: 'Access keys' }));
    await userEvent.click(button('Test'));
    expect(screen.getByText('Enter both keys.')).toBeDefined();
    expect(testConnection).not.toHaveBeenCalled();
    fireEvent.change(screen.getByLabelText('Access key ID'), { target: { value: 'AKIA0001' } });
    fireEvent.change(screen.getByLabelText('Secret access key'), { target: { value: SECRET } });
    await userEvent.click(button('Test'));
    expect(testConnection.mock.calls[0]?.[0].draft?.credentials).toEqual({
      kind: 'keys',
      keys: { accessKeyId: 'AKIA0001', secretAccessKey: SECRET },
    });
    expect(document.documentElement.outerHTML).not.toContain(SECRET);
    // This server keeps no secrets.
    expect(button('Save').disabled).toBe(true);
  });

  it('keeps a bad value in its field, says what is wrong beside it, and brings the focus there', async () => {
    open('/sources/lab', sourcesBoard({ connections: [lab] }));
    const endpoint = await screen.findByLabelText<HTMLInputElement>('Endpoint');
    fireEvent.change(endpoint, { target: { value: 'minio:9000' } });
    await userEvent.click(button('Save'));
    expect(endpoint.value).toBe('minio:9000');
    expect(endpoint.getAttribute('aria-invalid')).toBe('true');
    expect(document.activeElement).toBe(endpoint);
    fireEvent.change(endpoint, { target: { value: 'http://minio:9000' } });
    expect(endpoint.getAttribute('aria-invalid')).toBe('false');
  });

  it('keeps what was changed when the screen is left', async () => {
    const { services } = open('/sources/lab', sourcesBoard({ connections: [lab] }));
    await userEvent.type(await screen.findByLabelText('Name'), '-2');
    await userEvent.click(screen.getByRole('link', { name: 'Models' }));
    expect(screen.queryByLabelText('Name')).toBeNull();
    act(() => void (window.location.hash = '/sources/lab'));
    expect((await screen.findByLabelText<HTMLInputElement>('Name')).value).toBe('lab-2');
    expect(JSON.stringify(services.server.getState())).not.toContain('lab-2');
  });

  it('takes a pasted URL into the form', async () => {
    const parseS3Url = vi.fn<Command<'parseS3Url'>>(() =>
      Promise.resolve({
        uri: 's3://models/prod',
        bucket: 'models',
        key: 'prod',
        preset: 'garage',
        endpoint: 'http://10.0.0.7:3900',
        region: 'garage',
        notes: [],
      }),
    );
    open('/sources', sourcesBoard({ connections: [lab] }), { parseS3Url });
    await screen.findByRole('heading', { name: 'Sources' });
    fireEvent.paste(document.body, { clipboardData: { getData: () => 'http://10.0.0.7:3900/models/prod' } });
    expect((await screen.findByLabelText<HTMLInputElement>('Endpoint')).value).toBe('http://10.0.0.7:3900');
    expect(parseS3Url.mock.calls[0]?.[0]).toEqual({ text: 'http://10.0.0.7:3900/models/prod' });
  });

  it('shows what a place is wrong with, its code, and the way to test its connection', async () => {
    const cause = 's3://models/prod: the token has expired (HTTP 400). Renew it. [S3_TOKEN_EXPIRED]';
    const message = `Could not read base path s3://models/prod/resnet for servable resnet: ${cause}`;
    const broken = root('s3://models/prod', { connection: lab.id, status: 'error', message });
    const testConnection = vi.fn<Command<'testConnection'>>(() => Promise.resolve(test({ state: 'ok' })));
    open('/sources', sourcesBoard({ connections: [lab], roots: [broken, root('/home/ada/models')] }), {
      testConnection,
    });
    const table = within(await screen.findByRole('table', { name: /^Places/u }));
    expect(table.getByText('S3_TOKEN_EXPIRED')).toBeDefined();
    expect(table.getByText(/the token has expired/u).textContent).toBe(
      's3://models/prod: the token has expired (HTTP 400). Renew it.',
    );
    expect(table.getByText('What was found before goes on serving.')).toBeDefined();
    await userEvent.click(table.getByRole('button', { name: 'Test the connection' }));
    expect(await screen.findByText('Everything works')).toBeDefined();
    expect(testConnection).toHaveBeenCalledOnce();
    expect(window.location.hash).toBe('#/sources/lab');
  });

  it('shows how far downloads are, and stops one', async () => {
    const cancelDownload = vi.fn<Command<'cancelDownload'>>(() => Promise.resolve({}));
    const download = { doneBytes: 50, totalBytes: 200, bytesPerSecond: 10, file: 'weights.bin' };
    open('/sources', sourcesBoard({ connections: [lab] }), { cancelDownload }, [
      modelView('resnet', [unloadedVersion('8', 'loading', { download })]),
    ]);
    const bar = await screen.findByRole('progressbar', { name: 'Download of resnet v8' });
    expect(bar.getAttribute('aria-valuenow')).toBe('25');
    expect(bar.closest('li')?.textContent).toContain('Downloading 50 B of 200 B, 10 B/s, 15 s left');
    await userEvent.click(button('Cancel the download of resnet v8'));
    expect(cancelDownload).toHaveBeenCalledWith({ name: 'resnet', version: '8' });
  });

  it('shows what could not be fetched and why, and tries again', async () => {
    const retryVersion = vi.fn<Command<'retryVersion'>>(() => Promise.resolve({}));
    const noSpace = 's3://models/…/8: this version needs 101 MB of disk; free some space. [S3_NO_SPACE]';
    const failed = { code: 'RESOURCE_EXHAUSTED', message: noSpace };
    open('/sources', sourcesBoard({ connections: [lab] }), { retryVersion }, [
      modelView('resnet', [
        unloadedVersion('8', 'loading', { error: failed, retryAtMs: NOW_MS + 9000, attempt: 2, maxAttempts: 6 }),
        unloadedVersion('7', 'end', { error: { code: 'INVALID_ARGUMENT', message: 'not a valid ONNX file' } }),
      ]),
    ]);
    const list = within(await screen.findByRole('list', { name: 'Downloads' }));
    const [item, ...others] = list.getAllByRole('listitem');
    // What came and is no model is not the store's fault.
    expect(others).toEqual([]);
    expect(item?.textContent).toContain('Not fetched');
    expect(item?.textContent).toContain('this version needs 101 MB of disk; free some space. S3_NO_SPACE');
    await userEvent.click(button('Fetch resnet v8 again'));
    expect(retryVersion).toHaveBeenCalledWith({ name: 'resnet', version: '8' });
  });

  it('asks for the name before it forgets stored keys, and offers to undo the rest', async () => {
    const deleteConnection = vi.fn<Command<'deleteConnection'>>(() => Promise.resolve({}));
    const keyed = connection('vault', {
      credentials: { kind: 'keys', accessKeyIdEnd: 'X7QA', hasSessionToken: false },
    });
    open('/sources/vault', sourcesBoard({ connections: [keyed, lab] }), { deleteConnection });
    expect(await screen.findByText('Stored: access key ending in X7QA.')).toBeDefined();
    await userEvent.click(button('Actions for vault'));
    await userEvent.click(screen.getByRole('menuitem', { name: 'Delete connection' }));
    expect(button('Delete connection and keys').disabled).toBe(true);
    await userEvent.type(screen.getByLabelText('Type vault to confirm'), 'vault');
    await userEvent.click(button('Delete connection and keys'));
    expect(deleteConnection).toHaveBeenCalledWith({ id: 'vault' });

    await userEvent.click(screen.getByRole('link', { name: /^lab/u }));
    await userEvent.click(button('Actions for lab'));
    await userEvent.click(screen.getByRole('menuitem', { name: 'Delete connection' }));
    expect(screen.queryByRole('link', { name: /^lab/u })).toBeNull();
    await userEvent.click(button('Undo'));
    expect(screen.getByRole('link', { name: /^lab/u })).toBeDefined();
    expect(deleteConnection).toHaveBeenCalledOnce();
  });

  it('shows the last listing with its age when the store does not answer', async () => {
    const page = { uri: 's3://models/prod', folders: [{ name: 'resnet', uri: 's3://models/prod/resnet' }], files: [] };
    let answers = true;
    const browsePrefix = vi.fn<Command<'browsePrefix'>>(() =>
      answers ? Promise.resolve(page) : Promise.reject(new Error('no answer [S3_UNREACHABLE]')),
    );
    open('/sources/lab?at=s3%3A%2F%2Fmodels%2Fprod', sourcesBoard({ connections: [lab] }), { browsePrefix });
    // Without a layout no row is in view; the grid says how many there are.
    const grid = await screen.findByRole('grid', { name: 'Content of s3://models/prod' });
    expect(grid.getAttribute('aria-rowcount')).toBe('2');
    expect(browsePrefix.mock.calls[0]?.[0]).toEqual({ connection: 'lab', uri: 's3://models/prod' });
    answers = false;
    await userEvent.click(button('Try again'));
    const alert = within(await screen.findByRole('alert'));
    expect(alert.getByText('S3_UNREACHABLE')).toBeDefined();
    expect(alert.getByText(/^As of \d\d:\d\d:\d\d$/u)).toBeDefined();
    expect(screen.getByRole('grid').getAttribute('aria-rowcount')).toBe('2');
  });
});
