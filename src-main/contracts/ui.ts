/**
 * What the user interface and the server say to each other: one event stream from the server, commands by POST.
 * Both sides parse with these schemas.
 */
import { z } from 'zod';
import { ServableName, ServableVersion } from './ids.ts';
import { AspiredVersionPolicyName, VersionLabel, VersionPolicy } from './model-config.ts';
import { ModelInfo } from './signature.ts';
import { SourceReport } from './source-report.ts';

const EpochMs = z.number().nonnegative();

/** A version's phase as shown: the manager's phases, and `waiting` for one that was found but not offered yet. */
const ShownPhase = z.enum(['waiting', 'start', 'loading', 'available', 'unloading', 'end']);
export type ShownPhase = z.infer<typeof ShownPhase>;

export const DownloadView = z.object({
  doneBytes: z.number().nonnegative(),
  totalBytes: z.number().nonnegative(),
  /** Undefined until enough has come to tell. */
  bytesPerSecond: z.number().nonnegative().optional(),
  /** The file that the newest bytes are of, by its path within the version. */
  file: z.string(),
});
export type DownloadView = z.infer<typeof DownloadView>;

export const VersionView = z.object({
  version: ServableVersion,
  phase: ShownPhase,
  aspired: z.boolean(),
  /** Why it is in this phase, in words. */
  reason: z.string(),
  sinceMs: EpochMs,
  /** Of a load: this attempt (1 is the first) of so many, and when the next one starts while it waits after an error. */
  attempt: z.number().int().positive().optional(),
  maxAttempts: z.number().int().positive().optional(),
  retryAtMs: EpochMs.optional(),
  /** The last error of a load, or the error it ended in. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  loadMs: z.number().nonnegative().optional(),
  inFlight: z.number().int().nonnegative(),
  sizeBytes: z.number().nonnegative().optional(),
  worker: z.object({ pid: z.number().int(), shared: z.boolean() }).optional(),
  /** Bytes of memory: expected before the load, and measured after it. */
  memory: z
    .object({ estimatedBytes: z.number().nonnegative(), measuredBytes: z.number().nonnegative().optional() })
    .optional(),
  /** Present while its files come from a store, which is part of the load: how far, and how fast of late. */
  download: DownloadView.optional(),
  /** Present while the version is available. */
  info: ModelInfo.optional(),
});
export type VersionView = z.infer<typeof VersionView>;

export const EventView = z.object({
  sequence: z.number().int().nonnegative(),
  atMs: EpochMs,
  version: ServableVersion,
  kind: z.enum(['state', 'aspired', 'unaspired', 'lost']),
  phase: ShownPhase,
  reason: z.string(),
  /** As of the version's state after the event, see VersionView. */
  retryAtMs: EpochMs.optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type EventView = z.infer<typeof EventView>;

export const ModelView = z.object({
  name: ServableName,
  /** As configured; shown to the local user only. */
  basePath: z.string(),
  versionPolicy: VersionPolicy,
  /** In the order of the configuration; pending until its version is available. */
  labels: z.array(z.object({ label: VersionLabel, version: ServableVersion, pending: z.boolean() })).readonly(),
  aspiredVersionPolicy: AspiredVersionPolicyName,
  /** Where the model comes from: command line, config file, added in the user interface, or shipped as a sample. */
  origin: z.enum(['flags', 'config', 'settings', 'sample']),
  source: SourceReport,
  /** Highest first; versions that are waiting included. */
  versions: z.array(VersionView).readonly(),
  /** The last events, oldest first. */
  history: z.array(EventView).readonly(),
});
export type ModelView = z.infer<typeof ModelView>;

export const ServerView = z.object({
  version: z.string(),
  instanceId: z.string(),
  startedAtMs: EpochMs,
  /** `draining` from the moment a stop was asked for. */
  state: z.enum(['running', 'draining']),
  /** Base URL of the public REST endpoint: `http://127.0.0.1:8501`. */
  restUrl: z.url(),
  /** `127.0.0.1:8500`; undefined where the gRPC endpoint is off. */
  grpcAddress: z.string().optional(),
  /** Why the configuration file as it is now is not what runs; undefined while it is. */
  configProblem: z.object({ message: z.string(), sinceMs: EpochMs }).optional(),
  /** Memory that all models may take, and what those that are loaded or loading take. */
  memory: z.object({ usedBytes: z.number().nonnegative(), limitBytes: z.number().nonnegative().optional() }),
  /** The header that names the model version that answered. */
  modelVersionHeader: z.string(),
  platform: z.enum(['linux', 'darwin', 'win32', 'other']),
});
export type ServerView = z.infer<typeof ServerView>;

/**
 * A message of the event stream. The stream starts with a snapshot; each later message has the next sequence number.
 * A reader that misses a number reconnects and gets a snapshot again.
 */
export const UiMessage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('snapshot'),
    sequence: z.number().int().nonnegative(),
    nowMs: EpochMs,
    server: ServerView,
    models: z.array(ModelView).readonly(),
  }),
  z.object({ kind: z.literal('model'), sequence: z.number().int(), model: ModelView }),
  /** Requests in flight of those versions where the number changed; they change often, and alone. */
  z.object({
    kind: z.literal('inFlight'),
    sequence: z.number().int(),
    name: ServableName,
    versions: z.array(VersionView.pick({ version: true, inFlight: true })).readonly(),
  }),
  z.object({ kind: z.literal('modelRemoved'), sequence: z.number().int(), name: ServableName }),
  z.object({ kind: z.literal('server'), sequence: z.number().int(), server: ServerView }),
]);
export type UiMessage = z.infer<typeof UiMessage>;

/** What adding a path would do, found out without doing it. */
export const AddPreview = z.object({
  /** The path as the server understood it: trimmed, quotes and `~` resolved. */
  path: z.string(),
  /** What the path is; `nothing` comes with a message that says what was looked for. */
  kind: z.enum(['model', 'parent', 'version', 'file', 'nothing']),
  message: z.string().optional(),
  models: z
    .array(
      z.object({
        name: ServableName,
        basePath: z.string(),
        versions: z
          .array(
            z.object({
              version: ServableVersion,
              /** Whether it would be served under the default policy, and if not, or not yet, why. */
              served: z.boolean(),
              reason: z.string().optional(),
              /** Undefined for one that was not looked into. */
              sizeBytes: z.number().nonnegative().optional(),
            }),
          )
          .readonly(),
        ignored: z.array(z.object({ entry: z.string(), reason: z.string() })).readonly(),
        /** Set when the name is taken already by another base path; the user then chooses another name. */
        nameTaken: z.boolean(),
        /** Set when this very path is served already. */
        alreadyServed: z.boolean(),
      }),
    )
    .readonly(),
  /** Entries of the path itself that are no model. */
  ignored: z.array(z.object({ entry: z.string(), reason: z.string() })).readonly(),
});
export type AddPreview = z.infer<typeof AddPreview>;

/** Folders to choose from while a path is being typed. */
export const FolderListing = z.object({
  path: z.string(),
  parent: z.string().optional(),
  folders: z.array(z.object({ name: z.string(), path: z.string() })).readonly(),
  /** Model files directly in the folder. */
  files: z.array(z.object({ name: z.string(), path: z.string(), sizeBytes: z.number() })).readonly(),
});
export type FolderListing = z.infer<typeof FolderListing>;

/** How calls of the public APIs are recorded. */
export const RecordingSettings = z.object({
  enabled: z.boolean(),
  /** Share of the calls that is kept, from 0 to 1; failed calls are always kept. */
  sampleRate: z.number().min(0).max(1),
  /** Whether bodies are kept too, each up to so many bytes. */
  bodies: z.boolean(),
  maxBodyBytes: z
    .number()
    .int()
    .min(0)
    .max(1024 ** 2),
});
export type RecordingSettings = z.infer<typeof RecordingSettings>;

/** A body as far as it was kept. */
export const RecordedBody = z.object({
  bytes: z.number().int().nonnegative(),
  /** UTF-8 text, or base64 for what is binary. */
  text: z.string(),
  encoding: z.enum(['utf8', 'base64']),
  truncated: z.boolean(),
});
export type RecordedBody = z.infer<typeof RecordedBody>;

/** One recorded call. */
export const RecordedRequest = z.object({
  sequence: z.number().int().positive(),
  atMs: EpochMs,
  entrypoint: z.enum(['REST', 'GRPC']),
  method: z.string(),
  model: z.string(),
  version: z.string().optional(),
  code: z.string(),
  httpStatus: z.number().int().optional(),
  error: z.string().optional(),
  durationMs: z.number().nonnegative(),
  queueMs: z.number().nonnegative().optional(),
  runMs: z.number().nonnegative().optional(),
  batchRows: z.number().nonnegative().optional(),
  requestBytes: z.number().nonnegative(),
  responseBytes: z.number().nonnegative(),
  requestBody: RecordedBody.optional(),
  responseBody: RecordedBody.optional(),
});
export type RecordedRequest = z.infer<typeof RecordedRequest>;

/** The commands of the user interface: request and result schema of each. POST /ui/commands/NAME. */
export const UI_COMMANDS = {
  previewAdd: { request: z.object({ path: z.string().min(1) }), result: AddPreview },
  listFolder: { request: z.object({ path: z.string() }), result: FolderListing },
  addModels: {
    request: z.object({ models: z.array(z.object({ name: ServableName, basePath: z.string().min(1) })).min(1) }),
    result: z.object({ added: z.array(ServableName) }),
  },
  removeModel: { request: z.object({ name: ServableName }), result: z.object({}) },
  pollNow: { request: z.object({ name: ServableName }), result: z.object({}) },
  /** Loads a version again that waits for a retry or ended in an error. */
  retryVersion: { request: z.object({ name: ServableName, version: ServableVersion }), result: z.object({}) },
  /** The running configuration as a file for `--model_config_file`. */
  exportConfig: { request: z.object({}), result: z.object({ text: z.string() }) },
  /** Calls recorded after the one with this number, oldest first, those that are still kept. */
  listRequests: {
    request: z.object({ afterSequence: z.number().int().nonnegative().optional() }),
    result: z.object({ settings: RecordingSettings, requests: z.array(RecordedRequest).readonly() }),
  },
  setRecording: { request: RecordingSettings, result: RecordingSettings },
  clearRequests: { request: z.object({}), result: z.object({}) },
  /** What is recorded now as JSON lines. */
  exportRequests: { request: z.object({}), result: z.object({ text: z.string() }) },
} as const satisfies Record<string, { request: z.ZodType; result: z.ZodType }>;

export type UiCommandName = keyof typeof UI_COMMANDS;
export type UiCommandRequest<C extends UiCommandName> = z.infer<(typeof UI_COMMANDS)[C]['request']>;
export type UiCommandResult<C extends UiCommandName> = z.infer<(typeof UI_COMMANDS)[C]['result']>;

/** Body of every failed command. */
export const UiCommandError = z.object({ code: z.string(), message: z.string() });

/** Paths of the UI listener. */
export const UI_PATHS = {
  events: '/ui/events',
  commands: '/ui/commands/',
  /** The one-time link: exchanges `?token=` for the session cookie. */
  signIn: '/ui/sign-in',
} as const;
