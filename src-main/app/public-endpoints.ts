import { createGrpcServer, type GrpcServer, type GrpcServerDeps } from '../api/grpc/grpc-server.ts';
import type { ListenerTls } from '../api/http/listener.ts';
import type { Metrics } from '../api/metrics/metrics.ts';
import { createRestServer, type RestServerDeps } from '../api/rest/rest-server.ts';
import type { Settings } from '../config/settings.ts';
import type { SslConfig } from '../config/ssl-config.ts';
import type { Logger } from '../contracts/logger.ts';

export interface PublicEndpointsOptions {
  readonly settings: Pick<Settings, 'rest' | 'grpc' | 'ssl' | 'monitoring'>;
  /** Absolute path of the folder with the .proto files. */
  readonly protosDirectory: string;
}

export interface PublicEndpointsDeps extends Omit<RestServerDeps, 'observe' | 'metrics'>, GrpcServerDeps {
  readonly metrics: Pick<Metrics, 'render'>;
}

/** Where models are called: REST, and gRPC unless it is off. */
export interface PublicEndpoints {
  /**
   * Opens the ports. @throws ServingError as the servers' own `listen`; to be closed then too.
   * @returns the base URL of REST (`http://127.0.0.1:8501`), and the address of gRPC (`127.0.0.1:8500`) where it is on.
   */
  listen(): Promise<{ readonly restUrl: string; readonly grpcAddress: string | undefined }>;
  /** Lets the pages of these origins call, from now on. */
  allowOrigins(origins: readonly string[]): void;
  /** To be called when the list of configured models changed. */
  modelsChanged(): void;
  /** Finishes what is in flight, cuts the rest after `deadlineMs`. */
  close(options: { readonly deadlineMs: number }): Promise<void>;
}

export function createPublicEndpoints(
  { settings, protosDirectory }: PublicEndpointsOptions,
  deps: PublicEndpointsDeps,
): PublicEndpoints {
  const { metrics, ...shared } = deps;
  const allowedOrigins: string[] = [];
  const tls = settings.ssl && listenerTls(settings.ssl);
  const { timeoutMs, maxBodyBytes, allowedHosts, cors } = settings.rest;
  const rest = createRestServer(
    { timeoutMs, maxBodyBytes, allowedHosts, allowedOrigins, cors, ...(tls && { tls }) },
    {
      ...shared,
      observe: deps.observer,
      ...(settings.monitoring.enabled && {
        metrics: { path: settings.monitoring.path, render: () => metrics.render() },
      }),
    },
  );
  const grpc: GrpcServer | undefined =
    settings.grpc && createGrpcServer({ ...settings.grpc, protosDirectory, allowedHosts, ...(tls && { tls }) }, shared);

  return {
    async listen() {
      const { url: restUrl, port } = await rest.listen({ host: settings.rest.host, port: settings.rest.port });
      const listening = settings.grpc && (await grpc?.listen(settings.grpc));
      // Wording: TensorFlow Serving model_servers/server.cc. The addresses are those listened at, not those to call.
      if (settings.grpc && listening)
        announce(deps.log, `Running gRPC ModelServer at ${settings.grpc.host}:${listening.port}`);
      announce(deps.log, `Exporting HTTP/REST API at:${settings.rest.host}:${port}`);
      return { restUrl, grpcAddress: listening?.address };
    },
    allowOrigins: (origins) => void allowedOrigins.push(...origins),
    modelsChanged: () => grpc?.modelsChanged(),
    async close(options) {
      await Promise.all([rest.close(options), grpc?.close(options)]);
    },
  };
}

function announce(log: Logger, text: string): void {
  log.info({}, `${text} ...`);
}

function listenerTls({ serverKey, serverCert, customCa, clientVerify }: SslConfig): ListenerTls {
  return { key: serverKey, cert: serverCert, clientVerify, ...(customCa !== undefined && { ca: customCa }) };
}
