import type { DirectoryModel, ModelDirectory } from '../api/ui/model-directory.ts';
import { compareVersions, type ServableId, type ServableName, type ServableVersion } from '../contracts/ids.ts';
import type { ModelConfig } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { ChangePreview, ModelChange } from '../contracts/ui-versions.ts';
import { aspiredVersionPolicy, type SnapshotPhase } from '../core/policy.ts';
import type { ServableStates } from '../core/servable-state-monitor.ts';
import type { VersionLabelsStore } from '../core/version-labels.ts';
import { createVersionPicker } from '../core/version-picker.ts';
import { type PlannedVersion, planVersions } from '../core/version-plan.ts';
import { outcomeOf, type VersionState } from '../core/version-state.ts';
import type { ModelCatalogue } from './model-catalogue.ts';

export interface ModelChangesDeps {
  readonly catalogue: Pick<ModelCatalogue, 'models' | 'change'>;
  readonly directory: Pick<ModelDirectory, 'find'>;
  readonly states: Pick<ServableStates, 'versions'>;
  readonly labels: Pick<VersionLabelsStore, 'check'>;
  readonly memory: () => ChangePreview['memory'];
  /** What a version takes, measured or expected; undefined where nobody knows. */
  readonly bytesOf: (id: ServableId) => number | undefined;
}

/** Changes of a model's policies and labels by hand. */
export interface ModelChanges {
  /** @throws ServingError NOT_FOUND for a model that is not served. */
  preview(name: ServableName, change: ModelChange): ChangePreview;
  /** @throws ServingError NOT_FOUND; FAILED_PRECONDITION with the refusal of the preview; UNAVAILABLE when it cannot be kept. */
  apply(name: ServableName, change: ModelChange): Promise<void>;
}

export function createModelChanges(deps: ModelChangesDeps): ModelChanges {
  const { catalogue, directory, states, labels } = deps;

  function found(name: ServableName): DirectoryModel {
    const model = directory.find(name);
    if (model) return model;
    throw new ServingError('NOT_FOUND', `no model named "${name}" is served`);
  }

  function refusalOf({ config, origin }: DirectoryModel, change: ModelChange): string | undefined {
    if (origin === 'flags') return `"${config.name}" is named on the command line; change its flags there`;
    if (origin === 'config')
      return `"${config.name}" is part of the configuration (a config file or a reload request); change it there`;
    const names = (change.labels ?? []).map(({ label }) => label);
    const twice = names.find((label, index) => names.indexOf(label) !== index);
    if (twice !== undefined) return `the label "${twice}" is there twice`;
    try {
      const others = catalogue.models().map((model) => model.config);
      labels.check(others.map((each) => (each.name === config.name ? changed(each, change) : each)));
      return undefined;
    } catch (error) {
      if (error instanceof ServingError) return error.message;
      throw error;
    }
  }

  return {
    preview(name, change) {
      const model = found(name);
      const after = changed(model.config, change);
      const statuses = states.versions(name);
      const stateOf = (version: ServableVersion): VersionState | undefined =>
        statuses.find(({ id }) => id.version === version)?.state;
      const waiting = new Map(model.report.versions.map((each) => [each.version, each.waiting]));
      const known = new Set([...waiting.keys(), ...statuses.map(({ id }) => id.version)]);
      const picker = createVersionPicker(after.versionPolicy);
      const notes: string[] = [];
      const planned = [...known]
        .toSorted((left, right) => compareVersions(right, left))
        .map((version): PlannedVersion => {
          const wanted = waiting.has(version) && picker.wants(version);
          const waitsFor = waiting.get(version);
          if (wanted && waitsFor === undefined) picker.offered(outcomeOf(statuses, version));
          if (wanted && waitsFor !== undefined) notes.push(`v${version} waits: ${waitsFor}`);
          const aspired = wanted && waitsFor === undefined;
          const phase = phaseOf(stateOf(version), aspired);
          const failed = aspired && phase === 'ended';
          if (failed) notes.push(`v${version} failed to load; it is tried again when its files change, or by hand`);
          return { version, phase, aspired, bytes: deps.bytesOf({ name, version }) };
        });
      if (after.versionPolicy.kind === 'specific') {
        for (const version of after.versionPolicy.versions)
          if (!waiting.has(version)) notes.push(`v${version} is not there (yet)`);
      }
      const memory = deps.memory();
      const policy = aspiredVersionPolicy(after.aspiredVersionPolicy ?? 'availability_preserving');
      const bytes = new Map(planned.map((each) => [each.version, each.bytes]));
      const steps = planVersions(planned, policy, memory).map((step) => {
        const size = bytes.get(step.version);
        return { ...step, ...(size !== undefined && { bytes: size }) };
      });
      const refusal = refusalOf(model, change);
      return { ...(refusal !== undefined && { refusal }), steps, notes, memory };
    },

    async apply(name, change) {
      const refusal = refusalOf(found(name), change);
      if (refusal !== undefined) throw new ServingError('FAILED_PRECONDITION', refusal);
      await catalogue.change(name, (config) => changed(config, change));
    },
  };
}

function changed(
  config: ModelConfig,
  { versionPolicy, aspiredVersionPolicy: aspired, labels }: ModelChange,
): ModelConfig {
  return {
    ...config,
    ...(versionPolicy && { versionPolicy }),
    ...(aspired && { aspiredVersionPolicy: aspired }),
    ...(labels && { versionLabels: Object.fromEntries(labels.map(({ label, version }) => [label, version])) }),
  };
}

/** As a policy sees it; what ended well and is wanted again begins afresh. */
function phaseOf(state: VersionState | undefined, aspired: boolean): SnapshotPhase {
  switch (state?.phase) {
    case undefined:
    case 'start':
      return 'new';
    case 'loading':
      return state.lost ? 'lost' : 'loading';
    case 'available':
      return 'ready';
    case 'unloading':
      return 'unloading';
    case 'end':
      return aspired && (state.error === undefined || state.error.code === 'CANCELLED') ? 'new' : 'ended';
    default:
      return state satisfies never;
  }
}
