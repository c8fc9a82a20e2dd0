import { setInterval } from 'node:timers';
import type { CloseOptions } from '../../api/http/listener.ts';
import { exceptFromThisComputer } from '../../api/http/access.ts';
import { urlHost } from '../../api/http/url-host.ts';
import type { Settings } from '../../config/settings.ts';
import type { Logger } from '../../contracts/logger.ts';
import { isLoopbackHost } from '../../contracts/loopback-host.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import type { Exposure, NetworkAddress, ServingView, SetExposure } from '../../contracts/ui-serving.ts';
import type { Clock } from '../../core/clock.ts';
import type { OpenEndpoints, PublicEndpoints } from '../public-endpoints.ts';
import type { SettingsStore } from '../settings-store.ts';
import type { AccessTokens } from './access-tokens.ts';
import {
  addressesOf,
  addressesOfHost,
  exposedAddresses,
  networksOf,
  type ListNetworkAddresses,
  systemNetworkAddresses,
} from './exposure.ts';
import { openServingEndpoints, type ServingEndpoints } from './serving-endpoints.ts';
import { explainProblem } from './serving-problem.ts';
import type { StoredExposure, StoredServing } from './serving-settings.ts';
import type { Ports } from './serving-state.ts';
import { createServingSwitch } from './serving-switch.ts';
import { createStoredAccessTokens } from './stored-access-tokens.ts';

/** The system does not tell when an interface gets or loses an address; one look costs well under a millisecond. */
const RECHECK_MS = 5000;

export interface ServingOptions {
  readonly settings: Pick<Settings, 'rest' | 'grpc' | 'ssl' | 'manager'>;
  /** What the command line named: it counts more than what is remembered. */
  readonly given: ServingView['fixed'];
  /** Whether the switch is left as it was when the program ended, and a start that fails is shown instead of thrown. */
  readonly remembersSwitch: boolean;
}

export interface ServingDeps {
  readonly endpoints: PublicEndpoints;
  readonly store: Pick<SettingsStore, 'current' | 'update'>;
  readonly clock: Clock;
  readonly onChange: () => void;
  readonly log: Logger;
  /** Default: those that the system has. */
  readonly networkAddresses?: ListNetworkAddresses;
  /** Default 5000. */
  readonly recheckMs?: number;
}

export interface StartRequest {
  readonly restPort?: number | undefined;
  readonly grpcPort?: number | undefined;
  readonly remember?: boolean | undefined;
}

/** The switch of the public endpoints, with all that is remembered of it. */
export interface Serving {
  view(): ServingView;
  /** Where models are called from this computer; while closed, as the last or next time. */
  addresses(): { readonly restUrl: string; readonly grpcAddress: string | undefined };
  /** All that listen now. */
  listening(): readonly OpenEndpoints[];
  /**
   * Opens the endpoints as the settings and the last run have it.
   * @throws ServingError as {@link PublicEndpoints.open}; never where the switch is remembered.
   */
  begin(): Promise<void>;
  /** See SERVING_COMMANDS, also for the errors of this and the next two. */
  start(request: StartRequest): Promise<void>;
  stop(): void;
  setExposure(exposure: SetExposure): Promise<void>;
  networkAddresses(): readonly NetworkAddress[];
  /** To be called when another process may have changed what is stored: who may not call any more is cut off. */
  settingsChanged(): void;
  readonly tokens: AccessTokens;
  /** Closes for ever: finishes what is in flight, cuts the rest after `deadlineMs`. */
  close(options: CloseOptions): Promise<void>;
}

export function createServing(options: ServingOptions, deps: ServingDeps): Serving {
  const { settings, given } = options;
  const { endpoints, store, clock, log } = deps;
  const { host } = settings.rest;
  const networkAddresses = deps.networkAddresses ?? systemNetworkAddresses;
  const { drainDeadlineMs } = settings.manager;
  // Whoever asked for any free port may still choose one.
  const fixed = given.filter((name) => name !== 'restPort' || settings.rest.port !== 0);
  let sinceMs = clock.now();
  let shown = '';
  let wasOpen: OpenEndpoints | undefined;
  /** The reason of the last failure as an error, for hosts that end with it. */
  let lastError: unknown;

  const stored = (): StoredServing => store.current().serving ?? {};
  const update = (change: (serving: StoredServing) => StoredServing): Promise<void> =>
    store.update((current) => ({ ...current, serving: change(current.serving ?? {}) }));

  const tokens = createStoredAccessTokens({ store, clock });

  /** What the user chose; `--host` leaves no choice. */
  const chosenExposure = (): StoredExposure | undefined => (fixed.includes('host') ? undefined : stored().exposure);
  const exposedNow = (): readonly string[] => {
    const { interfaces = [], networks = [] } = chosenExposure() ?? {};
    return addressesOf(interfaces, networks, networkAddresses());
  };

  const { requireToken } = settings.rest;
  const endpointDeps = {
    endpoints,
    // The page calls from this computer, where a listener at all addresses cannot be told from one for the network.
    hostAccess: requireToken && !isLoopbackHost(host) ? exceptFromThisComputer(tokens.access) : undefined,
    access: (authorization: readonly string[]) =>
      chosenExposure()?.tokenRequired === false ? undefined : tokens.access(authorization),
    drainDeadlineMs,
    onChange: changed,
    log,
  };
  const serving = createServingSwitch<ServingEndpoints>({
    ports: firstPorts(),
    open: (ports, before) => openServingEndpoints({ host, ports, exposed: exposedNow }, before, endpointDeps),
    explain(error, ports) {
      lastError = error;
      log.error({ ports, error }, 'endpoints did not open');
      return explainProblem(error, host, ports);
    },
    drainDeadlineMs,
    onChange: changed,
  });

  function firstPorts(): Ports {
    const { restPort, grpcPort } = stored();
    const rest = given.includes('restPort') ? undefined : restPort;
    const grpc = given.includes('grpcPort') ? undefined : grpcPort;
    return { rest: rest ?? settings.rest.port, grpc: settings.grpc && ((grpc ?? settings.grpc.port) || undefined) };
  }

  /** Those that are open and not those of the next start. A free port of the system's choice is kept nowhere. */
  function temporaryPorts(): NonNullable<ServingView['temporary']> {
    const now = serving.open?.ports;
    if (!now) return [];
    const next = firstPorts();
    const isOtherRest = next.rest !== 0 && now.rest !== next.rest;
    return [...(isOtherRest ? ['restPort' as const] : []), ...(now.grpc === next.grpc ? [] : ['grpcPort' as const])];
  }

  function changed(): void {
    if (serving.state !== shown) sinceMs = clock.now();
    shown = serving.state;
    const main = serving.open?.main;
    if (main && main !== wasOpen) announce(main);
    wasOpen = main ?? wasOpen;
    deps.onChange();
  }

  function announce({ restPort, grpcPort }: OpenEndpoints): void {
    // Wording: TensorFlow Serving model_servers/server.cc. The addresses are those listened at, not those to call.
    if (grpcPort !== undefined) log.info({}, `Running gRPC ModelServer at ${host}:${grpcPort} ...`);
    log.info({}, `Exporting HTTP/REST API at:${host}:${restPort} ...`);
  }

  /** @throws ServingError for ports that cannot be chosen. */
  function wantedPorts({ restPort, grpcPort }: StartRequest): Ports {
    const { ports } = serving;
    const wanted = { rest: restPort ?? ports.rest, grpc: grpcPort === undefined ? ports.grpc : grpcPort || undefined };
    if (wanted.rest !== ports.rest) refuseFixed('restPort', 'REST', 'rest_api_port');
    if (wanted.grpc !== ports.grpc) refuseFixed('grpcPort', 'gRPC', 'port');
    if (wanted.rest !== 0 && wanted.rest === wanted.grpc)
      throw new ServingError('INVALID_ARGUMENT', `port ${wanted.rest}: REST and gRPC need a port each`);
    return wanted;
  }

  function refuseFixed(name: ServingView['fixed'][number], api: string, flag: string): void {
    if (!fixed.includes(name)) return;
    throw new ServingError('FAILED_PRECONDITION', `the port of ${api} is set by --${flag}: change it there`);
  }

  /** Nothing depends on it now, so that a file that cannot be written does not stop anybody. */
  async function remember(change: (serving: StoredServing) => StoredServing): Promise<void> {
    await update(change).catch((error: unknown) => log.warn({ error }, 'the switch is not remembered'));
  }

  /** As last asked for: what is stored follows a little later. */
  let isOff = stored().isOff ?? false;
  async function rememberSwitch(isNowOff: boolean): Promise<void> {
    if (!options.remembersSwitch || isOff === isNowOff) return;
    isOff = isNowOff;
    await remember(({ isOff: _before, ...rest }) => ({ ...rest, ...(isNowOff && { isOff: isNowOff }) }));
  }

  async function start(request: StartRequest): Promise<void> {
    const ports = wantedPorts(request);
    await Promise.all([serving.start(ports), rememberSwitch(false)]);
    const opened = serving.open?.ports;
    if (!request.remember || !opened) return;
    // A move that failed leaves the old ports open.
    if ((ports.rest !== 0 && ports.rest !== opened.rest) || ports.grpc !== opened.grpc) return;
    await update((before) => ({
      ...before,
      ...(request.restPort !== undefined && { restPort: opened.rest }),
      ...(request.grpcPort !== undefined && { grpcPort: opened.grpc ?? 0 }),
    }));
    // What was temporary is kept now.
    changed();
  }

  function exposure(): Exposure | undefined {
    const present = networkAddresses();
    const open = serving.open;
    if (fixed.includes('host')) {
      const bound = open?.main.address;
      const addresses = addressesOfHost(host, bound, present, (address) => {
        if (!open) return { kind: 'closed' };
        const { restPort, grpcPort } = open.main;
        const literal = urlHost(address);
        return {
          kind: 'open',
          restUrl: `${scheme}://${literal}:${restPort}`,
          grpcAddress: grpcPort === undefined ? undefined : `${literal}:${grpcPort}`,
        };
      });
      return addresses && { addresses, tokenRequired: requireToken, isFixed: true };
    }
    const chosen = chosenExposure();
    if (!chosen || chosen.interfaces.length === 0) return undefined;
    const addresses = exposedAddresses(
      chosen.interfaces,
      chosen.networks ?? [],
      present,
      (address) => open?.stateOf(address) ?? { kind: 'closed' },
    );
    return { addresses, tokenRequired: chosen.tokenRequired, isFixed: false };
  }
  const scheme = settings.ssl === undefined ? 'http' : 'https';

  /** Follows the addresses of the interfaces, and what another process has chosen. */
  let lastSeen = '';
  async function recheck(): Promise<void> {
    const open = serving.open;
    if (!open) return;
    const wanted = exposedNow();
    const isComplete =
      wanted.length === open.all().length - 1 && wanted.every((each) => open.stateOf(each).kind === 'open');
    if (!isComplete) await open.expose(wanted);
    const seen = JSON.stringify(exposure() ?? '');
    if (seen !== lastSeen) changed();
    lastSeen = seen;
  }
  function recheckSoon(): void {
    recheck().catch((error: unknown) => log.error({ error }, 'looking at the network failed unexpectedly'));
  }
  const timer = setInterval(recheckSoon, deps.recheckMs ?? RECHECK_MS).unref();

  return {
    view() {
      const { state, problem } = serving;
      const exposed = exposure();
      const temporary = temporaryPorts();
      return {
        state,
        sinceMs,
        ...(problem && { problem }),
        ...(exposed && { exposure: exposed }),
        ...(temporary.length > 0 && { temporary }),
        fixed,
      };
    },
    addresses() {
      const main = serving.open?.main;
      if (main) return { restUrl: main.restUrl, grpcAddress: main.grpcAddress };
      const { rest, grpc } = serving.ports;
      const literal = urlHost(host);
      return {
        restUrl: `${scheme}://${literal}:${rest}`,
        grpcAddress: grpc === undefined ? undefined : `${literal}:${grpc}`,
      };
    },
    listening: () => serving.open?.all() ?? [],
    async begin() {
      if (options.remembersSwitch && isOff) return;
      await serving.start(serving.ports);
      if (serving.state !== 'running' && !options.remembersSwitch) throw lastError;
    },
    start,
    stop() {
      serving.stop();
      void rememberSwitch(true);
    },
    async setExposure({ interfaces, tokenRequired, acceptNetworks = false }) {
      if (fixed.includes('host')) {
        const message = `who reaches this server is set by --host=${host}: start it without, then choose here`;
        throw new ServingError('FAILED_PRECONDITION', message);
      }
      const distinct = [...new Map(interfaces.map((each) => [`${each.family} ${each.interface}`, each])).values()];
      await update(({ exposure: before, ...rest }) => {
        const networks = networksOf(distinct, networkAddresses(), before?.networks ?? [], acceptNetworks);
        return { ...rest, ...(distinct.length > 0 && { exposure: { interfaces: distinct, tokenRequired, networks } }) };
      });
      endpoints.accessChanged();
      await serving.open?.expose(exposedNow(), true);
      changed();
    },
    settingsChanged() {
      tokens.changed();
      endpoints.accessChanged();
      recheckSoon();
    },
    networkAddresses,
    tokens: {
      ...tokens,
      async revoke(id) {
        await tokens.revoke(id);
        endpoints.accessChanged();
      },
    },
    async close(closeOptions) {
      clearInterval(timer);
      tokens.close();
      await serving.close(closeOptions);
    },
  };
}
