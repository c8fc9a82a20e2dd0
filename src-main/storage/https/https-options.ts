import { z } from 'zod';
import {
  CONNECT_TIMEOUT_MS,
  ConnectionOptions,
  createEnvironmentReader,
  type Environment,
  IDLE_TIMEOUT_MS,
  optional,
} from '../remote/connection-options.ts';
import { CacheSettings } from '../remote/store-protocol.ts';

/** What the thread that talks to web servers is started with. */
export const HttpsWorkerSettings = z.object({
  connection: ConnectionOptions,
  cache: CacheSettings,
  /** Whether complete copies may stand in for a server that cannot be reached. */
  offline: z.boolean(),
});
export type HttpsWorkerSettings = z.infer<typeof HttpsWorkerSettings>;

/**
 * Reads the variables that users of curl and others set. Certificates are always verified.
 * @throws ServingError INVALID_ARGUMENT that names the variable.
 */
export function readHttpsOptions(environment: Environment): ConnectionOptions {
  const reader = createEnvironmentReader(environment);
  return {
    ...optional('caFile', reader.text('SSL_CERT_FILE', 'CURL_CA_BUNDLE')),
    verifyTls: true,
    proxy: reader.proxy(),
    connectTimeoutMs: reader.count('HTTPS_CONNECT_TIMEOUT_MSEC', CONNECT_TIMEOUT_MS),
    idleTimeoutMs: reader.count('HTTPS_REQUEST_TIMEOUT_MSEC', IDLE_TIMEOUT_MS),
  };
}
