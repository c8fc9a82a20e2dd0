/** What the user interface shows and changes of one model's versions, beyond what the event stream tells of every model. */
import { z } from 'zod';
import { ServableName, ServableVersion } from './ids.ts';
import { AspiredVersionPolicyName, VersionLabel, VersionPolicy } from './model-config.ts';
import { EventView } from './ui.ts';

/** What is to be another of a model's configuration; what is left out stays. */
export const ModelChange = z.object({
  versionPolicy: VersionPolicy.optional(),
  aspiredVersionPolicy: AspiredVersionPolicyName.optional(),
  /** All labels that the model is to have. */
  labels: z
    .array(z.object({ label: VersionLabel, version: ServableVersion }))
    .readonly()
    .optional(),
});
export type ModelChange = z.infer<typeof ModelChange>;

/**
 * What can be done to versions by hand, their model's configuration left alone. `unload`: they stay away, though their
 * policy picks them, until they are loaded by hand, Slipway starts again or their folders go. `load`: the end of that.
 * `reload`: they are unloaded and loaded again, by the files that there are then.
 */
const VersionAction = z.enum(['unload', 'load', 'reload']);
export type VersionAction = z.infer<typeof VersionAction>;

/** One thing that a change would lead to. */
export const ChangeStep = z.object({
  /** `available`: requests reach it from then on. `refused`: there is not the memory for it. */
  kind: z.enum(['load', 'available', 'unload', 'refused']),
  version: ServableVersion,
  /** Versions that answer requests after the step, highest first; none is an outage. */
  serving: z.array(ServableVersion).readonly(),
  /** Memory of the version, measured or expected; undefined where nobody knows. */
  bytes: z.number().nonnegative().optional(),
  /** Memory that all models take after the step. */
  usedBytes: z.number().nonnegative(),
});
export type ChangeStep = z.infer<typeof ChangeStep>;

/** A label that would not, or not all the time, lead to a version that serves. */
export const BlockedLabel = z.object({
  label: VersionLabel,
  version: ServableVersion,
  /** `refused`: it cannot be put there. `blocked`: calls by it are refused. `interrupted`: for a while. */
  kind: z.enum(['refused', 'blocked', 'interrupted']),
  reason: z.string(),
});
export type BlockedLabel = z.infer<typeof BlockedLabel>;

/** What a change would do, found out without doing it. */
export const ChangePreview = z.object({
  /** Why it cannot be made here, and where or how it can; undefined where it can. */
  refusal: z.string().optional(),
  /** In order, if every load goes well. */
  steps: z.array(ChangeStep).readonly(),
  /** In the order of the configuration. */
  labels: z.array(BlockedLabel).readonly(),
  /** What else is worth knowing, such as a version that is asked for and is not there. */
  notes: z.array(z.string()).readonly(),
  memory: z.object({ usedBytes: z.number().nonnegative(), limitBytes: z.number().nonnegative().optional() }),
});
export type ChangePreview = z.infer<typeof ChangePreview>;

const OneVersion = z.object({ name: ServableName, version: ServableVersion });
const ChangeRequest = z.object({ name: ServableName, change: ModelChange });

export const VERSION_COMMANDS = {
  /** All events that are kept of a model, oldest first; the event stream has the last of them. */
  modelHistory: {
    request: z.object({ name: ServableName }),
    result: z.object({ events: z.array(EventView).readonly() }),
  },
  /** One model of the running configuration, as it stands in a file for `--model_config_file`. */
  modelConfig: { request: z.object({ name: ServableName }), result: z.object({ text: z.string() }) },
  previewChange: { request: ChangeRequest, result: ChangePreview },
  /** The change is kept for the next start. FAILED_PRECONDITION where the preview has a refusal. */
  applyChange: { request: ChangeRequest, result: z.object({}) },
  /** What an action on all of these together would do. */
  previewVersions: {
    request: z.object({
      name: ServableName,
      versions: z.array(ServableVersion).min(1).readonly(),
      action: VersionAction,
    }),
    result: ChangePreview,
  },
  /** FAILED_PRECONDITION for a version that neither serves nor is picked. */
  unloadVersion: { request: OneVersion, result: z.object({}) },
  /** The version loads as soon as its files are complete. FAILED_PRECONDITION for one that was not unloaded by hand. */
  loadVersion: { request: OneVersion, result: z.object({}) },
  /** It goes when its files as they are now are complete, and then loads. FAILED_PRECONDITION for one that is not picked. */
  reloadVersion: { request: OneVersion, result: z.object({}) },
} as const;
