import { z } from 'zod';
import { ServingError } from '../../contracts/serving-error.ts';
import { AccessKeys } from '../../contracts/ui-sources.ts';
import {
  CONNECT_TIMEOUT_MS,
  ConnectionOptions,
  createEnvironmentReader,
  type Environment,
  type EnvironmentReader,
  IDLE_TIMEOUT_MS,
  optional,
} from '../remote/connection-options.ts';

/** How to talk to a store; everything that can be told without asking the SDK. */
export const S3Options = ConnectionOptions.extend({
  /** Absent: what the AWS profile says; without one us-east-1 for an endpoint of one's own, else an error. */
  region: z.string().optional(),
  /** With scheme. Absent: what the AWS profile says, else AWS. */
  endpoint: z.string().optional(),
  /** Absent: for an endpoint of one's own, and for buckets with a dot in their name. */
  forcePathStyle: z.boolean().optional(),
  /**
   * `chain`: environment, AWS profile, SSO, web identity, container. `profile`: that one profile and nothing else.
   * `missing`: there are none; {@link S3Options.problem} says why.
   */
  credentials: z.enum(['chain', 'anonymous', 'profile', 'keys', 'missing']),
  profile: z.string().optional(),
  /** A secret: never in a message, a log line, or what a thread is started with. */
  keys: AccessKeys.optional(),
  problem: z.string().optional(),
  /** The name of the connection that these are of; absent: they are of the environment. */
  connection: z.string().optional(),
  /** Whether the credentials may come from the metadata service of a machine in AWS. */
  instanceMetadata: z.boolean(),
  requesterPays: z.boolean(),
  /** How often the SDK tries a request before its answer has begun. */
  maxAttempts: z.number(),
});
export type S3Options = z.infer<typeof S3Options>;

const MAX_ATTEMPTS = 3;

/**
 * Reads the variables that users of AWS's tools, TensorFlow Serving, Triton, OpenVINO Model Server and KServe set. Those
 * that the SDK honours by itself (AWS_ACCESS_KEY_ID, AWS_CONFIG_FILE, AWS_ROLE_ARN, ...) are left to it. Empty counts as
 * not set.
 * @throws ServingError INVALID_ARGUMENT that names the variable.
 */
export function readS3Options(environment: Environment): S3Options {
  const reader = createEnvironmentReader(environment);
  const { text, flag, count } = reader;

  return {
    ...optional('region', text('AWS_REGION', 'AWS_DEFAULT_REGION')),
    ...optional('endpoint', readEndpoint(reader)),
    ...optional('forcePathStyle', flag('S3_FORCE_PATH_STYLE')),
    credentials: flag('AWS_NO_SIGN_REQUEST', 'awsAnonymousCredential') === true ? 'anonymous' : 'chain',
    ...optional('profile', text('AWS_PROFILE')),
    // Where nothing answers it costs two seconds at each request, so it has to be asked for.
    instanceMetadata: flag('AWS_EC2_METADATA_DISABLED') === false,
    ...optional('caFile', text('AWS_CA_BUNDLE', 'S3_CA_FILE')),
    verifyTls: flag('S3_VERIFY_SSL') ?? true,
    proxy: reader.proxy(),
    requesterPays: flag('S3_REQUESTER_PAYS') ?? false,
    connectTimeoutMs: count('S3_CONNECT_TIMEOUT_MSEC', CONNECT_TIMEOUT_MS),
    idleTimeoutMs: count('S3_REQUEST_TIMEOUT_MSEC', IDLE_TIMEOUT_MS),
    maxAttempts: count('AWS_MAX_ATTEMPTS', MAX_ATTEMPTS),
  };
}

function readEndpoint({ text, flag }: EnvironmentReader): string | undefined {
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

/** The environment for the thread that the SDK runs in: the same, without what would have it wait for nothing. */
export function environmentForSdk(environment: Environment, options: S3Options): Record<string, string> {
  const forSdk: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) forSdk[name] = value;
  if (!options.instanceMetadata) forSdk['AWS_EC2_METADATA_DISABLED'] = 'true';
  return forSdk;
}
