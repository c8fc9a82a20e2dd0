import { S3Client } from '@aws-sdk/client-s3';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createHttpAgent, createHttpsAgent, proxyHostFor } from '../../remote/worker/agents.ts';
import { S3Error, type S3Circumstances } from '../s3-error.ts';
import type { S3Options } from '../s3-options.ts';
import { describeS3Location, type S3Location } from '../s3-uri.ts';

/** A client for one bucket, and what messages tell of it. */
export interface BucketClient {
  readonly client: S3Client;
  readonly circumstances: Omit<S3Circumstances, 'location' | 'nowMs'>;
  /** The access key that the last request was signed with. */
  accessKey(): string | undefined;
}

/** The clients for all buckets, one for each endpoint and region. They share connections. */
export interface S3Clients {
  /** @throws S3Error S3_NO_REGION, S3_BAD_OPTIONS. */
  of(location: S3Location): Promise<BucketClient>;
  /** Notes which region a bucket is in. @returns false when that was known. */
  moved(location: S3Location, region: string): boolean;
  /**
   * Reads the credentials anew, from files as well, for all later requests.
   * @returns whether they are others than those of the client.
   */
  refreshCredentials(of: BucketClient): Promise<boolean>;
  [Symbol.dispose](): void;
}

const REGION_OF_OTHERS = 'us-east-1';

interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export function createS3Clients(options: S3Options): S3Clients {
  const clients = new Map<string, BucketClient>();
  const regions = new Map<string, string>();
  const handlers = new Map<'http' | 'https', NodeHttpHandler>();
  let credentials = createCredentials();

  function createCredentials(): { readonly provider: () => Promise<Identity>; last: Identity | undefined } {
    // Without it files are read once in the life of the process, and a fresh login would not be seen.
    const chain = fromNodeProviderChain({ ignoreCache: true });
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

  function createClient(location: S3Location, region: string | undefined): BucketClient {
    const { client, isCustomEndpoint, endpoint } = buildClient(location, region);
    const host = endpoint === undefined ? `s3.${region ?? ''}.amazonaws.com` : new URL(endpoint).host;
    const proxyHost = proxyHostFor(endpoint ?? `https://${host}`, options.proxy);
    const used = credentials;
    return {
      client,
      circumstances: {
        endpointHost: host,
        isCustomEndpoint,
        ...(region === undefined ? {} : { region }),
        credentialSource: credentialSource(options),
        ...(proxyHost === undefined ? {} : { proxyHost }),
        requesterPays: options.requesterPays,
      },
      accessKey: () => used.last?.accessKeyId,
    };
  }

  function buildClient(
    { endpoint: ownEndpoint, bucket }: S3Location,
    region: string | undefined,
  ): { readonly client: S3Client; readonly isCustomEndpoint: boolean; readonly endpoint: string | undefined } {
    const endpoint = ownEndpoint ?? options.endpoint;
    const isCustomEndpoint = endpoint !== undefined && !/\.amazonaws\.com(?:\.cn)?(?::\d+)?$/iu.test(endpoint);
    const isArn = bucket.startsWith('arn:');
    const client = new S3Client({
      requestHandler: handlerFor(endpoint?.startsWith('http:') === true ? 'http' : 'https'),
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined || isArn ? {} : { endpoint }),
      forcePathStyle: !isArn && (options.forcePathStyle ?? (isCustomEndpoint || bucket.includes('.'))),
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
    return { client, isCustomEndpoint, endpoint };
  }

  function handlerFor(protocol: 'http' | 'https'): NodeHttpHandler {
    const known = handlers.get(protocol);
    if (known) return known;
    const created = createHandler(protocol, options);
    handlers.set(protocol, created);
    return created;
  }

  const placeOf = ({ endpoint, bucket }: S3Location): string => `${endpoint ?? ''} ${bucket}`;

  return {
    async of(location) {
      const wanted = regions.get(placeOf(location)) ?? regionOfArn(location.bucket) ?? options.region;
      const pathStyle = location.bucket.includes('.') ? 'path' : 'auto';
      const key = `${location.endpoint ?? ''} ${wanted ?? ''} ${pathStyle} ${location.bucket.startsWith('arn:')}`;
      const known = clients.get(key);
      if (known) return known;
      let region = wanted;
      if (region === undefined) {
        const { client, isCustomEndpoint } = buildClient(location, undefined);
        region = await client.config.region().catch(() => (isCustomEndpoint ? REGION_OF_OTHERS : undefined));
      }
      if (region === undefined) {
        throw new S3Error(
          'S3_NO_REGION',
          `${describeS3Location(location)}: no region is known. Set AWS_REGION or AWS_DEFAULT_REGION, or region in the AWS profile.`,
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
    async refreshCredentials(of) {
      if (options.credentials === 'anonymous') return false;
      const before = of.accessKey() === credentials.last?.accessKeyId ? credentials.last : undefined;
      const fresh = createCredentials();
      try {
        const now = await fresh.provider();
        if (before && isSameIdentity(before, now)) return false;
      } catch {
        return false; // the first error tells more
      }
      credentials = fresh;
      clients.clear();
      return true;
    },
    [Symbol.dispose]() {
      for (const handler of handlers.values()) handler.destroy();
    },
  };
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

function unreadableAuthorities(errno: string): S3Error {
  return new S3Error('S3_BAD_OPTIONS', `the file that AWS_CA_BUNDLE or S3_CA_FILE names cannot be read (${errno}).`);
}

function credentialSource({ credentials, profile }: S3Options): string {
  if (credentials === 'anonymous') return 'none: requests are not signed';
  if (profile !== undefined) return `AWS profile "${profile}"`;
  if ((process.env['AWS_ACCESS_KEY_ID'] ?? '') !== '') return 'AWS_ACCESS_KEY_ID of the environment';
  return 'environment, AWS profile "default", web identity, container';
}

function regionOfArn(bucket: string): string | undefined {
  if (!bucket.startsWith('arn:')) return undefined;
  const region = bucket.split(':')[3];
  return region === '' ? undefined : region;
}
