import { z } from 'zod';
import { ServingError } from '../../contracts/serving-error.ts';

/** How to talk to a store; everything that can be told without asking the SDK. */
export const S3Options = z.object({
  /** Absent: what the AWS profile says; without one us-east-1 for an endpoint of one's own, else an error. */
  region: z.string().optional(),
  /** With scheme. Absent: what the AWS profile says, else AWS. */
  endpoint: z.string().optional(),
  /** Absent: for an endpoint of one's own, and for buckets with a dot in their name. */
  forcePathStyle: z.boolean().optional(),
  /** `chain`: environment, AWS profile, SSO, web identity, container. */
  credentials: z.enum(['chain', 'anonymous']),
  profile: z.string().optional(),
  /** Whether the credentials may come from the metadata service of a machine in AWS. */
  instanceMetadata: z.boolean(),
  /** A PEM file of authorities that are trusted beside the system's. */
  caFile: z.string().optional(),
  verifyTls: z.boolean(),
  proxy: z.object({ http: z.string().optional(), https: z.string().optional(), except: z.string().optional() }),
  requesterPays: z.boolean(),
  connectTimeoutMs: z.number(),
  /** Longest silence of a connection. */
  idleTimeoutMs: z.number(),
  /** How often the SDK tries a request before its answer has begun. */
  maxAttempts: z.number(),
});
export type S3Options = z.infer<typeof S3Options>;

export type Environment = Readonly<Record<string, string | undefined>>;

const CONNECT_TIMEOUT_MS = 5000;
const IDLE_TIMEOUT_MS = 15_000;
const MAX_ATTEMPTS = 3;

/**
 * Reads the variables that users of AWS's tools, TensorFlow Serving, Triton, OpenVINO Model Server and KServe set. Those
 * that the SDK honours by itself (AWS_ACCESS_KEY_ID, AWS_CONFIG_FILE, AWS_ROLE_ARN, ...) are left to it. Empty counts as
 * not set.
 * @throws ServingError INVALID_ARGUMENT that names the variable.
 */
export function readS3Options(environment: Environment): S3Options {
  const text = (...names: readonly string[]): string | undefined => {
    for (const name of names) {
      const value = environment[name]?.trim();
      if (value !== undefined && value !== '') return value;
    }
    return undefined;
  };
  const flag = (...names: readonly string[]): boolean | undefined => {
    for (const name of names) {
      const value = text(name);
      if (value !== undefined) return readFlag(name, value);
    }
    return undefined;
  };
  const count = (name: string, fallback: number): number => {
    const value = text(name);
    if (value === undefined) return fallback;
    if (/^[1-9]\d{0,8}$/u.test(value)) return Number(value);
    throw new ServingError('INVALID_ARGUMENT', `${name} must be a whole number above 0`);
  };

  return {
    ...optional('region', text('AWS_REGION', 'AWS_DEFAULT_REGION')),
    ...optional('endpoint', readEndpoint(text, flag)),
    ...optional('forcePathStyle', flag('S3_FORCE_PATH_STYLE')),
    credentials: flag('AWS_NO_SIGN_REQUEST', 'awsAnonymousCredential') === true ? 'anonymous' : 'chain',
    ...optional('profile', text('AWS_PROFILE')),
    // Where nothing answers it costs two seconds at each request, so it has to be asked for.
    instanceMetadata: flag('AWS_EC2_METADATA_DISABLED') === false,
    ...optional('caFile', text('AWS_CA_BUNDLE', 'S3_CA_FILE')),
    verifyTls: flag('S3_VERIFY_SSL') ?? true,
    proxy: {
      ...optional('http', text('http_proxy', 'HTTP_PROXY')),
      ...optional('https', text('https_proxy', 'HTTPS_PROXY')),
      ...optional('except', text('no_proxy', 'NO_PROXY')),
    },
    requesterPays: flag('S3_REQUESTER_PAYS') ?? false,
    connectTimeoutMs: count('S3_CONNECT_TIMEOUT_MSEC', CONNECT_TIMEOUT_MS),
    idleTimeoutMs: count('S3_REQUEST_TIMEOUT_MSEC', IDLE_TIMEOUT_MS),
    maxAttempts: count('AWS_MAX_ATTEMPTS', MAX_ATTEMPTS),
  };
}

function readEndpoint(
  text: (...names: readonly string[]) => string | undefined,
  flag: (...names: readonly string[]) => boolean | undefined,
): string | undefined {
  const ofAws = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'];
  const isIgnored = flag('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS') === true;
  for (const name of isIgnored ? ['S3_ENDPOINT'] : [...ofAws, 'S3_ENDPOINT']) {
    const value = text(name);
    if (value === undefined) continue;
    const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//iu.test(value);
    // Only S3_ENDPOINT is commonly given as host and port, with the scheme in a variable of its own.
    const scheme = flag('S3_USE_HTTPS') === false ? 'http' : 'https';
    const endpoint = hasScheme || name !== 'S3_ENDPOINT' ? value : `${scheme}://${value}`;
    if (URL.canParse(endpoint)) {
      const { protocol, username, password, search, hash } = new URL(endpoint);
      if (/^https?:$/u.test(protocol) && username + password + search + hash === '')
        return endpoint.replace(/\/+$/u, '');
    }
    throw new ServingError('INVALID_ARGUMENT', `${name} must be like https://host:port`);
  }
  return undefined;
}

function readFlag(name: string, value: string): boolean {
  if (/^(?:1|true|yes|on)$/iu.test(value)) return true;
  if (/^(?:0|false|no|off)$/iu.test(value)) return false;
  throw new ServingError('INVALID_ARGUMENT', `${name} must be true or false`);
}

function optional<K extends string, T>(name: K, value: T | undefined): { readonly [key in K]?: T } {
  // The type of a computed name is lost otherwise.
  const fields: { [key in K]?: T } = {};
  if (value !== undefined) fields[name] = value;
  return fields;
}

/** The environment for the thread that the SDK runs in: the same, without what would have it wait for nothing. */
export function environmentForSdk(environment: Environment, options: S3Options): Record<string, string> {
  const forSdk: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) forSdk[name] = value;
  if (!options.instanceMetadata) forSdk['AWS_EC2_METADATA_DISABLED'] = 'true';
  return forSdk;
}
