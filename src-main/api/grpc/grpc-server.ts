import { ServingError } from '../../contracts/serving-error.ts';
import type { Access } from '../http/access.ts';
import type { CloseOptions, ListenAddress } from '../http/listener.ts';
import { createGrpcListener, type GrpcListener, type GrpcListening } from './grpc-listener.ts';
import type { GrpcServerDeps, GrpcServerOptions } from './grpc-options.ts';
import { checkLibrary } from './library-internals.ts';
import { loadProtoSchema, type ProtoSchema } from './proto-schema.ts';

export type { GrpcServerDeps, GrpcServerOptions };

/** TensorFlow Serving's limit: the largest int32. */
const MAX_MESSAGE_BYTES = 2 ** 31 - 1;
const GIBIBYTE = 1024 ** 3;

/** One that is closed by itself, while others of its server go on. */
export interface OpenGrpcListener extends GrpcListening {
  /** As {@link GrpcListener.close}. */
  close(options: CloseOptions): Promise<void>;
}

/** The public gRPC endpoint, at any number of addresses; what limits its memory counts for all together. */
export interface GrpcServer {
  /**
   * Listens at one more address.
   * @param access who may call there; undefined: everybody who reaches the port. Whom it lets in may call models, and not
   *   say which ones are served: a configuration names paths and stores of this computer.
   * @throws ServingError as {@link GrpcListener.listen}.
   */
  listen(address: ListenAddress, access?: Access): Promise<OpenGrpcListener>;
  /** To be called when the list of configured models changed: those who watch the health are told. */
  modelsChanged(): void;
  /** To be called when somebody may not call any more: their streams end. */
  accessChanged(): void;
  /** Closes all that are open, as {@link GrpcListener.close}. */
  close(options: CloseOptions): Promise<void>;
}

/**
 * Serves TensorFlow Serving's gRPC API, and besides it reflection and health. Source: TensorFlow Serving
 * model_servers/server.cc. Every call, whatever its method, passes the same guard as a REST request.
 */
export function createGrpcServer(options: GrpcServerOptions, deps: GrpcServerDeps): GrpcServer {
  const maxMessageBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
  const memory = {
    maxBytes: options.maxBufferedBytes ?? Math.max(maxMessageBytes, 2 * GIBIBYTE),
    usedBytes: 0,
    responseBytes: 0,
  };
  const listeners = new Set<GrpcListener>();
  let schema: ProtoSchema | undefined;

  return {
    async listen(address, access) {
      checkLibrary();
      schema ??= await loadProtoSchema(options.protosDirectory);
      const reload = access === undefined ? deps.reload : refuseReload;
      const listener = createGrpcListener(options, { ...deps, reload, schema, memory, maxMessageBytes, access });
      const listening = await listener.listen(address);
      listeners.add(listener);
      return {
        ...listening,
        async close(closeOptions) {
          await listener.close(closeOptions);
          listeners.delete(listener);
        },
      };
    },
    modelsChanged() {
      for (const listener of listeners) listener.modelsChanged();
    },
    accessChanged() {
      for (const listener of listeners) listener.accessChanged();
    },
    async close(closeOptions) {
      await Promise.all([...listeners].map((listener) => listener.close(closeOptions)));
    },
  };
}

async function refuseReload(): Promise<never> {
  throw new ServingError(
    'PERMISSION_DENIED',
    'The configuration is not changed from the network: send it on the computer where this server runs, to its loopback address',
  );
}
