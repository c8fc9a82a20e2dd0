import {
  createGrpcServer,
  type GrpcServer,
  type GrpcServerDeps,
  type OpenGrpcListener,
} from '../api/grpc/grpc-server.ts';
import type { Access } from '../api/http/access.ts';
import type { CloseOptions, ListenerTls, OpenListener } from '../api/http/listener.ts';
import type { Metrics } from '../api/metrics/metrics.ts';
import { createRestServer, type RestServerDeps } from '../api/rest/rest-server.ts';
import type { Settings } from '../config/settings.ts';
import type { SslConfig } from '../config/ssl-config.ts';

export interface PublicEndpointsOptions {
  readonly settings: Pick<Settings, 'rest' | 'grpc' | 'ssl' | 'monitoring'>;
  /** Absolute path of the folder with the .proto files. */
  readonly protosDirectory: string;
}

export interface PublicEndpointsDeps
  extends Omit<RestServerDeps, 'observe' | 'metrics'>, Omit<GrpcServerDeps, 'counterValue'> {
  readonly metrics: Pick<Metrics, 'render' | 'counterValue'>;
}

/** Where the endpoints are to open. */
export interface EndpointPlace {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly restPort: number;
  /** Undefined: gRPC stays closed. */
  readonly grpcPort: number | undefined;
  /** Who may call there; undefined: everybody who reaches the ports. */
  readonly access?: Access;
}

/** REST, and gRPC where it was asked for, open at one address. */
export interface OpenEndpoints {
  readonly host: string;
  /** The address that `host` stands for. */
  readonly address: string;
  readonly restPort: number;
  readonly grpcPort: number | undefined;
  /** `http://127.0.0.1:8501` */
  readonly restUrl: string;
  /** `127.0.0.1:8500` */
  readonly grpcAddress: string | undefined;
  /**
   * Finishes what is in flight, cuts the rest after `deadlineMs`. May be called again to hurry. What others have taken over
   * stays open.
   */
  close(options: CloseOptions): Promise<void>;
}

/** Where models are called: REST, and gRPC unless it is off. Opened any number of times, at several addresses at once. */
export interface PublicEndpoints {
  /**
   * Opens both or none.
   * @param before what is open at the same host: where the port is to stay the same, it is taken over.
   * @throws ServingError as the servers' own `listen`.
   */
  open(place: EndpointPlace, before?: OpenEndpoints): Promise<OpenEndpoints>;
  /** Lets the pages of these origins call, from now on. */
  allowOrigins(origins: readonly string[]): void;
  /** To be called when the list of configured models changed. */
  modelsChanged(): void;
  /** To be called when somebody may not call any more: their streams end. */
  accessChanged(): void;
}

export function createPublicEndpoints(
  { settings, protosDirectory }: PublicEndpointsOptions,
  deps: PublicEndpointsDeps,
): PublicEndpoints {
  const { metrics, ...others } = deps;
  const shared = { ...others, counterValue: (name: string) => metrics.counterValue(name) };
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

  /** What each of those that are open consists of. */
  const partsOf = new WeakMap<OpenEndpoints, Parts>();

  return {
    async open({ host, restPort, grpcPort, access }, before) {
      const old = before && partsOf.get(before);
      const openRest = await held(old?.rest, restPort, () => rest.listen({ host, port: restPort }, access));
      let openGrpc: Part<OpenGrpcListener> | undefined;
      try {
        if (grpc && grpcPort !== undefined)
          openGrpc = await held(old?.grpc, grpcPort, () => grpc.listen({ host, port: grpcPort }, access));
      } catch (error) {
        await openRest.release({ deadlineMs: 0 });
        throw error;
      }
      const opened = assembled(host, { rest: openRest, grpc: openGrpc });
      partsOf.set(opened, { rest: openRest, grpc: openGrpc });
      return opened;
    },
    allowOrigins: (origins) => void allowedOrigins.push(...origins),
    modelsChanged: () => grpc?.modelsChanged(),
    accessChanged: () => grpc?.accessChanged(),
  };
}

interface Parts {
  readonly rest: Part<OpenListener>;
  readonly grpc: Part<OpenGrpcListener> | undefined;
}

/** A listener that may be handed on; it closes when nobody holds it any more. */
interface Part<T extends OpenListener | OpenGrpcListener> {
  readonly listener: T;
  readonly isReleased: () => boolean;
  readonly hold: () => void;
  release(options: CloseOptions): Promise<void>;
  /** Brings the deadline forward, where it is closing. */
  hurry(options: CloseOptions): Promise<void>;
}

async function held<T extends OpenListener | OpenGrpcListener>(
  old: Part<T> | undefined,
  port: number,
  listen: () => Promise<T>,
): Promise<Part<T>> {
  if (old === undefined || old.isReleased() || old.listener.port !== port) return part(await listen());
  old.hold();
  return old;
}

function part<T extends OpenListener | OpenGrpcListener>(listener: T): Part<T> {
  let holders = 1;
  const hurry = async (options: CloseOptions): Promise<void> => {
    if (holders === 0) await listener.close(options);
  };
  return {
    listener,
    isReleased: () => holders === 0,
    hold: () => void (holders += 1),
    async release(options) {
      holders -= 1;
      await hurry(options);
    },
    hurry,
  };
}

function assembled(host: string, { rest, grpc }: Parts): OpenEndpoints {
  let isClosing = false;
  return {
    host,
    address: rest.listener.address,
    restPort: rest.listener.port,
    grpcPort: grpc?.listener.port,
    restUrl: rest.listener.url,
    grpcAddress: grpc?.listener.address,
    async close(options) {
      const parts = grpc ? [rest, grpc] : [rest];
      const wasClosing = isClosing;
      isClosing = true;
      await Promise.all(parts.map((each) => (wasClosing ? each.hurry(options) : each.release(options))));
    },
  };
}

function listenerTls({ serverKey, serverCert, customCa, clientVerify }: SslConfig): ListenerTls {
  return { key: serverKey, cert: serverCert, clientVerify, ...(customCa !== undefined && { ca: customCa }) };
}
