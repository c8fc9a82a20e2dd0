/**
 * What the user interface and the server say to each other: one event stream from the server, commands by POST.
 * Both sides parse with these schemas. Here is what the server says; `ui-commands.ts` has what the page may ask for, and each
 * screen's own part is in a file of its own (`ui-traffic.ts` and so on).
 */
import { z } from 'zod';
import { EpochMs } from './epoch-ms.ts';
import { ServableName, ServableVersion } from './ids.ts';
import { AspiredVersionPolicyName, VersionLabel, VersionPolicy } from './model-config.ts';
import { ModelInfo } from './signature.ts';
import { SourceReport } from './source-report.ts';
import { LogBoard } from './ui-logs.ts';
import { AccessBoard, ServingView } from './ui-serving.ts';
import { SourcesBoard } from './ui-sources.ts';
import { TaskBoard } from './ui-tasks.ts';
import { TrafficBoard } from './ui-traffic.ts';

/** A version's phase as shown: the manager's phases, and `waiting` for one that was found but not offered yet. */
const ShownPhase = z.enum(['waiting', 'start', 'loading', 'available', 'unloading', 'end']);
export type ShownPhase = z.infer<typeof ShownPhase>;

export const DownloadView = z.object({
  doneBytes: z.number().nonnegative(),
  totalBytes: z.number().nonnegative(),
  /** Of late; undefined until enough has come to tell, and 0 while nothing comes. */
  bytesPerSecond: z.number().nonnegative().optional(),
  /** When the last bytes came, once that is a while ago. */
  stalledSinceMs: EpochMs.optional(),
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
  /**
   * What the user did with it by hand. `unloaded`: it stays away though its policy picks it. `loading`, `reloading`: it is
   * loaded, or loaded again, as soon as its files are complete.
   */
  held: z.enum(['unloaded', 'loading', 'reloading']).optional(),
  sizeBytes: z.number().nonnegative().optional(),
  /** `processBytes`: memory that a shared process takes besides its models. */
  worker: z
    .object({ pid: z.number().int(), shared: z.boolean(), processBytes: z.number().nonnegative().optional() })
    .optional(),
  /** Bytes of memory: expected before the load, and measured after it; in a shared process by how much that grew with it. */
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
  /**
   * `state`: it moved to the phase. `found`, `gone`: its folder is there, or not any more. `waiting`: it is not offered yet;
   * such an event is told anew, under its number, when the reason changes. `label`: a label came to it or was taken away.
   * `held`, `released`: the user unloaded it, and lets it be served again.
   */
  kind: z.enum([
    'state',
    'aspired',
    'unaspired',
    'lost',
    'found',
    'gone',
    'waiting',
    'label',
    'firstRequest',
    'held',
    'released',
  ]),
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

/** A model after a change: all of it but its history, of which only what is new. `model-change.ts` makes and applies it. */
export const ModelChange = ModelView.omit({ history: true }).extend({
  /** Events that are new, or told anew under their number; oldest first. */
  news: z.array(EventView).readonly(),
  /** Events with lower numbers are no longer part of the history. */
  keptFrom: z.number().int().nonnegative(),
});
export type ModelChange = z.infer<typeof ModelChange>;

/** What changes often and alone: when the base path was polled, and requests in flight where their number changed. */
export const ModelNumbers = z.object({
  name: ServableName,
  source: SourceReport.pick({ polledAtMs: true, nextPollAtMs: true }).optional(),
  versions: z
    .array(VersionView.pick({ version: true, inFlight: true }))
    .readonly()
    .optional(),
});
export type ModelNumbers = z.infer<typeof ModelNumbers>;

export const ServerView = z.object({
  version: z.string(),
  instanceId: z.string(),
  startedAtMs: EpochMs,
  /** From the moment the program was asked to end. */
  isQuitting: z.boolean(),
  /** The switch of the public endpoints. */
  serving: ServingView,
  /** Base URL of the public REST endpoint: `http://127.0.0.1:8501`; while it is closed, that of the last or next time. */
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

/** What else is shown live, each as a whole: the newest state stands for all before it. */
export const UiBoards = z.object({
  traffic: TrafficBoard.optional(),
  logs: LogBoard.optional(),
  tasks: TaskBoard.optional(),
  sources: SourcesBoard.optional(),
  access: AccessBoard.optional(),
});
export type UiBoards = z.infer<typeof UiBoards>;
export type UiBoardName = keyof UiBoards;
export const UI_BOARD_NAMES = UiBoards.keyof().options;

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
    boards: UiBoards,
  }),
  /** Models that are new or have changed. */
  z.object({ kind: z.literal('models'), sequence: z.number().int(), models: z.array(ModelChange).readonly() }),
  z.object({ kind: z.literal('numbers'), sequence: z.number().int(), models: z.array(ModelNumbers).readonly() }),
  z.object({ kind: z.literal('modelsRemoved'), sequence: z.number().int(), names: z.array(ServableName).readonly() }),
  /** Those boards that have changed. */
  z.object({ kind: z.literal('boards'), sequence: z.number().int(), boards: UiBoards }),
  z.object({ kind: z.literal('server'), sequence: z.number().int(), server: ServerView }),
]);
export type UiMessage = z.infer<typeof UiMessage>;
