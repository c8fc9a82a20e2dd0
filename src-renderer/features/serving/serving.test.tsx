import { act, cleanup, configure, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServingProblem, ServingView } from '#contracts/ui-serving.ts';
import { App } from '../../app.tsx';
import { createAppStore } from '../../stores/app-store.ts';
import type { Command } from '../../stores/commands.ts';
import { modelView, NOW_MS, serverView, snapshot, versionView } from '../../testing/fixtures.ts';
import { fakeCommands, fakeServices } from '../../testing/services.ts';

const done = () => Promise.resolve({});

function open(
  serving: Partial<ServingView>,
  commands: Parameters<typeof fakeCommands>[0] = {},
  { route = '/logs', inFlight = 0, over = {} }: { route?: string; inFlight?: number; over?: object } = {},
) {
  const services = fakeServices({ commands: fakeCommands(commands), ...over });
  const tell = (view: Partial<ServingView>, running = inFlight): void => {
    const server = serverView({ serving: { state: 'running', sinceMs: NOW_MS - 1000, fixed: [], ...view } });
    const models = [modelView('churn', [versionView('1', { inFlight: running })])];
    services.server.getState().received(snapshot(models, { server }), NOW_MS);
  };
  tell(serving);
  services.server.getState().connectionChanged({ phase: 'live', sinceMs: NOW_MS });
  window.location.hash = route;
  render(<App services={services} />);
  return { ...services, tell: (...args: Parameters<typeof tell>) => act(() => tell(...args)) };
}

/** What is under an open popover is hidden from everybody but a test. */
const bar = () => within(screen.getByRole('contentinfo', { name: 'Status', hidden: true }));
const openSwitch = async (word: string | RegExp) => {
  await userEvent.click(bar().getByRole('button', { name: word }));
  return within(await screen.findByRole('dialog', { name: 'Server switch' }));
};

const taken = (over: Partial<NonNullable<ServingProblem['port']>> = {}): Partial<ServingView> => ({
  state: 'failed',
  problem: {
    code: 'ALREADY_EXISTS',
    message: 'port 8501 is taken',
    port: {
      endpoint: 'rest',
      port: 8501,
      holder: { pid: 4312, name: 'node', isSlipway: false },
      freePort: 8502,
      ...over,
    },
  },
});

beforeAll(() => {
  configure({ asyncUtilTimeout: 10_000 });
});
beforeEach(() => {
  window.location.hash = '';
});
afterEach(cleanup);

describe('the server switch', () => {
  it('says the state, the addresses and what is in flight, and stops', async () => {
    const stopServing = vi.fn<Command<'stopServing'>>(done);
    const { tell } = open({}, { stopServing }, { inFlight: 2 });
    const panel = await openSwitch('Serving');
    expect(panel.getByText('2 requests in flight')).toBeDefined();
    expect(panel.getByText('http://127.0.0.1:8501')).toBeDefined();
    await userEvent.click(panel.getByRole('button', { name: 'Stop serving' }));
    expect(stopServing).toHaveBeenCalledWith({});

    tell({ state: 'draining' }, 3);
    expect(bar().getByText('Finishing 3 requests…')).toBeDefined();
    // It was pressed and has the focus still, which a disabled one would lose.
    expect(panel.getByRole('button', { name: 'Stop serving' }).getAttribute('aria-disabled')).toBe('true');
    tell({ state: 'draining' }, 1);
    // Two of three are answered.
    const progress = panel.getByRole('progressbar', { name: 'Finishing 1 request…' });
    expect(Math.round(Number(progress.getAttribute('aria-valuenow')))).toBe(67);
    tell({ state: 'stopped' }, 0);
    expect(bar().getByText('Not serving')).toBeDefined();
    expect(panel.getByRole('button', { name: 'Start serving' })).toBeDefined();
  });

  it('tells why a start was refused where the event stream does not', async () => {
    open({ state: 'stopped' }, { startServing: () => Promise.reject(new Error('not in this state')) });
    const panel = await openSwitch('Not serving');
    await userEvent.click(panel.getByRole('button', { name: 'Start serving' }));
    expect(await screen.findByText('not in this state')).toBeDefined();
  });

  it('says on a screen about calls that there can be none, and starts from there', async () => {
    const startServing = vi.fn<Command<'startServing'>>(done);
    const { tell } = open({ state: 'stopped' }, { startServing }, { route: '/models' });
    expect(await screen.findByText('Slipway is not serving')).toBeDefined();
    await userEvent.click(within(screen.getByRole('main')).getByRole('button', { name: 'Start serving' }));
    expect(startServing).toHaveBeenCalledWith({});
    tell({});
    expect(screen.queryByText('Slipway is not serving')).toBeNull();
  });
});

describe('a start that failed', () => {
  it('is told once in a dialog that names the holder, and starts on the free port for good', async () => {
    const startServing = vi.fn<Command<'startServing'>>(done);
    const { tell } = open({ state: 'starting' }, { startServing });
    expect(screen.queryByRole('dialog')).toBeNull();
    tell(taken());
    const dialog = within(await screen.findByRole('dialog', { name: 'Port 8501 is taken' }));
    expect(dialog.getByText('node (process 4312) uses it.')).toBeDefined();
    await userEvent.click(dialog.getByRole('checkbox', { name: 'Take 8502 at each start too' }));
    await userEvent.click(dialog.getByRole('button', { name: 'Use 8502 now' }));
    expect(startServing).toHaveBeenCalledWith({ restPort: 8502, remember: true });
    // It stays while that is tried, and goes when it worked.
    tell({ state: 'starting' });
    expect(dialog.getByRole('status').textContent).toBe('Opening the ports…');
    tell({});
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('does not interrupt a second time, also after a reload, and stays in the status bar', async () => {
    const kept = new Map([['slipway.welcomed', 'yes']]);
    const memory = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    open(taken(), {}, { over: { app: createAppStore(memory) } });
    const dialog = await screen.findByRole('dialog');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Close' }));
    expect(screen.queryByRole('dialog')).toBeNull();
    cleanup();
    const startServing = vi.fn<Command<'startServing'>>(done);
    open(taken(), { startServing }, { over: { app: createAppStore(memory) } });
    expect(screen.queryByRole('dialog')).toBeNull();
    const panel = await openSwitch('Failed to start');
    expect(panel.getByText('Port 8501 is taken')).toBeDefined();
    await userEvent.click(panel.getByRole('button', { name: 'Retry' }));
    expect(startServing).toHaveBeenCalledWith({});
    await userEvent.click(panel.getByRole('button', { name: 'Change the port…' }));
    expect(window.location.hash).toBe('#/settings/server?at=restPort');
  });

  const cases: readonly { what: string; view: Partial<ServingView>; text: string | RegExp }[] = [
    {
      what: 'another Slipway',
      view: taken({ holder: { pid: 7, name: 'slipway', isSlipway: true } }),
      text: /^Another Slipway of yours \(process 7\)/u,
    },
    { what: 'nobody knows whom', view: taken({ holder: undefined }), text: /the system does not say which/u },
    { what: 'no free port', view: taken({ freePort: undefined }), text: 'No free port was found nearby.' },
    { what: 'a fixed port', view: { ...taken(), fixed: ['restPort'] }, text: /fixed by --rest_api_port/u },
    {
      what: 'something else',
      view: { state: 'failed', problem: { code: 'INTERNAL', message: 'no sockets left' } },
      text: 'No sockets left.',
    },
  ];
  it.each(cases)('says what it can do about $what', async ({ view, text }) => {
    open(view);
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(text)).toBeDefined();
    expect(dialog.getByRole('button', { name: 'Retry' })).toBeDefined();
    const canChoose = view.fixed === undefined && view.problem?.port?.freePort !== undefined;
    expect(dialog.queryByRole('button', { name: 'Use 8502 now' }) !== null).toBe(canChoose);
  });
});

describe('while others can call', () => {
  const exposure = {
    addresses: [
      {
        interface: 'en0',
        family: 'ipv4',
        address: '192.168.1.20',
        restUrl: 'http://192.168.1.20:8501',
        grpcAddress: '192.168.1.20:8500',
      },
    ],
    tokenRequired: true,
    isFixed: false,
  } as const;

  it('every screen says so, and stops it with a way back', async () => {
    const setExposure = vi.fn<Command<'setExposure'>>(done);
    const { tell } = open({ exposure }, { setExposure });
    const banner = () => screen.getByText('Reachable by others in your network').closest('div');
    expect(banner()?.textContent).toContain('at http://192.168.1.20:8501. Token required.');
    await userEvent.click(screen.getByRole('button', { name: 'Stop exposing' }));
    expect(setExposure).toHaveBeenCalledWith({ interfaces: [], tokenRequired: true });
    await userEvent.click(await screen.findByRole('button', { name: 'Undo' }));
    expect(setExposure).toHaveBeenLastCalledWith({
      interfaces: [{ interface: 'en0', family: 'ipv4' }],
      tokenRequired: true,
    });
    tell({ exposure, state: 'stopped' });
    expect(screen.queryByText('Reachable by others in your network')).toBeNull();
  });

  it('the banner folds to the status bar, but not when it says something worse', async () => {
    const { tell } = open({ exposure });
    await userEvent.click(screen.getByRole('button', { name: 'Fold to the status bar' }));
    expect(screen.queryByText('Reachable by others in your network')).toBeNull();
    expect(bar().getByRole('button', { name: /^Exposed$/u })).toBeDefined();
    tell({ exposure: { ...exposure, tokenRequired: false } });
    expect(screen.getByText(/No token required/u)).toBeDefined();
    await userEvent.click(screen.getByRole('button', { name: 'Fold to the status bar' }));
    await userEvent.click(bar().getByRole('button', { name: 'Exposed, no token' }));
    expect(screen.getByText(/No token required/u)).toBeDefined();
  });

  it('a network that changed pauses it, until somebody exposes it there or stops', async () => {
    const setExposure = vi.fn<Command<'setExposure'>>(done);
    const [{ interface: name, family }] = exposure.addresses;
    const moved = { interface: name, family, address: '10.1.2.3', isOtherNetwork: true, problem: 'elsewhere' } as const;
    const paused = { ...exposure, addresses: [moved, { ...moved, address: '10.1.2.4' }] };
    const { tell } = open({ exposure: paused }, { setExposure });
    const banner = screen.getByText('The network changed; exposure is paused').closest('div');
    expect(banner?.textContent).toContain('en0: another network than the one you chose. Expose again?');
    expect(banner?.textContent).toContain('A token will be required.');
    await userEvent.click(screen.getByRole('button', { name: 'Stop exposing' }));
    expect(setExposure).toHaveBeenLastCalledWith({ interfaces: [], tokenRequired: true });
    await userEvent.click(screen.getByRole('button', { name: 'Expose again' }));
    expect(setExposure).toHaveBeenLastCalledWith({
      interfaces: [{ interface: name, family }],
      tokenRequired: true,
      acceptNetworks: true,
    });
    tell({ exposure: { ...paused, tokenRequired: false } });
    expect(screen.getByText('No token will be required: anybody here could call.')).toBeDefined();
    tell({ exposure });
    expect(screen.queryByText('The network changed; exposure is paused')).toBeNull();
  });

  it('says who decided where the command line did', () => {
    open({ exposure: { ...exposure, isFixed: true } });
    expect(screen.queryByRole('button', { name: 'Stop exposing' })).toBeNull();
    expect(screen.getByText('Set by --host')).toBeDefined();
  });

  it('the switch lists every address, and why one is not open', async () => {
    const gone = { interface: 'wg0', family: 'ipv6', problem: 'the interface has no address' } as const;
    open({ exposure: { ...exposure, addresses: [...exposure.addresses, gone] } });
    const panel = await openSwitch('Serving');
    expect(panel.getByText('192.168.1.20:8500')).toBeDefined();
    expect(panel.getByText('the interface has no address')).toBeDefined();
  });
});

it('commands fit the state: one of both is offered, and what does not fit says so', async () => {
  const startServing = vi.fn<Command<'startServing'>>(done);
  open({ state: 'stopped' }, { startServing });
  await userEvent.keyboard('{Control>}k{/Control}');
  const input = await screen.findByRole('combobox', { name: 'Command palette' }, { timeout: 20_000 });
  await userEvent.type(input, 'serving');
  expect(screen.getAllByRole('option').map(({ textContent }) => textContent)).toEqual([
    expect.stringContaining('Start serving'),
  ]);
  await userEvent.keyboard('{Enter}');
  await waitFor(() => expect(startServing).toHaveBeenCalledWith({}));
});
