import { createServer } from 'node:net';
import { PortTakenError } from '../../api/http/listen-error.ts';
import { asServingError } from '../../contracts/serving-error.ts';
import type { ServingProblem } from '../../contracts/ui-serving.ts';
import type { Ports } from './serving-state.ts';

/** How many ports after the taken one are tried. */
const TRIED_PORTS = 50;
const MAX_PORT = 65_535;

/**
 * Tells the user why endpoints did not open. For a taken port it names the next free one, found by opening it for a moment.
 * Never rejects.
 */
export async function explainProblem(thrown: unknown, host: string, ports: Ports): Promise<ServingProblem> {
  const error = asServingError(thrown);
  const { code, message } = error;
  if (!(error instanceof PortTakenError)) return { code, message };
  const { place, holder } = error;
  const freePort = await findFreePort(host, place.port, [ports.rest, ports.grpc ?? 0]);
  return {
    code,
    message,
    port: {
      endpoint: place.portFlag === 'port' ? 'grpc' : 'rest',
      port: place.port,
      ...(holder && { holder }),
      ...(freePort !== undefined && { freePort }),
    },
  };
}

/** @returns the first port after `taken` that can be listened at, and is none of `others`; undefined where none is near. */
export async function findFreePort(
  host: string,
  taken: number,
  others: readonly number[],
): Promise<number | undefined> {
  const last = Math.min(taken + TRIED_PORTS, MAX_PORT);
  for (let port = taken + 1; port <= last; port += 1) {
    if (!others.includes(port) && (await isFree(host, port))) return port;
  }
  return undefined;
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
