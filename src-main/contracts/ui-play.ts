/** What the playground keeps on the server: presets, history, and the names of a model's classes. */
import { z } from 'zod';
import { EpochMs } from './epoch-ms.ts';
import { ServableName, ServableVersion } from './ids.ts';

export const PLAY_LIMITS = {
  /** Of one preset, as UTF-8. */
  maxBodyBytes: 16_000_000,
  /** Of one body of the history, as UTF-8; larger ones are left out. */
  maxHistoryBodyBytes: 6_000_000,
  maxPresetName: 60,
  /** Of one model in each place. */
  maxPresets: 200,
  /** Of one model; the oldest make room. */
  maxHistory: 200,
  /** Of all models together. */
  maxHistoryBytes: 100_000_000,
  /** Of a labels file. */
  maxLabelsBytes: 2_000_000,
} as const;

/**
 * A name that is a file's name on every system: letters, digits, blanks, `_`, `-` and dots inside, none of the names that
 * Windows keeps for devices.
 */
export const PresetName = z
  .string()
  .max(PLAY_LIMITS.maxPresetName, `a name has at most ${PLAY_LIMITS.maxPresetName} characters`)
  .regex(
    /^[\p{L}\p{N}_](?:[\p{L}\p{N}_ .-]*[\p{L}\p{N}_-])?$/u,
    'a name holds letters, digits, blanks, dots, - and _, and starts and ends with none but letters, digits and _',
  )
  .refine((name) => !/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu.test(name), 'Windows keeps this name for itself');
export type PresetName = z.infer<typeof PresetName>;

/** `model`: a file of the folder `examples` beside the versions. `private`: in the data directory. */
export const PresetPlace = z.enum(['model', 'private']);
export type PresetPlace = z.infer<typeof PresetPlace>;

const PresetRef = z.object({ model: ServableName, place: PresetPlace, name: z.string().min(1).max(255) });
const Body = z.string();

export const PresetRow = z.object({ place: PresetPlace, name: z.string(), sizeBytes: z.number().nonnegative() });
export type PresetRow = z.infer<typeof PresetRow>;

/** What is told of a request in a list. */
export const PlayHistoryRow = z.object({
  id: z.string().regex(/^[0-9a-z-]{1,64}$/u),
  atMs: EpochMs,
  version: ServableVersion.optional(),
  status: z.number().int(),
  latencyMs: z.number().nonnegative(),
  requestBytes: z.number().int().nonnegative(),
  responseBytes: z.number().int().nonnegative(),
});
export type PlayHistoryRow = z.infer<typeof PlayHistoryRow>;

/** A request and its answer as they were; a body that was too large is left out. */
export const PlayHistoryEntry = PlayHistoryRow.extend({
  model: ServableName,
  request: Body.optional(),
  response: Body.optional(),
});
export type PlayHistoryEntry = z.infer<typeof PlayHistoryEntry>;

export const PLAY_COMMANDS = {
  /** By name. `canWriteToModel`: whether the model's folder is a local one that can be written to. */
  listPresets: {
    request: z.object({ model: ServableName }),
    result: z.object({ presets: z.array(PresetRow).readonly(), canWriteToModel: z.boolean() }),
  },
  /** NOT_FOUND where it is not there any more, INVALID_ARGUMENT where it is too large. */
  readPreset: { request: PresetRef, result: z.object({ body: Body }) },
  /** Replaces one of the same name. FAILED_PRECONDITION where the folder cannot be written to, or there are too many. */
  savePreset: { request: PresetRef.extend({ name: PresetName, body: Body }), result: z.object({}) },
  deletePreset: { request: PresetRef, result: z.object({}) },
  /** Newest first. */
  listPlayHistory: {
    request: z.object({ model: ServableName }),
    result: z.object({ entries: z.array(PlayHistoryRow).readonly() }),
  },
  /** NOT_FOUND where it has made room for newer ones. */
  readPlayHistory: {
    request: z.object({ model: ServableName, id: PlayHistoryRow.shape.id }),
    result: PlayHistoryEntry,
  },
  addPlayHistory: {
    request: PlayHistoryEntry.omit({ id: true }),
    result: z.object({ id: PlayHistoryRow.shape.id }),
  },
  clearPlayHistory: { request: z.object({ model: ServableName }), result: z.object({}) },
  /** The text of the labels file of a version or of the model; undefined where there is none. */
  readLabels: {
    request: z.object({ model: ServableName, version: ServableVersion.optional() }),
    result: z.object({ text: z.string().optional(), file: z.string().optional() }),
  },
} as const;
