import type { ServableName } from '../../contracts/ids.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { ModelServable } from '../../contracts/model-servable.ts';
import type { RefusalObserver, RequestObserver } from '../../contracts/request-outcome.ts';
import type { ServableHandles } from '../../core/servable-handle.ts';
import type { ServableStates } from '../../core/servable-state-monitor.ts';
import type { VersionLabels } from '../../core/version-labels.ts';
import type { StrangersOptions } from '../http/strangers.ts';
import type { ListenerTls } from '../http/tls.ts';
import type { ReloadConfig } from './model-service.ts';

export interface GrpcServerOptions {
  /** Absolute path of the folder with the .proto files. */
  readonly protosDirectory: string;
  /** Largest message, as sent and inflated; default the largest int32. */
  readonly maxMessageBytes?: number;
  /**
   * Largest sum of the requests held at one time, as far as they have arrived, and of the responses that clients have not
   * taken yet; default the larger of `maxMessageBytes` and 2 GiB. Not counted: a second copy while a message is put
   * together.
   */
  readonly maxBufferedBytes?: number;
  /** Time for a message to arrive; default 300 000. */
  readonly requestTimeoutMs?: number;
  /** Time for which a connection may take nothing of a response; default 60 000. */
  readonly writeTimeoutMs?: number;
  /** Connections at one time, of each address; default 1024. */
  readonly maxConnections?: number;
  /** How connections are limited that nobody with access uses, where callers need a token. */
  readonly strangers?: StrangersOptions;
  /** Calls of Health's Watch at one time, at each address; default 1000. */
  readonly maxWatches?: number;
  /** TLS 1.2 or later; undefined: in the clear. */
  readonly tls?: ListenerTls;
  /** Time for a new connection's TLS handshake, and then for the first words of HTTP/2; default 10 000. */
  readonly greetingTimeoutMs?: number;
  /** Whether `grpc.health.v1.Health` is answered; default true. */
  readonly healthService?: boolean;
  /** Arguments for the gRPC library, by name (`grpc.keepalive_time_ms`). */
  readonly channelArguments?: Readonly<Record<string, string | number>>;
  /** Names besides the loopback ones that `:authority` may hold: `name` or `name:port`. */
  readonly allowedHosts?: readonly string[];
}

export interface GrpcServerDeps {
  readonly handles: ServableHandles<ModelServable>;
  readonly states: ServableStates;
  readonly labels: VersionLabels;
  /** Names of the models that are configured now; health goes by them. */
  readonly models: () => readonly ServableName[];
  readonly observer: RequestObserver;
  readonly onRefused?: RefusalObserver;
  /** Carries out HandleReloadConfigRequest. */
  readonly reload: ReloadConfig;
  /** What a counter stands at, by its raw name (`/tensorflow/serving/request_count`); undefined for one that is unknown. */
  readonly counterValue: (metricName: string) => number | undefined;
  readonly log: Logger;
}
