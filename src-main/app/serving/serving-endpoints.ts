import type { Access } from '../../api/http/access.ts';
import type { CloseOptions } from '../../api/http/listener.ts';
import type { Logger } from '../../contracts/logger.ts';
import { asServingError } from '../../contracts/serving-error.ts';
import type { OpenEndpoints, PublicEndpoints } from '../public-endpoints.ts';
import type { AddressState } from './exposure.ts';
import type { Ports } from './serving-state.ts';

export interface ServingEndpointsDeps {
  readonly endpoints: Pick<PublicEndpoints, 'open'>;
  /** Who may call at exposed addresses. */
  readonly access: Access;
  /** Longest wait for requests at an address that is exposed no more. */
  readonly drainDeadlineMs: number;
  readonly onChange: () => void;
  readonly log: Logger;
}

/** The endpoints at one pair of ports: at the host of this server, and at the addresses to which they are exposed. */
export interface ServingEndpoints {
  /** Those that were chosen, where the system was to choose. */
  readonly ports: Ports;
  readonly main: OpenEndpoints;
  /** All that listen. */
  all(): readonly OpenEndpoints[];
  stateOf(address: string): AddressState;
  /** Listens at these addresses besides, and at no others; tries again where it failed before. Never rejects. */
  expose(addresses: readonly string[]): Promise<void>;
  close(options: CloseOptions): Promise<void>;
}

/**
 * Opens the endpoints. An exposed address that cannot be opened is no failure, and says why by its state.
 * @param before what is open now, whose ports may partly stay the same.
 * @throws ServingError as {@link PublicEndpoints.open} for the host of this server.
 */
export async function openServingEndpoints(
  place: { readonly host: string; readonly ports: Ports; readonly exposed: readonly string[] },
  before: ServingEndpoints | undefined,
  deps: ServingEndpointsDeps,
): Promise<ServingEndpoints> {
  const { host, ports: wanted } = place;
  const { endpoints, access, log } = deps;
  const main = await endpoints.open({ host, restPort: wanted.rest, grpcPort: wanted.grpc }, before?.main);
  const ports: Ports = { rest: main.restPort, grpc: main.grpcPort };
  const exposed = new Map<string, OpenEndpoints | string>();
  let last: Promise<void> = Promise.resolve();
  let isClosing = false;
  /** Let go when it has been taken over, or each would keep all that were before it. */
  let handedOn = before?.all() ?? [];

  async function openAt(address: string): Promise<void> {
    const earlier = handedOn.find((each) => each.host === address);
    try {
      const opened = await endpoints.open(
        { host: address, restPort: ports.rest, grpcPort: ports.grpc, access },
        earlier,
      );
      if (isClosing) return await opened.close({ deadlineMs: 0 });
      exposed.set(address, opened);
      log.warn({ address, restUrl: opened.restUrl, grpcAddress: opened.grpcAddress }, 'reached from the network');
    } catch (error) {
      const problem = asServingError(error).message;
      if (exposed.get(address) !== problem) log.error({ address, error }, 'not reached from the network');
      exposed.set(address, problem);
    }
  }

  async function exposeNow(addresses: readonly string[]): Promise<void> {
    if (isClosing) return;
    for (const [address, opened] of exposed) {
      if (addresses.includes(address)) continue;
      exposed.delete(address);
      log.info({ address }, 'reached from the network no more');
      if (typeof opened !== 'string') void opened.close({ deadlineMs: deps.drainDeadlineMs });
    }
    const missing = addresses.filter((address) => typeof exposed.get(address) !== 'object');
    await Promise.all(missing.map(openAt));
    deps.onChange();
  }

  function all(): readonly OpenEndpoints[] {
    return [main, ...[...exposed.values()].filter((each) => typeof each !== 'string')];
  }

  function expose(addresses: readonly string[]): Promise<void> {
    last = last.then(() => exposeNow(addresses));
    return last;
  }

  await expose(place.exposed);
  handedOn = [];
  return {
    ports,
    main,
    all,
    expose,
    stateOf(address) {
      const state = exposed.get(address);
      if (state === undefined) return { kind: 'closed' };
      if (typeof state === 'string') return { kind: 'failed', problem: state };
      return { kind: 'open', restUrl: state.restUrl, grpcAddress: state.grpcAddress };
    },
    async close(options) {
      isClosing = true;
      await Promise.all(all().map((each) => each.close(options)));
    },
  };
}
