import { resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  type ChannelCredentials,
  type ClientOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition, type MethodDefinition } from '@grpc/proto-loader';

export const PROTOS_DIRECTORY = resolve(import.meta.dirname, '../../../../resources/protos');

const definitions = loadSync(
  [
    'tensorflow_serving/apis/prediction_service.proto',
    'tensorflow_serving/apis/model_service.proto',
    'grpc/health/v1/health.proto',
    'grpc/reflection/v1/reflection.proto',
    'grpc/reflection/v1alpha/reflection.proto',
  ],
  { includeDirs: [PROTOS_DIRECTORY], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true },
);

/** How a call ended: its response, or the name of its status and the message. */
export type Ending =
  { readonly code: 'OK'; readonly response: unknown } | { readonly code: string; readonly message: string };

type Fields = Readonly<Record<string, unknown>>;

/** A method as proto-loader describes it. */
export function methodOf(path: string): MethodDefinition<object, object> {
  const [, service = '', method = ''] = path.split('/');
  const definition = definitions[service];
  const found = definition === undefined || 'format' in definition ? undefined : definition[method];
  if (found === undefined) throw new Error(`no method ${path}`);
  return found;
}

/** A message as proto-loader describes it. */
export function messageType(name: string): MessageTypeDefinition<object, object> {
  const found = definitions[name];
  if (!isMessageType(found)) throw new Error(`no message ${name}`);
  return found;
}

function isMessageType(
  definition: (typeof definitions)[string] | undefined,
): definition is MessageTypeDefinition<object, object> {
  return definition !== undefined && 'format' in definition && 'serialize' in definition;
}

/** A client in the way of users: @grpc/grpc-js, with the messages of the .proto files. */
export class TestClient implements Disposable {
  readonly client: Client;

  constructor(address: string, creds: ChannelCredentials = credentials.createInsecure(), options: ClientOptions = {}) {
    // A channel of its own, so that clients with other options do not share one connection.
    this.client = new Client(address, creds, { 'grpc.use_local_subchannel_pool': 1, ...options });
  }

  /** Resolves when there is a connection, so that the time to make one is no part of a call's deadline. */
  async connected(): Promise<void> {
    await promisify(this.client.waitForReady.bind(this.client))(Infinity);
  }

  /** Calls a unary method: `/tensorflow.serving.PredictionService/Predict`. */
  async call(path: string, request: Fields, headers: Readonly<Record<string, string>> = {}): Promise<Ending> {
    const { requestSerialize, responseDeserialize } = methodOf(path);
    return endingOf((done) =>
      this.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadataOf(headers), done),
    );
  }

  /** Sends these bytes as they are. @returns the response's bytes as latin1 text. */
  async raw(path: string, request: Uint8Array, { headers = {}, deadlineMs, signal }: RawOptions = {}): Promise<Ending> {
    const bytes = (buffer: Buffer): Buffer => buffer;
    const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
    return endingOf((done) => {
      const call = this.client.makeUnaryRequest(
        path,
        bytes,
        (buffer) => buffer.toString('latin1'),
        Buffer.from(request),
        metadataOf(headers),
        options,
        done,
      );
      signal?.addEventListener('abort', () => call.cancel());
    });
  }

  /** Opens a call with a stream of responses. */
  stream(path: string, headers: Readonly<Record<string, string>> = {}): ClientDuplexStream<object, object> {
    const { requestSerialize, responseDeserialize } = methodOf(path);
    return this.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadataOf(headers));
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

/** How a stream ends. Its `error` event is taken as well. */
export async function endOf(call: ClientDuplexStream<object, object>): Promise<{ code: string; message: string }> {
  return new Promise((done) => {
    call.on('error', () => undefined);
    call.once('status', ({ code, details }) => done({ code: status[code], message: details }));
  });
}

interface RawOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** Waits for a callback of a call. */
async function endingOf(start: (done: (error: ServiceError | null, value?: unknown) => void) => void): Promise<Ending> {
  return new Promise((done) => {
    start((error, response) => {
      done(error === null ? { code: 'OK', response } : { code: status[error.code] ?? '', message: error.details });
    });
  });
}

function metadataOf(headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}
