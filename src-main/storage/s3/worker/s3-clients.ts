import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { z } from 'zod';
import { createHttpAgent, createHttpsAgent, proxyHostFor } from '../../remote/worker/agents.ts';
import { S3Error, type S3Circumstances } from '../s3-error.ts';
import type { S3Options } from '../s3-options.ts';
import { addressingOf, isCustomEndpoint, REGION_OF_OTHERS } from '../s3-connections.ts';
import { describeS3Location, type S3Location } from '../s3-uri.ts';
import { withProfileEndpoint } from './profile-endpoint.ts';

/** A client for one bucket, and what messages tell of it. */
export interface BucketClient {
  readonly client: S3Client;
  readonly circumstances: Omit<S3Circumstances, 'location' | 'nowMs'>;
  /** With scheme; undefined for AWS. */
  readonly endpoint: string | undefined;
  /** The access key that the last request was signed with. */
  accessKey(): string | undefined;
  /** By how much the server's clock was ahead in the last answer that told the time, in milliseconds. */
  clockAheadMs(): number | undefined;
  /**
   * To be called before each request: a client that is in use is not closed.
   * @returns to be called once the answer, body included, is over.
   */
  use(): () => void;
}

/**
 * The clients for all buckets, one for each endpoint and region, each with its connections. One that nobody has used for a
 * while, because no model needs it any more, is closed, and made again when it is needed.
 */
export interface S3Clients {
  /** @throws S3Error S3_NO_REGION, S3_BAD_OPTIONS. */
  of(location: S3Location): Promise<BucketClient>;
  /** Notes which region a bucket is in. @returns false when that was known. */
  moved(location: S3Location, region: string): boolean;
  /**
   * Reads the credentials anew, from files as well, for all later requests.
   * @returns whether they are others than those of the client.
   */
  refreshCredentials(location: S3Location, of: BucketClient): Promise<boolean>;
  [Symbol.dispose](): void;
}

/** Longer than polls are apart that fail again and again: a client that is polled with stays. */
const UNUSED_AFTER_MS = 360_000;

interface KeptClient extends BucketClient {
  inUse: number;
  lastUsedMs: number;
  /** To be closed as soon as it is not in use. */
  isRetired: boolean;
}

interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** @param unusedAfterMs after how long without a request a client is closed. */
export function createS3Clients(given: S3Options, unusedAfterMs = UNUSED_AFTER_MS): S3Clients {
  let options = given;
  let completing: Promise<S3Options> | undefined;
  const clients = new Map<string, KeptClient>();
  const regions = new Map<string, string>();
  const sweep = setInterval(closeUnused, unusedAfterMs / 4).unref();
  let credentials = createCredentials();

  function closeUnused(): void {
    for (const [key, client] of clients) {
      if (client.inUse > 0 || performance.now() - client.lastUsedMs < unusedAfterMs) continue;
      clients.delete(key);
      retire(client);
    }
  }

  function retire(client: KeptClient): void {
    client.isRetired = true;
    if (client.inUse === 0) client.client.destroy();
  }

  function createCredentials(): { readonly provider: () => Promise<Identity>; last: Identity | undefined } {
    const chain = providerOf(options);
    const made = {
      last: undefined,
      async provider(): Promise<Identity> {
        const identity = await chain();
        created.last = identity;
        return identity;
      },
    };
    const created: ReturnType<typeof createCredentials> = made;
    return created;
  }

  function createClient(location: S3Location, region: string | undefined): KeptClient {
    const { client, isCustomEndpoint: isCustom, endpoint } = buildClient(location, region);
    const host = endpoint === undefined ? `s3.${region ?? ''}.amazonaws.com` : new URL(endpoint).host;
    const proxyHost = proxyHostFor(endpoint ?? `https://${host}`, options.proxy);
    const used = credentials;
    let aheadMs: number | undefined;
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const serverMs = dateOf(result.response);
        if (serverMs !== undefined) aheadMs = serverMs - Date.now();
        return result;
      },
      { step: 'deserialize', name: 'noteDate' },
    );
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { response } = result;
        if (isRefusal(response)) response.body = await beginningOf(response.body);
        return result;
      },
      // Next to the request: the SDK would take all of it for the words of an error, without end.
      { step: 'deserialize', priority: 'low', name: 'boundRefusal' },
    );
    const created: KeptClient = {
      client,
      endpoint,
      inUse: 0,
      lastUsedMs: performance.now(),
      isRetired: false,
      circumstances: {
        endpointHost: host,
        isCustomEndpoint: isCustom,
        ...(region === undefined ? {} : { region }),
        credentialSource: credentialSource(options),
        ...(options.connection === undefined ? {} : { connection: options.connection }),
        ...(proxyHost === undefined ? {} : { proxyHost }),
        requesterPays: options.requesterPays,
      },
      accessKey: () => used.last?.accessKeyId,
      clockAheadMs: () => aheadMs,
      use() {
        created.inUse += 1;
        let isUsed = true;
        return () => {
          if (!isUsed) return;
          isUsed = false;
          created.inUse -= 1;
          created.lastUsedMs = performance.now();
          if (created.isRetired) retire(created);
        };
      },
    };
    return created;
  }

  function buildClient(
    location: S3Location,
    region: string | undefined,
  ): { readonly client: S3Client; readonly isCustomEndpoint: boolean; readonly endpoint: string | undefined } {
    const endpoint = location.endpoint ?? options.endpoint;
    const isArn = location.bucket.startsWith('arn:');
    const client = new S3Client({
      requestHandler: createHandler(endpoint?.startsWith('http:') === true ? 'http' : 'https', options),
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined || isArn ? {} : { endpoint }),
      forcePathStyle: addressingOf(location, options).style === 'path',
      ...(options.credentials === 'profile' && options.profile !== undefined ? { profile: options.profile } : {}),
      useArnRegion: true,
      maxAttempts: options.maxAttempts,
      // The download compares checksums over all bytes itself, also those that came in ranges.
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(options.credentials === 'anonymous'
        ? {
            httpAuthSchemes: ['aws.auth#sigv4', 'aws.auth#sigv4a'].map((schemeId) => ({
              schemeId,
              identityProvider: () => () => Promise.resolve({}),
              signer: { sign: <T>(request: T) => Promise.resolve(request) },
            })),
          }
        : { credentials: credentials.provider }),
    });
    // It makes a copy of each answer to leave secrets out of logs, also where nothing is logged.
    client.middlewareStack.remove('loggerMiddleware');
    return { client, isCustomEndpoint: isCustomEndpoint(endpoint), endpoint };
  }

  const placeOf = ({ endpoint, bucket }: S3Location): string => `${endpoint ?? ''} ${bucket}`;

  return {
    async of(location) {
      if (options.problem !== undefined) {
        throw new S3Error('S3_NO_CREDENTIALS', `${describeS3Location(location)}: ${options.problem}.`);
      }
      options = await (completing ??= withProfileEndpoint(given, process.env));
      const wanted = regions.get(placeOf(location)) ?? regionOfArn(location.bucket) ?? options.region;
      const pathStyle = location.bucket.includes('.') ? 'path' : 'auto';
      const key = `${location.endpoint ?? ''} ${wanted ?? ''} ${pathStyle} ${location.bucket.startsWith('arn:')}`;
      const known = clients.get(key);
      if (known) return known;
      let region = wanted;
      if (region === undefined) {
        const { client, isCustomEndpoint: isCustom } = buildClient(location, undefined);
        region = await client.config.region().catch(() => (isCustom ? REGION_OF_OTHERS : undefined));
        client.destroy();
      }
      if (region === undefined) {
        const { profile } = options;
        const there =
          profile === undefined ? 'the AWS profile.' : `the AWS profile "${profile}". Is there a profile of that name?`;
        throw new S3Error(
          'S3_NO_REGION',
          `${describeS3Location(location)}: no region is known. Set AWS_REGION or AWS_DEFAULT_REGION, or region in ${there}`,
        );
      }
      const created = createClient(location, region);
      clients.set(key, created);
      return created;
    },
    moved(location, region) {
      const place = placeOf(location);
      if (regions.get(place) === region) return false;
      regions.set(place, region);
      return true;
    },
    async refreshCredentials(_location, of) {
      if (options.credentials !== 'chain' && options.credentials !== 'profile') return false;
      const before = of.accessKey() === credentials.last?.accessKeyId ? credentials.last : undefined;
      const fresh = createCredentials();
      try {
        const now = await fresh.provider();
        if (before && isSameIdentity(before, now)) return false;
      } catch {
        return false; // the first error tells more
      }
      credentials = fresh;
      for (const client of clients.values()) retire(client);
      clients.clear();
      return true;
    },
    [Symbol.dispose]() {
      clearInterval(sweep);
      for (const client of clients.values()) retire(client);
      clients.clear();
    },
  };
}

function providerOf({ credentials, profile, keys }: S3Options): () => Promise<Identity> {
  if (credentials === 'keys' && keys) {
    const { accessKeyId, secretAccessKey, sessionToken } = keys;
    return () =>
      Promise.resolve({ accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) });
  }
  // Without `ignoreCache` files are read once in the life of the process, and a fresh login would not be seen.
  if (credentials === 'profile' && profile !== undefined) return fromIni({ profile, ignoreCache: true });
  return fromNodeProviderChain({ ignoreCache: true });
}

function isSameIdentity(one: Identity, other: Identity): boolean {
  return (
    one.accessKeyId === other.accessKeyId &&
    one.secretAccessKey === other.secretAccessKey &&
    one.sessionToken === other.sessionToken
  );
}

/** @throws S3Error S3_BAD_OPTIONS when the file of authorities cannot be read. */
function createHandler(protocol: 'http' | 'https', options: S3Options): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: options.connectTimeoutMs,
    // Before the answer and within it: a body that stalls would hang for ever otherwise.
    socketTimeout: options.idleTimeoutMs,
    ...(protocol === 'http'
      ? { httpAgent: createHttpAgent(options) }
      : { httpsAgent: createHttpsAgent(options, unreadableAuthorities) }),
  });
}

/** Far more than S3 says about an error. */
const MAX_REFUSAL_BYTES = 64 * 1024;

function isRefusal(response: unknown): response is { body: Readable | Uint8Array } {
  if (typeof response !== 'object' || response === null || !('statusCode' in response)) return false;
  const { statusCode } = response;
  return typeof statusCode === 'number' && statusCode >= 300 && 'body' in response && response.body instanceof Readable;
}

async function beginningOf(body: Readable | Uint8Array): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    // Leaving the loop early closes the connection.
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) break;
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // It broke off; the status is known all the same.
  }
  return Buffer.concat(chunks).subarray(0, MAX_REFUSAL_BYTES);
}

const ResponseHead = z.object({ headers: z.record(z.string(), z.string()) });

/** The time of an answer by its server, milliseconds since the Unix epoch. */
function dateOf(response: unknown): number | undefined {
  const serverMs = Date.parse(ResponseHead.safeParse(response).data?.headers['date'] ?? '');
  return Number.isNaN(serverMs) ? undefined : serverMs;
}

function unreadableAuthorities(errno: string): S3Error {
  return new S3Error(
    'S3_BAD_OPTIONS',
    `the file of authorities cannot be read (${errno}). Correct AWS_CA_BUNDLE or S3_CA_FILE, or the CA file of the connection.`,
  );
}

function credentialSource({ credentials, profile, connection }: S3Options): string {
  if (credentials === 'anonymous') return 'none: requests are not signed';
  if (credentials === 'keys') return `connection "${connection ?? ''}"`;
  if (profile !== undefined) return `AWS profile "${profile}"`;
  if ((process.env['AWS_ACCESS_KEY_ID'] ?? '') !== '') return 'AWS_ACCESS_KEY_ID of the environment';
  return 'environment, AWS profile "default", web identity, container';
}

function regionOfArn(bucket: string): string | undefined {
  if (!bucket.startsWith('arn:')) return undefined;
  const region = bucket.split(':')[3];
  return region === '' ? undefined : region;
}
