/** What the user interface shows and sets of the stores that models come from: connections, roots, the local cache. */
import { z } from 'zod';
import { EpochMs } from './epoch-ms.ts';
import { ConnectionId, ServableName, ServableVersion } from './ids.ts';

/** Providers whose usual settings are known; `other` is any store that speaks S3. */
export const ConnectionPreset = z.enum(['aws', 'minio', 'r2', 'ceph', 'garage', 'other']);
export type ConnectionPreset = z.infer<typeof ConnectionPreset>;

/** How a bucket is named in requests: in the path, in the host's name, or as fits the endpoint and the bucket. */
export const Addressing = z.enum(['auto', 'path', 'virtual']);
export type Addressing = z.infer<typeof Addressing>;

/** What a preset fills in; a user may change all of it. */
export interface PresetDefaults {
  readonly label: string;
  /** Undefined where the provider has one address that need not be given. */
  readonly endpointExample?: string;
  /** Filled in; undefined where the user, the environment or the AWS profile says it. */
  readonly region?: string;
  readonly regionExample?: string;
  readonly addressing: Addressing;
  /** One sentence on what is particular about it. */
  readonly hint: string;
}

export const CONNECTION_PRESETS: Readonly<Record<ConnectionPreset, PresetDefaults>> = {
  aws: {
    label: 'AWS',
    regionExample: 'eu-central-1',
    addressing: 'auto',
    hint: 'Without a region that of the environment or the AWS profile counts; a bucket elsewhere is found by itself.',
  },
  minio: {
    label: 'MinIO',
    endpointExample: 'http://localhost:9000',
    region: 'us-east-1',
    addressing: 'path',
    hint: 'The address of the API, not of the console: port 9000 unless it was changed.',
  },
  r2: {
    label: 'Cloudflare R2',
    endpointExample: 'https://ACCOUNT.r2.cloudflarestorage.com',
    region: 'auto',
    addressing: 'path',
    hint: 'ACCOUNT is the account id; buckets of a jurisdiction have it in the host: ACCOUNT.eu.r2.cloudflarestorage.com.',
  },
  ceph: {
    label: 'Ceph',
    endpointExample: 'https://rgw.example.com',
    region: 'us-east-1',
    addressing: 'path',
    hint: 'The address of the object gateway (RGW); its region is the name of its zone group, where one is set.',
  },
  garage: {
    label: 'Garage',
    endpointExample: 'http://localhost:3900',
    region: 'garage',
    addressing: 'path',
    hint: 'The region is s3_region of its configuration, and has to be the same.',
  },
  other: {
    label: 'Other',
    endpointExample: 'https://s3.example.com',
    region: 'us-east-1',
    addressing: 'auto',
    hint: 'Any store that speaks S3.',
  },
};

/** Scheme, host, perhaps a port and a path; no login. */
const HttpUrl = (example: string): z.ZodType<string> =>
  z
    .url({ protocol: /^https?$/u, error: `must be like ${example}` })
    .max(2048)
    .regex(/^[^@?#]*$/u, `must be like ${example}, without a login in it`);

const ShortText = z.string().trim().min(1).max(256);

/** What a connection is, but for its credentials. */
export const ConnectionFields = z.object({
  /** For people; need not be unique. */
  name: z.string().trim().min(1, 'a connection needs a name').max(64, 'a name has at most 64 characters'),
  preset: ConnectionPreset,
  /** With scheme. Absent: AWS. */
  endpoint: HttpUrl('https://host:port').optional(),
  /** Absent: that of the environment or of the AWS profile; with an endpoint us-east-1. */
  region: z
    .string()
    .trim()
    .regex(/^[a-z0-9-]{1,40}$/iu, 'must be like eu-central-1')
    .optional(),
  addressing: Addressing,
  /** `s3://bucket` or `s3://bucket/prefix`: where tests and browsing start; models in this bucket use the connection. */
  startUri: z.string().trim().startsWith('s3://', 'must be like s3://bucket/prefix').max(2048).optional(),
  /** A PEM file of authorities on the server's disk, which are trusted beside the system's. */
  caFile: z.string().trim().min(1).max(4096).optional(),
  /** Absent: as HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment say. A login can only be given there. */
  proxy: HttpUrl('http://proxy:3128').optional(),
  /** False: certificates are not checked; shown with a warning. */
  verifyTls: z.boolean(),
  requesterPays: z.boolean(),
});

/** Credentials that hold no secret. */
export const OPEN_CREDENTIALS = [
  /** The AWS variables of the server's environment, and what else the SDK finds by itself. */
  z.object({ kind: z.literal('environment') }),
  /** A profile of the AWS configuration files. */
  z.object({ kind: z.literal('profile'), name: ShortText }),
  /** Requests are not signed: public buckets. */
  z.object({ kind: z.literal('anonymous') }),
] as const;

/** Where the credentials of a connection come from, as shown: no part of a secret is in it. */
export const ConnectionCredentials = z.discriminatedUnion('kind', [
  ...OPEN_CREDENTIALS,
  z.object({
    kind: z.literal('keys'),
    /** The last four characters of the access key's id. */
    accessKeyIdEnd: z.string().max(4),
    hasSessionToken: z.boolean(),
  }),
]);
export type ConnectionCredentials = z.infer<typeof ConnectionCredentials>;

/** How to reach a store, as it is kept. */
export const Connection = ConnectionFields.extend({
  /**
   * Made of the first name, and stays when that changes. Base paths name it: `s3://ID@bucket/prefix`. A path that names
   * none is reached by the connection whose endpoint it has, or whose `startUri` is in its bucket; else as the
   * environment says.
   */
  id: ConnectionId,
  credentials: ConnectionCredentials,
});
export type Connection = z.infer<typeof Connection>;

/** A connection as it is shown. */
export const ConnectionView = Connection.extend({
  /** Why it cannot be used as it is: stored keys that can no longer be read, say. */
  problem: z.string().optional(),
  /** Models that are reached by it, whether they name it or not. */
  models: z.array(ServableName).readonly(),
});
export type ConnectionView = z.infer<typeof ConnectionView>;

/** Keys on their way to the server. They are never sent back. */
export const AccessKeys = z.object({
  accessKeyId: ShortText,
  secretAccessKey: z.string().trim().min(1).max(4096),
  sessionToken: z.string().trim().min(1).max(16_384).optional(),
});
export type AccessKeys = z.infer<typeof AccessKeys>;

/** A connection as the form has it. */
export const ConnectionDraft = ConnectionFields.extend({
  credentials: z.discriminatedUnion('kind', [
    ...OPEN_CREDENTIALS,
    z.object({
      kind: z.literal('keys'),
      /** Absent: those that are stored for the connection. */
      keys: AccessKeys.optional(),
      /** The user was told that they will not be encrypted (see SourcesBoard.protection), and wants them kept. */
      allowPlain: z.boolean().optional(),
    }),
  ]),
});
export type ConnectionDraft = z.infer<typeof ConnectionDraft>;

/** The change that a fix makes to the form; `null` empties a field. */
export const ConnectionChange = z.object({
  endpoint: z.string().nullable().optional(),
  region: z.string().nullable().optional(),
  addressing: Addressing.optional(),
  requesterPays: z.boolean().optional(),
  credentials: z.discriminatedUnion('kind', OPEN_CREDENTIALS).optional(),
});
export type ConnectionChange = z.infer<typeof ConnectionChange>;

/** The stages of a test, in their order. A test stops at the first that fails. */
export const TEST_STAGES = ['name', 'connect', 'tls', 'clock', 'signature', 'list', 'read'] as const;

export const TestStage = z.object({
  /**
   * `name`: the endpoint's (or the proxy's) host name is found. `connect`: a TCP connection is made. `tls`: the
   * certificate is trusted. `clock`: this computer's agrees with the server's. `signature`: the store takes the
   * credentials, and the region is right. `list`: what is below the URI may be listed. `read`: one byte may be read.
   */
  stage: z.enum(TEST_STAGES),
  /** `skipped`: does not apply, which `detail` explains, or a stage before it failed. */
  status: z.enum(['waiting', 'running', 'ok', 'failed', 'skipped']),
  ms: z.number().nonnegative().optional(),
  /** What was found: `2 addresses`, `TLSv1.3, by Example CA`, `clock 0.4 s ahead`; or why it failed. */
  detail: z.string().optional(),
  /** Of a failure, stable: `S3_BAD_CREDENTIALS`. */
  code: z.string().optional(),
  /** What to do about a failure. With `change`, a button that applies it to the form and tests again. */
  fix: z.object({ text: z.string(), change: ConnectionChange.optional() }).optional(),
});
export type TestStage = z.infer<typeof TestStage>;

export const ConnectionTest = z.object({
  /** As the request said. */
  testId: z.string(),
  connection: ConnectionId.optional(),
  uri: z.string(),
  /** `failed` names its stage in `stages`. */
  state: z.enum(['running', 'ok', 'failed', 'cancelled']),
  startedMs: EpochMs,
  /** All seven, in their order. */
  stages: z.array(TestStage).readonly(),
  /** What the test found out, as far as it came. */
  found: z.object({
    endpointHost: z.string().optional(),
    proxyHost: z.string().optional(),
    /** How the bucket is addressed, and why: `path`, `the host is an IP address`. */
    addressing: z.object({ style: z.enum(['path', 'virtual']), reason: z.string() }).optional(),
    region: z.string().optional(),
    /** Positive: this computer's clock is ahead. */
    clockSkewMs: z.number().optional(),
  }),
});
export type ConnectionTest = z.infer<typeof ConnectionTest>;

/** A place that is watched for versions: the folder or prefix that some models are in. */
export const SourceRoot = z.object({
  /** The parent of the models' base paths, or the base path itself where it has none; without the connection. */
  path: z.string(),
  /** `file`, `s3`, `https`. */
  scheme: z.string(),
  /** Undefined for a local folder, and where the environment says how the store is reached. */
  connection: ConnectionId.optional(),
  models: z.array(ServableName).readonly(),
  /** Undefined: looked at once, or only on demand. */
  pollIntervalMs: z.number().nonnegative().optional(),
  /** The earliest of the models' last polls, and the earliest next one. */
  polledAtMs: EpochMs.optional(),
  nextPollAtMs: EpochMs.optional(),
  /** Versions found in all of its models. */
  versions: z.number().int().nonnegative(),
  /** The worst of its models': `error` where one cannot be listed; the last good listing then stands. */
  status: z.enum(['pending', 'ok', 'error']),
  /** What is wrong, of the first model that has something. */
  message: z.string().optional(),
  /** Set while local copies stand in for the store: when it was last seen. */
  offlineSinceMs: EpochMs.optional(),
});
export type SourceRoot = z.infer<typeof SourceRoot>;

export const SourcesBoard = z.object({
  /** In the order in which they were added. */
  connections: z.array(ConnectionView).readonly(),
  /** How keys would be kept here. `none`: the form offers no keys to be saved, though they can be tested. */
  protection: z.object({ kind: z.enum(['os', 'plain', 'none']), label: z.string() }),
  roots: z.array(SourceRoot).readonly(),
  /** Tests that run, and the last few that ended, newest first. */
  tests: z.array(ConnectionTest).readonly(),
  /** Copies of versions that came from stores; undefined until something was measured. */
  cache: z
    .object({
      folder: z.string(),
      usedBytes: z.number().nonnegative(),
      capBytes: z.number().nonnegative(),
      versions: z.number().int().nonnegative(),
    })
    .optional(),
});
export type SourcesBoard = z.infer<typeof SourcesBoard>;

/** What is directly below a prefix, a page of a thousand at most. */
export const PrefixPage = z.object({
  /** As it was understood. */
  uri: z.string(),
  /** Undefined for the bucket itself. */
  parent: z.string().optional(),
  folders: z.array(z.object({ name: z.string(), uri: z.string() })).readonly(),
  files: z
    .array(
      z.object({
        name: z.string(),
        uri: z.string(),
        sizeBytes: z.number().nonnegative(),
        modifiedMs: EpochMs,
        /** Set where it has to be restored before it can be read: `GLACIER`. */
        archivedIn: z.string().optional(),
      }),
    )
    .readonly(),
  /** For the next page's `from`; undefined on the last. */
  next: z.string().optional(),
});
export type PrefixPage = z.infer<typeof PrefixPage>;

/** What a URL that somebody pasted says of a store. */
export const ParsedS3Url = z.object({
  /** `s3://bucket/key`, without endpoint. */
  uri: z.string(),
  bucket: z.string(),
  /** Empty for the bucket itself. */
  key: z.string(),
  preset: ConnectionPreset,
  endpoint: z.string().optional(),
  region: z.string().optional(),
  addressing: Addressing.optional(),
  /** Sentences for the user: `The signature in the URL was left out.` */
  notes: z.array(z.string()).readonly(),
});
export type ParsedS3Url = z.infer<typeof ParsedS3Url>;

/** By a stored connection's id, a draft, or both: a draft that goes without keys then has the stored ones. */
const Through = z.object({ connection: ConnectionId.optional(), draft: ConnectionDraft.optional() });

export const SOURCES_COMMANDS = {
  /**
   * Adds a connection, or with `id` changes one; its models are looked at again at once. FAILED_PRECONDITION where keys
   * are to be kept and this host does not, or not without `allowPlain`; NOT_FOUND for an unknown id.
   */
  saveConnection: {
    request: z.object({ id: ConnectionId.optional(), connection: ConnectionDraft }),
    result: z.object({ connection: Connection }),
  },
  /** Forgets a connection and its keys. FAILED_PRECONDITION while models name it. */
  deleteConnection: { request: z.object({ id: ConnectionId }), result: z.object({}) },
  /**
   * Tests in stages; the result comes at the end, and meanwhile the board's `tests` has it under `testId`, which the page
   * makes up. It is a task as well, by which it can be stopped. Without connection and draft the environment is tested.
   * A test that fails is a result; an error is only for what cannot be tested, such as a URI that is none.
   */
  testConnection: {
    request: Through.extend({ testId: z.string().min(1).max(64), uri: z.string().min(1).max(2048) }),
    result: ConnectionTest,
  },
  /** Errors end in their code, as those of models in S3 do. */
  browsePrefix: {
    request: Through.extend({ uri: z.string().min(1).max(2048), from: z.string().max(4096).optional() }),
    result: PrefixPage,
  },
  /**
   * Understands `s3://` URIs and the URLs of buckets and objects, those with a signature included. INVALID_ARGUMENT for
   * anything else.
   */
  parseS3Url: { request: z.object({ text: z.string().max(8192) }), result: ParsedS3Url },
  /** Names of the profiles in the AWS configuration files of the server's user. */
  listAwsProfiles: { request: z.object({}), result: z.object({ profiles: z.array(z.string()).readonly() }) },
  /**
   * Stops the download of a version, which then counts as failed; "retry" loads it again. FAILED_PRECONDITION when none
   * runs.
   */
  cancelDownload: {
    request: z.object({ name: ServableName, version: ServableVersion }),
    result: z.object({}),
  },
} as const;
