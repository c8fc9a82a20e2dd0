import { act, cleanup, configure, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccessToken, NetworkAddress, ServingView } from '#contracts/ui-serving.ts';
import { App } from '../../app.tsx';
import { CommandError, type Command } from '../../stores/commands.ts';
import { halfPlusTwoInfo, modelView, NOW_MS, serverView, snapshot, versionView } from '../../testing/fixtures.ts';
import { fakeCommands, fakeServices } from '../../testing/services.ts';
import { serverSettings } from './testing/fixtures.ts';
import { tokenExample } from './token-example.ts';

const done = () => Promise.resolve({});
const NETWORKS: readonly NetworkAddress[] = [
  { interface: 'en0', family: 'ipv4', address: '192.168.1.20', kind: 'network' },
  { interface: 'docker0', family: 'ipv4', address: '172.17.0.1', kind: 'virtual' },
];
const TOKEN: AccessToken = { id: 't1', name: 'notebook', createdAtMs: NOW_MS - 60_000 };
const EXPOSURE = {
  addresses: [{ interface: 'en0', family: 'ipv4', address: '192.168.1.20', restUrl: 'http://192.168.1.20:8501' }],
  tokenRequired: true,
  isFixed: false,
} as const;

function open(
  commands: Parameters<typeof fakeCommands>[0] = {},
  serving: Partial<ServingView> = {},
  at = '',
  tokens: readonly AccessToken[] = [TOKEN],
) {
  const services = fakeServices({
    commands: fakeCommands({
      serverSettings: () =>
        Promise.resolve(
          serverSettings({
            restPort: [
              { kind: 'count', count: 8501 },
              { kind: 'count', count: 8501 },
            ],
          }),
        ),
      listRequests: () => new Promise(() => undefined),
      logLevel: () => Promise.resolve({ level: 'info' }),
      removedSamples: () => Promise.resolve({ names: [] }),
      networkAddresses: () => Promise.resolve({ addresses: NETWORKS }),
      ...commands,
    }),
  });
  const tell = (view: Partial<ServingView>, over: Parameters<typeof serverView>[0] = {}): void => {
    const server = serverView({ serving: { state: 'running', sinceMs: NOW_MS - 1000, fixed: [], ...view }, ...over });
    const models = [modelView('churn', [versionView('1', { info: halfPlusTwoInfo })])];
    services.server.getState().received(snapshot(models, { server, boards: { access: { tokens } } }), NOW_MS);
  };
  tell(serving);
  services.server.getState().connectionChanged({ phase: 'live', sinceMs: NOW_MS });
  window.location.hash = `/settings/server${at}`;
  render(<App services={services} />);
  const tellTokens = (access: readonly AccessToken[]): void => {
    const state = services.server.getState();
    state.received(
      { kind: 'boards', sequence: (state.sequence ?? 0) + 1, boards: { access: { tokens: access } } },
      NOW_MS,
    );
  };
  return {
    ...services,
    tell: (...args: Parameters<typeof tell>) => act(() => tell(...args)),
    tellTokens: (access: readonly AccessToken[]) => act(() => tellTokens(access)),
  };
}

const row = async (id: string) => {
  const element = await waitFor(() => {
    const found = document.querySelector<HTMLElement>(`[data-setting="${id}"]`);
    if (!found) throw new Error(`no row ${id}`);
    return found;
  });
  return { element, ...within(element) };
};

beforeAll(async () => {
  configure({ asyncUtilTimeout: 10_000 });
  await import('./settings-screen.tsx');
});
beforeEach(() => {
  window.location.hash = '';
});
afterEach(cleanup);

describe('the ports', () => {
  it('one that is not kept is called temporary, and can be kept', async () => {
    const startServing = vi.fn<Command<'startServing'>>(done);
    const { tell } = open({ startServing }, { temporary: ['restPort'] });
    const port = await row('restPort');
    expect(port.getByText('Temporary')).toBeDefined();
    expect(port.queryByText('Changed')).toBeNull();
    expect(port.element.textContent).toContain('In use until Slipway ends');
    await userEvent.click(port.getByRole('button', { name: 'Apply' }));
    expect(startServing).toHaveBeenCalledWith({ restPort: 8501, remember: true });
    tell({});
    expect(await screen.findByText('The REST API is on port 8501 now, and at each start.')).toBeDefined();
    expect(port.queryByText('Temporary')).toBeNull();
  });

  it('move where they are told to, and stay there', async () => {
    const startServing = vi.fn<Command<'startServing'>>(done);
    const { tell } = open({ startServing }, {}, '?at=restPort');
    const port = await row('restPort');
    const field = port.getByRole<HTMLInputElement>('textbox', { name: 'REST port' });
    // Whoever was sent here can type at once.
    await waitFor(() => expect(document.activeElement).toBe(field));
    expect(field.value).toBe('8501');
    expect(port.getByRole<HTMLButtonElement>('button', { name: 'Apply' }).disabled).toBe(true);
    await userEvent.clear(field);
    await userEvent.type(field, '8600{Enter}');
    expect(startServing).toHaveBeenCalledWith({ restPort: 8600, remember: true });
    tell({}, { restUrl: 'http://127.0.0.1:8600' });
    expect(await screen.findByText('The REST API is on port 8600 now, and at each start.')).toBeDefined();
    expect(field.value).toBe('8600');
    expect(port.element.textContent).toContain('Changed');
  });

  it('say beside the field why not', async () => {
    const startServing = vi.fn<Command<'startServing'>>((request) =>
      request.grpcPort === 8501
        ? Promise.reject(new CommandError('INVALID_ARGUMENT', 'REST and gRPC need a port each'))
        : done(),
    );
    const { tell } = open({ startServing });
    const port = await row('grpcPort');
    const field = port.getByRole<HTMLInputElement>('textbox', { name: 'gRPC port' });
    await userEvent.clear(field);
    await userEvent.type(field, '70000{Enter}');
    expect(port.getByText('A port is a whole number from 1 to 65535; 0 turns gRPC off.')).toBeDefined();
    expect(startServing).not.toHaveBeenCalled();
    await userEvent.clear(field);
    await userEvent.type(field, '8501{Enter}');
    expect(await port.findByText('REST and gRPC need a port each')).toBeDefined();
    await userEvent.clear(field);
    await userEvent.type(field, '8600{Enter}');
    expect(port.queryByText('REST and gRPC need a port each')).toBeNull();
    // A move that failed leaves the server where it was.
    const taken = { endpoint: 'grpc', port: 8600 } as const;
    tell({ problem: { code: 'ALREADY_EXISTS', message: 'port 8600 is taken', port: taken } });
    expect(await port.findByText('port 8600 is taken')).toBeDefined();
    expect(field.getAttribute('aria-invalid')).toBe('true');
    await userEvent.keyboard('{Escape}');
    expect(field.value).toBe('8500');
    expect(port.queryByText('port 8600 is taken')).toBeNull();
  });

  it('that the command line fixed are told with their flag', async () => {
    open({}, { fixed: ['restPort', 'host'] });
    const port = await row('restPort');
    expect(port.queryByRole('textbox')).toBeNull();
    expect(port.element.textContent).toMatch(/--rest_api_port/u);
    expect((await row('host')).element.textContent).toMatch(/Fixed on the command line/u);
    expect(document.querySelector('[data-setting="exposure"]')).toBeNull();
  });
});

describe('the networks', () => {
  it('are chosen from a list, and nothing is opened before the button', async () => {
    const setExposure = vi.fn<Command<'setExposure'>>(done);
    const { tell } = open({ setExposure });
    const exposure = await row('exposure');
    await userEvent.click(exposure.getByRole('radio', { name: 'Chosen networks too' }));
    const docker = await exposure.findByRole('checkbox', { name: 'docker0, IPv4' });
    expect(docker.closest('li')?.textContent).toContain('Virtual');
    expect(exposure.getByRole<HTMLInputElement>('checkbox', { name: 'Require a token' }).checked).toBe(true);
    expect(exposure.getByRole<HTMLButtonElement>('button', { name: 'Open to the network' }).disabled).toBe(true);
    await userEvent.click(exposure.getByRole('checkbox', { name: 'en0, IPv4' }));
    expect(setExposure).not.toHaveBeenCalled();
    await userEvent.click(exposure.getByRole('button', { name: 'Open to the network' }));
    expect(setExposure).toHaveBeenCalledWith({
      interfaces: [{ interface: 'en0', family: 'ipv4' }],
      tokenRequired: true,
    });
    tell({ exposure: EXPOSURE });
    expect(exposure.getByRole('region', { name: 'Reachable at' }).textContent).toContain('http://192.168.1.20:8501');
  });

  it('are not opened without a token before a warning was agreed to', async () => {
    const setExposure = vi.fn<Command<'setExposure'>>(() => Promise.reject(new Error('the port is taken there')));
    open({ setExposure }, { exposure: EXPOSURE });
    const exposure = await row('exposure');
    await userEvent.click(await exposure.findByRole('checkbox', { name: 'Require a token' }));
    expect(exposure.getByText('Nobody will need a token')).toBeDefined();
    await userEvent.click(exposure.getByRole('button', { name: 'Apply' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText('en0 192.168.1.20')).toBeDefined();
    expect(setExposure).not.toHaveBeenCalled();
    await userEvent.click(dialog.getByRole('button', { name: 'Open without a token' }));
    expect(setExposure).toHaveBeenCalledWith({
      interfaces: [{ interface: 'en0', family: 'ipv4' }],
      tokenRequired: false,
    });
    expect((await exposure.findByRole('alert')).textContent).toBe('the port is taken there');
    await userEvent.click(exposure.getByRole('button', { name: 'Discard' }));
    expect(exposure.getByRole<HTMLInputElement>('checkbox', { name: 'Require a token' }).checked).toBe(true);
  });

  it('are closed all at once', async () => {
    const setExposure = vi.fn<Command<'setExposure'>>(done);
    open({ setExposure }, { exposure: EXPOSURE });
    const exposure = await row('exposure');
    await userEvent.click(exposure.getByRole('radio', { name: 'This computer only' }));
    await userEvent.click(exposure.getByRole('button', { name: 'Stop exposing' }));
    expect(setExposure).toHaveBeenCalledWith({ interfaces: [], tokenRequired: true });
  });

  it('say when nobody could call for want of a token', async () => {
    open({}, { exposure: EXPOSURE }, '', []);
    expect(await (await row('exposure')).findByText(/There is no token yet/u)).toBeDefined();
  });
});

describe('tokens', () => {
  it('show their secret once, with a call that takes it from a variable', async () => {
    const token = { id: 't2', name: 'CI', createdAtMs: NOW_MS };
    const createAccessToken = vi.fn<Command<'createAccessToken'>>(() =>
      Promise.resolve({ token, secret: 'slw_s3cret' }),
    );
    const { tellTokens } = open({ createAccessToken }, { exposure: EXPOSURE });
    const list = await row('tokens');
    await userEvent.click(list.getByRole('button', { name: 'New token…' }));
    const dialog = await screen.findByRole('dialog', { name: 'New token' });
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Name' }), ' CI {Enter}');
    const shown = within(await screen.findByRole('dialog', { name: 'Token “CI”' }));
    expect(shown.getByText('slw_s3cret')).toBeDefined();
    const example = shown.getByRole('region', { name: 'Call a model with it' }).textContent;
    expect(example).toContain('-H "Authorization: Bearer $SLIPWAY_TOKEN"');
    expect(example).toContain('http://192.168.1.20:8501/v1/models/churn:predict');
    expect(example).not.toContain('s3cret');
    await userEvent.click(shown.getByRole('button', { name: 'Done' }));
    expect(document.body.textContent).not.toContain('s3cret');
    expect(createAccessToken).toHaveBeenCalledWith({ name: 'CI' });
    tellTokens([TOKEN, token]);
    expect(await list.findByText('CI')).toBeDefined();
  });

  it('show when they were used last as soon as the server tells', async () => {
    const { tellTokens } = open();
    const list = await row('tokens');
    const used = (await list.findByRole('row', { name: /notebook/u })).textContent;
    expect(used).toContain('Not since the start');
    tellTokens([{ ...TOKEN, lastUsedAtMs: NOW_MS }]);
    expect(list.getByRole('row', { name: /notebook/u }).textContent).not.toContain('Not since the start');
  });

  it('are revoked at once, but asked about before', async () => {
    const revokeAccessToken = vi.fn<Command<'revokeAccessToken'>>(done);
    open({ revokeAccessToken });
    const list = await row('tokens');
    expect((await list.findByRole('row', { name: /notebook/u })).textContent).toContain('Not since the start');
    await userEvent.click(list.getByRole('button', { name: 'Revoke notebook' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(revokeAccessToken).not.toHaveBeenCalled();
    await userEvent.click(dialog.getByRole('button', { name: 'Revoke' }));
    expect(revokeAccessToken).toHaveBeenCalledWith({ id: 't1' });
    expect(await screen.findByText('Revoked the token “notebook”.')).toBeDefined();
  });
});

it.each([
  { when: 'the signature is not known', info: undefined, text: `'http://127.0.0.1:8501/v1/models/churn'` },
  { when: 'it is known', info: halfPlusTwoInfo, text: `curl -X POST 'http://127.0.0.1:8501/v1/models/churn:predict'` },
])('the example is a call to this computer where nothing is exposed and $when', ({ info, text }) => {
  const example = tokenExample(serverView(), modelView('churn', []), info);
  expect(example).toContain(text);
  expect(example.match(/Bearer \$SLIPWAY_TOKEN/gu)).toHaveLength(1);
});
