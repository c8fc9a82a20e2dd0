import type { DirectoryModel, ModelDirectory } from '../api/ui/model-directory.ts';
import { compareVersions, type ServableId, type ServableName, type ServableVersion } from '../contracts/ids.ts';
import type { ModelConfig, VersionLabel, VersionPolicy } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { BlockedLabel, ChangePreview, ModelChange, VersionAction } from '../contracts/ui-versions.ts';
import { aspiredVersionPolicy, type SnapshotPhase, unloadingAtOnce } from '../core/policy.ts';
import type { ServableStates, VersionStatus } from '../core/servable-state-monitor.ts';
import type { VersionLabelsStore } from '../core/version-labels.ts';
import { createVersionPicker } from '../core/version-picker.ts';
import { type PlannedVersion, planVersions, type PlanStep } from '../core/version-plan.ts';
import { outcomeOf } from '../core/version-state.ts';
import { counted } from '../core/words.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import type { VersionHolds } from './version-holds.ts';

export interface ModelChangesDeps {
  readonly catalogue: Pick<ModelCatalogue, 'models' | 'change'>;
  readonly directory: Pick<ModelDirectory, 'find'>;
  readonly states: Pick<ServableStates, 'versions'>;
  readonly labels: Pick<VersionLabelsStore, 'check' | 'labelsOf'>;
  readonly holds: Pick<VersionHolds, 'of' | 'load'>;
  readonly memory: () => ChangePreview['memory'];
  /** What a version takes, measured or expected; undefined where nobody knows. */
  readonly bytesOf: (id: ServableId) => number | undefined;
}

/** What is done to a model's versions by hand, found out before it is done. */
export interface ModelChanges {
  /** Of other policies and labels. @throws ServingError NOT_FOUND for a model that is not served. */
  preview(name: ServableName, change: ModelChange): ChangePreview;
  /** Of an action on single versions, all of them together. @throws ServingError NOT_FOUND for a model that is not served. */
  previewVersions(name: ServableName, versions: readonly ServableVersion[], action: VersionAction): ChangePreview;
  /**
   * Versions that were unloaded by hand, and that the new policy is the first to name, are loaded: whoever names a version
   * wants it served.
   * @throws ServingError NOT_FOUND; FAILED_PRECONDITION with the refusal of the preview; UNAVAILABLE when it cannot be kept.
   */
  apply(name: ServableName, change: ModelChange): Promise<void>;
}

/** How things would stand. */
interface Intent {
  readonly config: ModelConfig;
  readonly held: ReadonlySet<ServableVersion>;
  readonly reloaded: ReadonlySet<ServableVersion>;
}

/** What is known of a model, and what would happen to it. */
interface Outlook {
  readonly steps: ChangePreview['steps'];
  /** Why versions that are picked do not serve, in words. */
  readonly notes: ReadonlyMap<ServableVersion, string>;
  /** Versions that serve in the end. */
  readonly serving: ReadonlySet<ServableVersion>;
  /** Versions that serve now, but not all the time until the end, although they do then. */
  readonly interrupted: ReadonlySet<ServableVersion>;
  /** There are versions that the policy would pick if the held ones had no place. */
  readonly hasOlder: boolean;
}

export function createModelChanges(deps: ModelChangesDeps): ModelChanges {
  const { catalogue, directory, states, labels, holds } = deps;

  function found(name: ServableName): DirectoryModel {
    const model = directory.find(name);
    if (model) return model;
    throw new ServingError('NOT_FOUND', `no model named "${name}" is served`);
  }

  /** Why labels may not be so; undefined where they may. */
  function labelRefusal(configs: readonly ModelConfig[]): string | undefined {
    try {
      labels.check(configs);
      return undefined;
    } catch (error) {
      if (error instanceof ServingError) return error.message;
      throw error;
    }
  }

  function refusalOf({ config, origin }: DirectoryModel, change: ModelChange): string | undefined {
    if (origin === 'flags') return `"${config.name}" is named on the command line; change its flags there`;
    if (origin === 'config')
      return `"${config.name}" is part of the configuration (a config file or a reload request); change it there`;
    const names = (change.labels ?? []).map(({ label }) => label);
    const twice = names.find((label, index) => names.indexOf(label) !== index);
    if (twice !== undefined) return `the label "${twice}" is there twice`;
    const others = catalogue.models().map((model) => model.config);
    return labelRefusal(others.map((each) => (each.name === config.name ? changed(each, change) : each)));
  }

  /** The policies themselves, run dry. */
  function outlookOf({ report }: DirectoryModel, { config, held, reloaded }: Intent): Outlook {
    const { name } = config;
    const statuses = states.versions(name);
    const waiting = new Map(report.versions.map((each) => [each.version, each.waiting]));
    const known = new Set([...waiting.keys(), ...statuses.map(({ id }) => id.version)]);
    const picker = createVersionPicker(config.versionPolicy);
    const notes = new Map<ServableVersion, string>();
    let hasOlder = false;
    const planned = [...known]
      .toSorted((left, right) => compareVersions(right, left))
      .map((version): PlannedVersion => {
        const isThere = waiting.has(version);
        const isWanted = isThere && picker.wants(version);
        const waitsFor = waiting.get(version);
        const isHeld = held.has(version);
        if (isThere && !isWanted) hasOlder = true;
        if (isWanted && isHeld) picker.offered('serves');
        else if (isWanted && waitsFor === undefined)
          picker.offered(reloaded.has(version) ? 'open' : outcomeOf(statuses, version));
        if (isWanted && isHeld) notes.set(version, `v${version} is held back: you unloaded it`);
        else if (isWanted && waitsFor !== undefined) notes.set(version, `v${version} waits: ${waitsFor}`);
        const aspired = isWanted && waitsFor === undefined && !isHeld;
        const phase = phaseOf(
          statuses.find(({ id }) => id.version === version),
          aspired,
        );
        const bytes = deps.bytesOf({ name, version });
        if (reloaded.has(version)) {
          const goesFirst = phase === 'ready' || phase === 'lost';
          return { version, phase: goesFirst ? phase : 'new', aspired: !goesFirst, comesBack: goesFirst, bytes };
        }
        if (aspired && phase === 'ended')
          notes.set(version, `v${version} failed to load; it is tried again when its files change, or by hand`);
        return { version, phase, aspired, bytes };
      });
    if (config.versionPolicy.kind === 'specific') {
      for (const version of config.versionPolicy.versions)
        if (!waiting.has(version)) notes.set(version, `v${version} is not there (yet)`);
    }
    const policy = aspiredVersionPolicy(config.aspiredVersionPolicy ?? 'availability_preserving');
    const isUnwanted = (version: ServableVersion): boolean => held.has(version) || reloaded.has(version);
    const steps = planVersions(planned, unloadingAtOnce(policy, isUnwanted), deps.memory());
    const now = planned.filter(({ phase }) => phase === 'ready').map(({ version }) => version);
    const serving = new Set(steps.at(-1)?.serving ?? now);
    const bytes = new Map(planned.map((each) => [each.version, each.bytes]));
    return {
      steps: steps.map((step) => withBytes(step, bytes.get(step.version))),
      notes,
      serving,
      interrupted: new Set(
        now.filter((version) => serving.has(version) && steps.some((step) => !step.serving.includes(version))),
      ),
      hasOlder,
    };
  }

  /** @param wanted the labels as they would be. */
  function blockedLabels(
    config: ModelConfig,
    wanted: readonly (readonly [VersionLabel, ServableVersion])[],
    { notes, serving, interrupted }: Outlook,
  ): readonly BlockedLabel[] {
    const { name } = config;
    const inUse = new Map<string, ServableVersion>(labels.labelsOf(name));
    return wanted.flatMap(([label, version]): readonly BlockedLabel[] => {
      const isNew = inUse.get(label) !== version;
      const refusal = isNew ? labelRefusal([{ ...config, versionLabels: { [label]: version } }]) : undefined;
      if (refusal !== undefined) return [{ label, version, kind: 'refused', reason: refusal }];
      if (!serving.has(version)) {
        const reason = notes.get(version) ?? `v${version} is not among the versions to serve then`;
        return [{ label, version, kind: 'blocked', reason }];
      }
      if (!interrupted.has(version)) return [];
      return [{ label, version, kind: 'interrupted', reason: `v${version} does not serve for a while` }];
    });
  }

  return {
    preview(name, change) {
      const model = found(name);
      const config = changed(model.config, change);
      const named = newlyNamed(model.config.versionPolicy, config.versionPolicy);
      const held = new Set(holds.of(name).filter((version) => !named.has(version)));
      const outlook = outlookOf(model, { config, held, reloaded: new Set() });
      const wanted = change.labels?.map(({ label, version }) => [label, version] as const) ?? labels.labelsOf(name);
      const refusal = refusalOf(model, change);
      return {
        ...(refusal !== undefined && { refusal }),
        steps: outlook.steps,
        labels: blockedLabels(config, wanted, outlook),
        notes: [...outlook.notes.values()],
        memory: deps.memory(),
      };
    },

    previewVersions(name, versions, action) {
      const model = found(name);
      const { config } = model;
      const held = new Set(holds.of(name));
      const reloaded = new Set(action === 'reload' ? versions : []);
      for (const version of versions) {
        if (action === 'unload') held.add(version);
        else held.delete(version);
      }
      const outlook = outlookOf(model, { config, held, reloaded });
      const inFlight = states
        .versions(name)
        .filter(({ id }) => versions.includes(id.version))
        .reduce((sum, status) => sum + status.inFlight, 0);
      const notes = [
        ...(inFlight > 0 && action !== 'load'
          ? [`${counted(inFlight, 'request')} may finish before it is unloaded`]
          : []),
        ...(action === 'unload' ? unloadNotes(config.versionPolicy, versions, outlook.hasOlder) : []),
        ...[...outlook.notes]
          .filter(([version]) => action !== 'unload' || !versions.includes(version))
          .map(([, note]) => note),
      ];
      return {
        steps: outlook.steps,
        labels: blockedLabels(config, labels.labelsOf(name), outlook),
        notes,
        memory: deps.memory(),
      };
    },

    async apply(name, change) {
      const { config } = found(name);
      const refusal = refusalOf(found(name), change);
      if (refusal !== undefined) throw new ServingError('FAILED_PRECONDITION', refusal);
      await catalogue.change(name, (current) => changed(current, change));
      const named = newlyNamed(config.versionPolicy, change.versionPolicy ?? config.versionPolicy);
      const released = holds.of(name).filter((version) => named.has(version));
      await Promise.all(released.map((version) => holds.load({ name, version })));
    },
  };
}

function unloadNotes(
  policy: VersionPolicy,
  versions: readonly ServableVersion[],
  hasOlder: boolean,
): readonly string[] {
  const [only, ...others] = versions;
  const isOne = others.length === 0;
  const keeps = isOne ? `v${only} keeps its place` : 'they keep their places';
  const stays = isOne ? 'it stays unloaded until you load it' : 'they stay unloaded until you load them';
  return [
    ...(policy.kind === 'latest' && hasOlder
      ? [`${keeps} among the latest: no older version is loaded instead; roll back to one for that`]
      : []),
    `${stays}, Slipway starts again or ${isOne ? 'its folder goes' : 'their folders go'}`,
  ];
}

/** Versions that a policy names and the one before did not. */
function newlyNamed(before: VersionPolicy, after: VersionPolicy): ReadonlySet<ServableVersion> {
  if (after.kind !== 'specific') return new Set();
  const known = new Set(before.kind === 'specific' ? before.versions : []);
  return new Set(after.versions.filter((version) => !known.has(version)));
}

const withBytes = (step: PlanStep, bytes: number | undefined): ChangePreview['steps'][number] => ({
  ...step,
  ...(bytes !== undefined && { bytes }),
});

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

/** As a policy sees it; what ended, and is wanted again or has not failed, begins afresh. */
function phaseOf(status: VersionStatus | undefined, aspired: boolean): SnapshotPhase {
  const state = status?.state;
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
      return aspired && (!status?.aspired || state.error === undefined || state.error.code === 'CANCELLED')
        ? 'new'
        : 'ended';
    default:
      return state satisfies never;
  }
}
