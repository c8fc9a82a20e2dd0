import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { type Answer, createPace, failureAnswer, type Pace, sendAnswer, textAnswer } from './answer.ts';
import { createFaults, type Faults } from './faults.ts';
import {
  type BucketOptions,
  Bucket,
  bodyOf,
  makeObject,
  type ObjectBody,
  type PutOptions,
  type S3Behaviour,
  type S3Store,
  type StoredObject,
} from './object-store.ts';
import { actionOf, isAllowed, type Permission } from './permissions.ts';
import { answerOperation } from './operations.ts';
import { S3Failure } from './s3-failure.ts';
import { parseRequest, type S3Operation, type S3Request } from './s3-request.ts';
import { authenticate, type Authentication, type SigningUser } from './signature.ts';

export interface S3TestUser extends SigningUser {
  /** Default: everything. */
  readonly allow?: readonly Permission[];
}

export interface S3ServerOptions {
  readonly users?: readonly S3TestUser[];
  /** What requests without a signature may do; default nothing. */
  readonly anonymous?: readonly Permission[];
  /** Of buckets that are not told otherwise; default us-east-1. */
  readonly region?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** Speaks TLS with this certificate. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Each connection gets no more, as from Amazon S3. */
  readonly bytesPerSecondPerConnection?: number;
  /** Host names `BUCKET.domain` are buckets; default `s3.test`. */
  readonly domain?: string;
}

/** A request as the server saw it; the last four change until it is answered. */
export interface LoggedRequest {
  readonly operation: S3Operation;
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Which connection it came by, counted from 1. */
  readonly connection: number;
  readonly accessKeyId: string | undefined;
  /** 0 until it is answered. */
  readonly status: number;
  readonly bytesSent: number;
  /** The whole answer was handed to the system. */
  readonly complete: boolean;
}

/** The user that `put` and clients without other wishes are. */
export const TEST_USER: S3TestUser = {
  accessKeyId: 'AKIATESTTESTTESTTEST',
  secretAccessKey: 'test-secret-of-the-server-of-the-tests-0',
};

/** An S3 server for tests: what Amazon S3 checks, it checks. Everything is in memory. */
export interface S3TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  readonly region: string;
  readonly behaviour: S3Behaviour;
  readonly faults: Faults;
  readonly requests: readonly LoggedRequest[];
  /** Forgets the requests so far. */
  clearRequests(): void;
  /** The first request, past or to come, for which this holds when it arrives. */
  untilRequest(predicate: (request: LoggedRequest) => boolean): Promise<LoggedRequest>;
  /** Connections that are open. */
  readonly connections: number;
  /** Resolves once no more than so many connections are open. */
  untilConnections(most: number): Promise<void>;
  createBucket(name: string, options?: BucketOptions): void;
  /** Stores an object at once; its bucket is made where it is missing. Later changes of the bytes show. */
  put(bucket: string, key: string, content: Uint8Array | string | ObjectBody, options?: PutOptions): StoredObject;
  get(bucket: string, key: string): StoredObject | undefined;
  delete(bucket: string, key: string): void;
  /** Adds a user or replaces the one with its access key. */
  setUser(user: S3TestUser): void;
  removeUser(accessKeyId: string): void;
}

const KEEP_ALIVE_MS = 60_000;

type Draft = { -readonly [K in keyof LoggedRequest]: LoggedRequest[K] };

/** Starts a server on 127.0.0.1. Dispose it: that ends all connections. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3TestServer> {
  const { region = 'us-east-1', domain = 's3.test', anonymous = [] } = options;
  const users = new Map((options.users ?? [TEST_USER]).map((user) => [user.accessKeyId, user]));
  const behaviour: S3Behaviour = { clockOffsetMs: 0, wrongRegion: 'malformed', maxKeysPerPage: 1000 };
  const store: S3Store = {
    buckets: new Map(),
    region,
    behaviour,
    nowMs: () => Date.now() + behaviour.clockOffsetMs,
  };
  const faults = createFaults();
  const requests: Draft[] = [];
  const waiting = new Set<(request: LoggedRequest) => void>();
  const sockets = new Map<Socket, { readonly id: number; readonly pace: Pace | undefined }>();
  const onSocketClosed = new Set<() => void>();
  let connectionsSoFar = 0;

  const createBucket = (name: string, bucketOptions: BucketOptions = {}): void => {
    store.buckets.set(name, new Bucket(name, { region, ...bucketOptions }, store.nowMs()));
  };

  const identify = (request: S3Request): Authentication | undefined =>
    authenticate(request, {
      users,
      nowMs: store.nowMs(),
      regionOf: ({ bucket }) => store.buckets.get(bucket)?.region ?? region,
      wrongRegion: (given, expected) => wrongRegion(behaviour, given, expected, request.bucket),
    });

  const permissionsOf = (authentication: Authentication | undefined): readonly Permission[] =>
    authentication === undefined ? anonymous : (users.get(authentication.accessKeyId)?.allow ?? [{}]);

  async function answer(
    request: S3Request,
    body: Buffer,
    entry: Draft,
    ignoreConditions: boolean,
    ignoreRange: boolean,
  ): Promise<Answer> {
    const authentication = identify(request);
    entry.accessKeyId = authentication?.accessKeyId;
    const action = actionOf(request.operation);
    if (action === undefined) throw new S3Failure('NotImplemented');
    const bucket = store.buckets.get(request.bucket);
    if (!bucket && request.bucket !== '' && request.operation !== 'CreateBucket') {
      throw new S3Failure('NoSuchBucket', { elements: { BucketName: request.bucket } });
    }
    const permissions = permissionsOf(authentication);
    const pays = !bucket?.requesterPays || request.header('x-amz-request-payer') === 'requester';
    if (!isAllowed(permissions, action, request) || !pays) throw new S3Failure('AccessDenied');
    return answerOperation({
      request,
      bucket,
      body,
      authentication,
      store,
      mayList: isAllowed(permissions, 's3:ListBucket', request),
      ignoreConditions,
      ignoreRange,
    });
  }

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomBytes(8).toString('hex').toUpperCase();
    const connection = sockets.get(message.socket);
    response.setHeader('x-amz-request-id', requestId);
    response.setHeader('x-amz-id-2', randomUUID());
    response.setHeader('Server', 'AmazonS3');
    const body = await readAll(message);
    const headersOnly = message.method === 'HEAD';
    const unpaced = { pace: undefined, headersOnly, onSent: () => undefined };

    let request: S3Request;
    try {
      request = parseRequest(message, domain);
    } catch (error) {
      await sendAnswer(response, failed(error, { resource: '/', requestId }), { ...unpaced, faults: [] });
      return;
    }
    const entry: Draft = {
      operation: request.operation,
      method: request.method,
      bucket: request.bucket,
      key: request.key,
      query: request.query,
      headers: Object.fromEntries(request.headerNames.map((name) => [name, request.header(name)])),
      connection: connection?.id ?? 0,
      accessKeyId: undefined,
      status: 0,
      bytesSent: 0,
      complete: false,
    };
    requests.push(entry);
    for (const tell of waiting) tell(entry);

    const active = faults.take(request);
    for (const fault of active) if (fault.kind === 'before') await fault.run();
    if (active.some(({ kind }) => kind === 'stall')) return;
    if (active.some(({ kind }) => kind === 'reset')) {
      message.socket.resetAndDestroy();
      return;
    }
    const has = (kind: string): boolean => active.some((fault) => fault.kind === kind);
    let result: Answer;
    try {
      const instead = active.find(({ kind }) => kind === 'error' || kind === 'answer');
      if (instead?.kind === 'error') throw new S3Failure(instead.code, instead.details);
      result =
        instead?.kind === 'answer'
          ? textAnswer(instead.status, instead.body, { 'Content-Type': 'text/html', ...instead.headers })
          : await answer(request, body, entry, has('ignoreConditions'), has('ignoreRange'));
    } catch (error) {
      result = failed(error, { resource: request.path, requestId });
    }
    entry.status = result.status;
    response.setHeader('Date', new Date(store.nowMs()).toUTCString());
    entry.complete = await sendAnswer(response, result, {
      faults: active,
      pace: connection?.pace,
      headersOnly,
      onSent(bytes) {
        entry.bytesSent += bytes;
      },
    });
  }

  const onRequest = (message: IncomingMessage, response: ServerResponse): void => {
    // A client that goes away in mid-upload is nothing to tell.
    serve(message, response).catch(() => message.socket.destroy());
  };
  const server = options.tls ? createTlsServer(options.tls, onRequest) : createServer(onRequest);
  // As patient as Amazon's, so that who lets go of a connection can be told.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    const rate = options.bytesPerSecondPerConnection;
    sockets.set(socket, { id: (connectionsSoFar += 1), pace: rate === undefined ? undefined : createPace(rate) });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      for (const tell of onSocketClosed) tell();
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');

  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${address.port}`,
    port: address.port,
    region,
    behaviour,
    faults,
    requests,
    clearRequests() {
      requests.length = 0;
    },
    async untilRequest(predicate) {
      const seen = requests.find(predicate);
      if (seen) return seen;
      const { promise, resolve } = Promise.withResolvers<LoggedRequest>();
      const tell = (request: LoggedRequest): void => {
        if (!predicate(request)) return;
        waiting.delete(tell);
        resolve(request);
      };
      waiting.add(tell);
      return promise;
    },
    get connections() {
      return sockets.size;
    },
    async untilConnections(most) {
      if (sockets.size <= most) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const tell = (): void => {
        if (sockets.size > most) return;
        onSocketClosed.delete(tell);
        resolve();
      };
      onSocketClosed.add(tell);
      await promise;
    },
    createBucket,
    put(bucket, key, content, putOptions = {}) {
      if (!store.buckets.has(bucket)) createBucket(bucket);
      const body =
        typeof content === 'string'
          ? bodyOf(Buffer.from(content))
          : content instanceof Uint8Array
            ? bodyOf(content)
            : content;
      const object = makeObject(key, body, putOptions, store.nowMs());
      store.buckets.get(bucket)?.put(object);
      return object;
    },
    get: (bucket, key) => store.buckets.get(bucket)?.get(key),
    delete(bucket, key) {
      store.buckets.get(bucket)?.delete(key);
    },
    setUser(user) {
      users.set(user.accessKeyId, user);
    },
    removeUser(accessKeyId) {
      users.delete(accessKeyId);
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets.keys()) socket.destroy();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

function wrongRegion(behaviour: S3Behaviour, given: string, expected: string, bucket: string): S3Failure {
  if (behaviour.wrongRegion === 'redirect') {
    return new S3Failure('PermanentRedirect', {
      elements: { Bucket: bucket, Endpoint: `s3.${expected}.amazonaws.com` },
      headers: { 'x-amz-bucket-region': expected },
    });
  }
  return new S3Failure('AuthorizationHeaderMalformed', {
    message: `The authorization header is malformed; the region '${given}' is wrong; expecting '${expected}'`,
    elements: { Region: expected },
    headers: { 'x-amz-bucket-region': expected },
  });
}

function failed(error: unknown, ids: { readonly resource: string; readonly requestId: string }): Answer {
  // Anything else is a bug of the server; its stack must not look like an answer of S3 to a test.
  const failure =
    error instanceof S3Failure
      ? error
      : new S3Failure('InternalError', { message: `bug in the server of the tests: ${String(error)}` });
  return failureAnswer(failure, ids);
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}
