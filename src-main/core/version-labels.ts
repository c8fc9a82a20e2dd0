import type { ServableId, ServableName, ServableVersion } from '../contracts/ids.ts';
import type { ModelConfig, VersionLabel } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';

/** Which version each label of each model stands for now. */
export interface VersionLabels {
  /**
   * The version that a label stands for, whether it is available or not.
   * @throws ServingError INVALID_ARGUMENT `Unrecognized servable version label: LABEL` (TensorFlow Serving
   *   model_servers/server_core.cc GetModelVersionForLabel) where the model has no such label.
   */
  resolve(name: ServableName, label: string): ServableVersion;
  /** All labels of a model, in the order of its configuration. */
  labelsOf(name: ServableName): readonly (readonly [VersionLabel, ServableVersion])[];
}

/** The labels together with the way to replace them all, in two steps: what was checked can be applied without failing. */
export interface VersionLabelsStore extends VersionLabels {
  /**
   * Whether a whole new configuration may take the place of the labels as they are now. Changes nothing.
   * @throws ServingError FAILED_PRECONDITION with the first label that may not point to where it is to. Wording and rules:
   *   TensorFlow Serving model_servers/server_core.cc UpdateModelVersionLabelMap. Deviation: a label that stays on its
   *   version may do so whatever has become of that version, so that a configuration that runs can be applied again.
   */
  check(configs: readonly ModelConfig[]): void;
  /** Puts the labels of these models in the place of all there were; those that are left out vanish. Never fails. */
  apply(configs: readonly ModelConfig[]): void;
}

export interface VersionLabelsOptions {
  readonly isAvailable: (id: ServableId) => boolean;
  /**
   * Whether a label that is new may point to a version that is not available (yet). A label in use moves only to one that
   * is, in either case: requests that use it are never refused because of a new configuration.
   */
  readonly allowUnavailable: boolean;
}

/** A store without any labels. */
export function createVersionLabels({ isAvailable, allowUnavailable }: VersionLabelsOptions): VersionLabelsStore {
  let models: ReadonlyMap<ServableName, ReadonlyMap<string, LabelEntry>> = new Map();

  return {
    resolve(name, label) {
      const entry = models.get(name)?.get(label);
      if (!entry) throw new ServingError('INVALID_ARGUMENT', `Unrecognized servable version label: ${label}`);
      return entry[1];
    },
    labelsOf: (name) => [...(models.get(name)?.values() ?? [])],
    check(configs) {
      for (const { name, versionLabels } of configs) {
        for (const [label, version] of entriesOf(versionLabels)) {
          const current = models.get(name)?.get(label)?.[1];
          if (current === version || (current === undefined && allowUnavailable)) continue;
          if (!isAvailable({ name, version })) throw refusal(name, label, version, current);
        }
      }
    },
    apply(configs) {
      models = new Map(
        configs.map(({ name, versionLabels }) => [
          name,
          new Map(entriesOf(versionLabels).map((entry) => [entry[0], entry])),
        ]),
      );
    },
  };
}

type LabelEntry = readonly [VersionLabel, ServableVersion];

function entriesOf<L extends string, V>(labels: Readonly<Record<L, V>> | undefined): (readonly [L, V])[] {
  const entries: (readonly [L, V])[] = [];
  for (const label in labels) {
    if (Object.hasOwn(labels, label)) entries.push([label, labels[label]]);
  }
  return entries;
}

function refusal(
  name: ServableName,
  label: VersionLabel,
  version: ServableVersion,
  current: ServableVersion | undefined,
): ServingError {
  const rule =
    current === undefined
      ? `label "${label}" is new, and new labels may point only to available versions`
      : `label "${label}" stands for version ${current} and moves only to an available version`;
  return new ServingError(
    'FAILED_PRECONDITION',
    `Request to assign label to version ${version} of model ${name}, which is not currently available for inference; ${rule}`,
  );
}
