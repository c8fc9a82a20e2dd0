import { ServingError } from '../../contracts/serving-error.ts';
import { findPortHolder, type PortHolder } from './port-holder.ts';

/** Where a listener was to open, and the flag with which its user chooses another port. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  /** Without dashes: `rest_api_port`. */
  readonly portFlag: string;
}

/** A port that another program listens at. */
export class PortTakenError extends ServingError {
  readonly place: ListenPlace;
  /** Undefined where the system does not tell. */
  readonly holder: PortHolder | undefined;

  constructor(place: ListenPlace, holder: PortHolder | undefined, cause: unknown) {
    const { host, port, portFlag } = place;
    const message = `port ${port} on ${host} is already in use by ${nameOf(holder)}: stop it, or choose another port with --${portFlag}`;
    super('ALREADY_EXISTS', message, { cause });
    this.place = place;
    this.holder = holder;
  }
}

function nameOf(holder: PortHolder | undefined): string {
  if (holder === undefined) return 'another program';
  return holder.pid === process.pid ? 'this very program' : `${JSON.stringify(holder.name)} (pid ${holder.pid})`;
}

/**
 * Turns the error of a `listen` call into one that says who is to blame and what to do.
 * @returns {@link PortTakenError}, ALREADY_EXISTS, for a taken port, PERMISSION_DENIED where the system reserves it,
 *   INVALID_ARGUMENT for an address that is not this computer's, else UNAVAILABLE.
 */
export async function describeListenError(thrown: unknown, place: ListenPlace): Promise<ServingError> {
  const { host, port, portFlag } = place;
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new PortTakenError(place, await findPortHolder(addressOf(thrown) ?? host, port), thrown);
    case 'EACCES':
      return new ServingError(
        'PERMISSION_DENIED',
        `port ${port} on ${host} is reserved by the operating system: choose a port above 1023 with --${portFlag}`,
        { cause: thrown },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ServingError(
        'INVALID_ARGUMENT',
        `${host} is no address of this computer: choose another with --host`,
        {
          cause: thrown,
        },
      );
    default:
      return new ServingError(
        'UNAVAILABLE',
        `cannot listen on port ${port} of ${host} (${typeof code === 'string' ? code : 'unknown error'})`,
        { cause: thrown },
      );
  }
}

/** What the name of the host was resolved to. */
function addressOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'address' in thrown && typeof thrown.address === 'string'
    ? thrown.address
    : undefined;
}
