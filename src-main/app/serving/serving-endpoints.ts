import type { Access } from '../../api/http/access.ts';
import type { CloseOptions } from '../../api/http/listener.ts';
import type { Logger } from '../../contracts/logger.ts';
import { asServingError } from '../../contracts/serving-error.ts';
import type { OpenEndpoints, PublicEndpoints } from '../public-endpoints.ts';
import type { AddressState } from './exposure.ts';
import type { Ports } from './serving-state.ts';

export interface ServingEndpointsDeps {
  readonly endpoints: Pick<PublicEndpoints, 'open'>;
  /** Who may call at the host of this server; undefined: everybody who reaches it. */
  readonly hostAccess?: Access | undefined;
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
  /**
   * Listens at these addresses besides, and at no others. Where it failed before it tries again, and the less often the
   * longer it fails: each failure is looked into, which costs. Never rejects.
   * @param isAskedFor by the user, who wants it tried now.
   */
  expose(addresses: readonly string[], isAskedFor?: boolean): Promise<void>;
  /** Also waits for what drains at addresses that are exposed no more. */
  close(options: CloseOptions): Promise<void>;
}

/** An address that could not be opened. */
interface Failure {
  readonly problem: string;
  readonly times: number;
  /** So many calls of `expose` are still let pass. */
  skips: number;
}

/** Most calls of `expose` between two attempts; a minute, as often as they come. */
const MAX_SKIPS = 11;

/**
 * Opens the endpoints. An exposed address that cannot be opened is no failure, and says why by its state.
 * @param before what is open now, whose ports may partly stay the same.
 * @throws ServingError as {@link PublicEndpoints.open} for the host of this server.
 */
export async function openServingEndpoints(
  place: { readonly host: string; readonly ports: Ports; readonly exposed: () => readonly string[] },
  before: ServingEndpoints | undefined,
  deps: ServingEndpointsDeps,
): Promise<ServingEndpoints> {
  const { host, ports: wanted } = place;
  const { endpoints, access, log } = deps;
  const { hostAccess } = deps;
  const main = await endpoints.open(
    { host, restPort: wanted.rest, grpcPort: wanted.grpc, ...(hostAccess && { access: hostAccess }) },
    before?.main,
  );
  const ports: Ports = { rest: main.restPort, grpc: main.grpcPort };
  const exposed = new Map<string, OpenEndpoints>();
  const failed = new Map<string, Failure>();
  const draining = new Map<OpenEndpoints, Promise<void>>();
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
      failed.delete(address);
      exposed.set(address, opened);
      log.warn({ address, restUrl: opened.restUrl, grpcAddress: opened.grpcAddress }, 'reached from the network');
    } catch (error) {
      const problem = asServingError(error).message;
      const known = failed.get(address);
      if (known?.problem !== problem) log.error({ address, error }, 'not reached from the network');
      const times = (known?.times ?? 0) + 1;
      failed.set(address, { problem, times, skips: Math.min(2 ** times - 1, MAX_SKIPS) });
    }
  }

  /** Whether it is time to try it. */
  function isDue(address: string, isAskedFor: boolean): boolean {
    const failure = failed.get(address);
    if (!failure || isAskedFor || failure.skips === 0) return true;
    failure.skips -= 1;
    return false;
  }

  function drain(opened: OpenEndpoints): void {
    const drained = opened
      .close({ deadlineMs: deps.drainDeadlineMs })
      .catch((error: unknown) => log.error({ address: opened.host, error }, 'an address did not close'))
      .finally(() => draining.delete(opened));
    draining.set(opened, drained);
  }

  async function exposeNow(addresses: readonly string[], isAskedFor: boolean): Promise<void> {
    if (isClosing) return;
    const unwanted = [...exposed].filter(([address]) => !addresses.includes(address));
    for (const [address, opened] of unwanted) {
      exposed.delete(address);
      log.info({ address }, 'reached from the network no more');
      drain(opened);
    }
    for (const address of failed.keys()) if (!addresses.includes(address)) failed.delete(address);
    const due = addresses.filter((address) => !exposed.has(address) && isDue(address, isAskedFor));
    await Promise.all(due.map(openAt));
    if (unwanted.length + due.length > 0) deps.onChange();
  }

  function all(): readonly OpenEndpoints[] {
    return [main, ...exposed.values()];
  }

  function expose(addresses: readonly string[], isAskedFor = false): Promise<void> {
    last = last
      .then(() => exposeNow(addresses, isAskedFor))
      // Whoever listens to the changes may fail; the next ones are to be made all the same.
      .catch((error: unknown) => log.error({ error }, 'exposing failed unexpectedly'));
    return last;
  }

  // It may have been changed while the ports were opened.
  await expose(place.exposed());
  handedOn = [];
  return {
    ports,
    main,
    all,
    expose,
    stateOf(address) {
      const open = exposed.get(address);
      if (open) return { kind: 'open', restUrl: open.restUrl, grpcAddress: open.grpcAddress };
      const failure = failed.get(address);
      return failure ? { kind: 'failed', problem: failure.problem } : { kind: 'closed' };
    },
    async close(options) {
      isClosing = true;
      // What is being opened meanwhile closes by itself.
      for (const each of draining.keys()) each.close(options).catch(() => undefined);
      await Promise.all([...all().map((each) => each.close(options)), ...draining.values(), last]);
    },
  };
}
