import type { S3Options } from './s3-options.ts';
import type { S3Connection } from './s3-protocol.ts';
import { parseS3Uri, type S3Location } from './s3-uri.ts';

/** A store's default region; AWS names the bucket's own to whoever asks here. */
export const REGION_OF_OTHERS = 'us-east-1';

/**
 * The options of a connection. What it says nothing of (time-outs, and without its own: authorities and proxy) is as the
 * environment says; of where the store is and who asks, the environment says nothing here.
 */
export function optionsOf(connection: S3Connection, environment: S3Options): S3Options {
  const { id, name, addressing, caFile, proxy, verifyTls, requesterPays, credentials } = connection;
  const { region, endpoint, profile, credentials: _, forcePathStyle: __, ...rest } = environment;
  const place = placeOf(connection, { region, endpoint });
  const common = {
    ...rest,
    ...place,
    connection: id ?? name,
    verifyTls,
    requesterPays,
    ...(addressing === 'auto' ? {} : { forcePathStyle: addressing === 'path' }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(proxy === undefined ? {} : { proxy: { http: proxy, https: proxy } }),
  };
  switch (credentials.kind) {
    case 'environment':
      return { ...common, credentials: environment.credentials, ...(profile === undefined ? {} : { profile }) };
    case 'profile':
      return { ...common, credentials: 'profile', profile: credentials.name };
    case 'keys':
      return { ...common, credentials: 'keys', keys: credentials.keys };
    case 'missing':
      return { ...common, credentials: 'missing', problem: credentials.problem };
    case 'anonymous':
      return { ...common, credentials: 'anonymous' };
    default:
      return credentials satisfies never;
  }
}

function placeOf(
  { endpoint, region, credentials }: S3Connection,
  environment: { readonly region: string | undefined; readonly endpoint: string | undefined },
): Pick<S3Options, 'endpoint' | 'region'> {
  if (endpoint !== undefined) return { endpoint: endpoint.replace(/\/+$/u, ''), region: region ?? REGION_OF_OTHERS };
  // A profile has a region, and may have an endpoint.
  if (credentials.kind === 'profile') return region === undefined ? {} : { region };
  const chosen = region ?? environment.region ?? REGION_OF_OTHERS;
  // Otherwise the SDK would take the endpoint of the environment.
  return environment.endpoint === undefined
    ? { region: chosen }
    : { region: chosen, endpoint: `https://s3.${chosen}.amazonaws.com` };
}

/**
 * The connection that a place is reached by: the one that its URI names; else the first that has the endpoint in the URI;
 * else the first whose start is in the same bucket. Undefined: as the environment says.
 */
export function connectionFor<T extends Pick<S3Connection, 'id' | 'endpoint' | 'startUri'>>(
  { connection, endpoint, bucket }: Pick<S3Location, 'connection' | 'endpoint' | 'bucket'>,
  connections: readonly T[],
): T | undefined {
  if (connection !== undefined) return connections.find(({ id }) => id === connection);
  if (endpoint !== undefined) {
    return connections.find((each) => each.endpoint !== undefined && isSameEndpoint(each.endpoint, endpoint));
  }
  return connections.find(({ startUri }) => startUri !== undefined && bucketOf(startUri) === bucket);
}

/** Whether an endpoint is not AWS itself. */
export function isCustomEndpoint(endpoint: string | undefined): endpoint is string {
  return endpoint !== undefined && !/\.amazonaws\.com(?:\.cn)?(?::\d+)?$/iu.test(endpoint);
}

/** How the bucket is named in requests, and why, in words. */
export interface BucketAddressing {
  readonly style: 'path' | 'virtual';
  readonly reason: string;
}

export function addressingOf(
  { endpoint: ownEndpoint, bucket }: Pick<S3Location, 'endpoint' | 'bucket'>,
  options: Pick<S3Options, 'endpoint' | 'forcePathStyle'>,
): BucketAddressing {
  const endpoint = ownEndpoint ?? options.endpoint;
  if (bucket.startsWith('arn:')) return { style: 'virtual', reason: 'access points are addressed so' };
  if (options.forcePathStyle !== undefined) {
    return { style: options.forcePathStyle ? 'path' : 'virtual', reason: 'as chosen' };
  }
  if (isCustomEndpoint(endpoint)) {
    const { hostname } = new URL(endpoint);
    const isAddress = /^\[|^\d+(?:\.\d+){3}$/u.test(hostname);
    return { style: 'path', reason: isAddress ? 'the host is an IP address' : 'the endpoint is not that of AWS' };
  }
  if (bucket.includes('.')) return { style: 'path', reason: 'there is a dot in the name of the bucket' };
  return { style: 'virtual', reason: 'the endpoint is that of AWS' };
}

function isSameEndpoint(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).href === new URL(other).href;
}

function bucketOf(uri: string): string | undefined {
  try {
    return parseS3Uri(uri).bucket;
  } catch {
    return undefined; // it was checked when it was entered, by another release
  }
}
