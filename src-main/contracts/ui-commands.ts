/** What the page of the user interface may ask of the server: POST /ui/commands/NAME, with a session only. */
import { z } from 'zod';
import { ConnectionId, ServableName, ServableVersion } from './ids.ts';
import { GRAPH_COMMANDS } from './ui-graph.ts';
import { LOG_COMMANDS } from './ui-logs.ts';
import { PLAY_COMMANDS } from './ui-play.ts';
import { SERVING_COMMANDS } from './ui-serving.ts';
import { SETTINGS_COMMANDS } from './ui-settings.ts';
import { SOURCES_COMMANDS } from './ui-sources.ts';
import { TASK_COMMANDS } from './ui-tasks.ts';
import { TRAFFIC_COMMANDS } from './ui-traffic.ts';
import { VERSION_COMMANDS } from './ui-versions.ts';

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

/** The commands of the user interface: request and result schema of each. POST /ui/commands/NAME. */
const UI_COMMANDS = {
  /**
   * `connection`: by which to reach a store, where the path does not say so itself (`s3://CONNECTION@bucket/prefix`). The
   * base paths of the result say it.
   */
  previewAdd: {
    request: z.object({ path: z.string().min(1), connection: ConnectionId.optional() }),
    result: AddPreview,
  },
  listFolder: { request: z.object({ path: z.string() }), result: FolderListing },
  addModels: {
    request: z.object({
      models: z
        .array(z.object({ name: ServableName, basePath: z.string().min(1), connection: ConnectionId.optional() }))
        .min(1),
    }),
    result: z.object({ added: z.array(ServableName) }),
  },
  removeModel: { request: z.object({ name: ServableName }), result: z.object({}) },
  pollNow: { request: z.object({ name: ServableName }), result: z.object({}) },
  /** Loads a version again that waits for a retry or ended in an error. */
  retryVersion: { request: z.object({ name: ServableName, version: ServableVersion }), result: z.object({}) },
  /** The running configuration as a file for `--model_config_file`. */
  exportConfig: { request: z.object({}), result: z.object({ text: z.string() }) },
  ...TRAFFIC_COMMANDS,
  ...LOG_COMMANDS,
  ...SOURCES_COMMANDS,
  ...TASK_COMMANDS,
  ...VERSION_COMMANDS,
  ...GRAPH_COMMANDS,
  ...PLAY_COMMANDS,
  ...SERVING_COMMANDS,
  ...SETTINGS_COMMANDS,
} as const satisfies Record<string, { request: z.ZodType; result: z.ZodType }>;

export type UiCommandName = keyof typeof UI_COMMANDS;
export type UiCommandRequest<C extends UiCommandName> = z.infer<(typeof UI_COMMANDS)[C]['request']>;
export type UiCommandResult<C extends UiCommandName> = z.infer<(typeof UI_COMMANDS)[C]['result']>;

/** {@link UI_COMMANDS} by name, for code that serves every command alike. */
export const UI_COMMAND_SCHEMAS: {
  readonly [C in UiCommandName]: {
    readonly request: z.ZodType<UiCommandRequest<C>>;
    readonly result: z.ZodType<UiCommandResult<C>>;
  };
} = UI_COMMANDS;

/** Body of every failed command. */
export const UiCommandError = z.object({ code: z.string(), message: z.string() });

/** Paths of the UI listener. */
export const UI_PATHS = {
  events: '/ui/events',
  commands: '/ui/commands/',
  /** The one-time link: exchanges `?token=` for the session cookie. */
  signIn: '/ui/sign-in',
} as const;
