import type { ServingEndpoint } from '#contracts/ui-serving.ts';
import type { UiCommandRequest } from '#contracts/ui-commands.ts';

/** What each endpoint's port is called in the settings, and by which flag the command line fixes it. */
export const SERVING_PORTS = {
  rest: { setting: 'restPort', flag: 'rest_api_port' },
  grpc: { setting: 'grpcPort', flag: 'port' },
} as const satisfies Record<ServingEndpoint, { readonly setting: string; readonly flag: string }>;

/** A start, or while running a move, of one endpoint to a port. */
export const portRequest = (
  endpoint: ServingEndpoint,
  port: number,
  remember: boolean,
): UiCommandRequest<'startServing'> =>
  endpoint === 'rest' ? { restPort: port, remember } : { grpcPort: port, remember };

/** The port of a URL or of `host:port`; a URL leaves out the one that its scheme has anyway. */
export function portOf(address: string): number {
  const [, port] = /:(\d+)\/?$/u.exec(address) ?? [];
  return port === undefined ? (address.startsWith('https:') ? 443 : 80) : Number(port);
}
