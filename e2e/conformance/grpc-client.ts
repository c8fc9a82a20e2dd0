import { Client, credentials, Metadata, type ServiceDefinition, status } from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition, type MethodDefinition } from '@grpc/proto-loader';
import { repositoryPath } from '../testing/slipway.ts';

const definitions = loadSync(
  [
    'tensorflow_serving/apis/prediction_service.proto',
    'tensorflow_serving/apis/model_service.proto',
    'grpc/health/v1/health.proto',
    'grpc/reflection/v1/reflection.proto',
    'grpc/reflection/v1alpha/reflection.proto',
  ],
  { includeDirs: [repositoryPath('resources/protos')], keepCase: true, longs: String, enums: String, defaults: true },
);

/** How a call ended: its response, or the name of its status and the message. */
export interface Ending {
  readonly code: string;
  readonly message: string;
  readonly response: unknown;
}

/** The methods by path: `/tensorflow.serving.PredictionService/Predict`. */
const METHODS: ReadonlyMap<string, MethodDefinition<object, object>> = new Map(
  Object.values(definitions).flatMap((definition) =>
    'format' in definition ? [] : Object.values(definition).map((method) => [method.path, method] as const),
  ),
);

/** A message by its full name. */
export function decodeMessage(name: string, bytes: Buffer): unknown {
  const definition = definitions[name];
  if (!isMessage(definition)) throw new Error(`no message ${name}`);
  return definition.deserialize(bytes);
}

function isMessage(
  definition: (typeof definitions)[string] | undefined,
): definition is MessageTypeDefinition<object, object> {
  return definition !== undefined && 'format' in definition && 'deserialize' in definition;
}

export interface CallOptions {
  readonly deadlineMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds after which the client cancels. */
  readonly cancelAfterMs?: number;
}

/** A gRPC client like those of users: @grpc/grpc-js, its messages loaded from .proto files at run time. */
export class GrpcClient implements Disposable {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  async call(path: string, request: object, { deadlineMs, headers, cancelAfterMs }: CallOptions = {}): Promise<Ending> {
    const method = METHODS.get(path);
    if (method === undefined) throw new Error(`no method ${path}`);
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers ?? {})) metadata.set(name, value);
    return new Promise((done) => {
      const call = this.#client.makeUnaryRequest(
        path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        metadata,
        deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
        (error, response) => {
          done(
            error === null
              ? { code: 'OK', message: '', response }
              : { code: status[error.code] ?? '', message: error.details, response: undefined },
          );
        },
      );
      if (cancelAfterMs !== undefined) setTimeout(() => call.cancel(), cancelAfterMs);
    });
  }

  /** Calls a method by a definition that came from elsewhere. */
  async callAs(method: ServiceDefinition[string], request: object): Promise<Ending> {
    return new Promise((done) => {
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        (error, response) => {
          done({ code: error === null ? 'OK' : (status[error.code] ?? ''), message: error?.details ?? '', response });
        },
      );
    });
  }

  /** Sends requests on one stream of requests and responses. @returns the responses, in order. */
  async ask(path: string, requests: readonly object[]): Promise<readonly unknown[]> {
    const method = METHODS.get(path);
    if (method === undefined) throw new Error(`no method ${path}`);
    const call = this.#client.makeBidiStreamRequest(path, method.requestSerialize, method.responseDeserialize);
    const responses: unknown[] = [];
    return new Promise((done, failed) => {
      call.on('data', (response: unknown) => responses.push(response));
      call.on('error', failed);
      call.on('end', () => done(responses));
      for (const request of requests) call.write(request);
      call.end();
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
