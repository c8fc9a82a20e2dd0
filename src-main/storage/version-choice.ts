import type { ServableId, ServableName, ServableVersion } from '../contracts/ids.ts';
import type { ModelConfig, VersionPolicy } from '../contracts/model-config.ts';
import type { SourceReport } from '../contracts/source-report.ts';
import type { ServableData, Withdrawals } from '../core/source.ts';
import { createVersionPicker } from '../core/version-picker.ts';
import type { PickOutcome } from '../core/version-state.ts';
import type { OfflineNotice } from './file-system.ts';
import type { StoragePath } from './storage-path.ts';
import type { Listing } from './version-listing.ts';
import type { VersionObserver } from './version-observer.ts';

/** Versions to be served, highest first. */
export type Emission = readonly ServableData<StoragePath>[];

/** Which versions of one model are to be served, as one poll found, and what to say of it. */
export interface VersionChoice {
  readonly emission: Emission;
  readonly versions: SourceReport['versions'];
  readonly message: string | undefined;
  /** Whether a wanted version is not offered yet. */
  readonly isWaiting: boolean;
  /** When a waiting version may have settled. */
  readonly readyAtMs: number;
}

/** What the rest of the program knows of versions. */
export interface VersionKnowledge {
  /** What has come of a version: where one fails, `latest` wants an older one beside it. Asked at each poll. */
  readonly outcomeOf: (id: ServableId) => PickOutcome;
  /**
   * Whether somebody holds a version back (default: nobody does any). It keeps its place and is looked at still, but has
   * to be complete anew once its files have changed: nothing serves by what it was.
   */
  readonly isHeld?: (id: ServableId) => boolean;
  /**
   * Whether a version is to be loaded afresh as soon as its files are finished (default: none is): it is looked at again,
   * also where that costs something, and reported as waiting until they are. What was offered before stands meanwhile.
   */
  readonly isReloading?: (id: ServableId) => boolean;
}

/** In what light the versions of a model are looked at. */
export interface ChoiceCircumstances {
  readonly observer: VersionObserver;
  /** Set while the store cannot be reached. */
  readonly offline: OfflineNotice | undefined;
  /** It could not be reached at the last poll. */
  readonly wasOffline: boolean;
  /** What the last poll had chosen. */
  readonly emitted: Emission | undefined;
}

/**
 * Looks at versions from the highest down, as far as the policy wants, and at no more: a look costs a walk.
 * Rejects only with ServingError CANCELLED.
 */
export async function chooseVersions(
  { name, basePath, versionPolicy, options }: ModelConfig,
  { places }: Pick<Listing, 'places'>,
  { observer, offline, wasOffline, emitted = [] }: ChoiceCircumstances,
  { outcomeOf, isHeld = () => false, isReloading = () => false }: VersionKnowledge,
  signal: AbortSignal,
): Promise<VersionChoice> {
  const picker = createVersionPicker(versionPolicy);
  const chosenBefore = new Set(emitted.map(({ id }) => id.version));
  const markerFile = options?.storage?.markerFile;
  const emission: ServableData<StoragePath>[] = [];
  const versions: SourceReport['versions'][number][] = [];
  let isWaiting = false;
  let readyAtMs = Infinity;
  for (const place of places) {
    const { version, entry } = place;
    const id = { name, version };
    const hasPlace = picker.wants(version);
    const mayStay = picker.keepsFailed && chosenBefore.has(version);
    const outcome = hasPlace || mayStay ? outcomeOf(id) : 'open';
    const isWanted = hasPlace || (mayStay && outcome === 'fails');
    const isUnused = isWanted && isHeld(id);
    const isToBeFresh = isWanted && isReloading(id);
    const circumstances = {
      isKept: offline !== undefined,
      isDoubtful: outcome === 'fails' || wasOffline || isUnused || isToBeFresh,
      isUnused,
      isToBeFresh,
      markerFile,
    };
    const seen = isWanted ? await observer.observe(place, circumstances, signal) : {};
    if (seen.offered) emission.push({ id, ok: true, data: seen.offered });
    else if (isWanted && !isUnused) isWaiting = true;
    if (hasPlace && isUnused) picker.offered('serves');
    else if (hasPlace && seen.offered) picker.offered(outcome);
    readyAtMs = Math.min(readyAtMs, seen.readyAtMs ?? Infinity);
    const sizeBytes = seen.sizeBytes ?? observer.sizeOf(version);
    versions.push({
      version,
      entry,
      aspired: seen.offered !== undefined,
      ...(seen.waiting === undefined ? {} : { waiting: seen.waiting }),
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    });
  }
  const message = offline ? offlineMessage(offline) : warningFor(name, basePath, versionPolicy, places);
  return { emission, versions, message, isWaiting, readyAtMs };
}

/**
 * Why versions are no longer chosen, where it is not just that newer ones are.
 * @param before what was chosen last, and by which configuration.
 */
export function withdrawalsOf(
  before: { readonly emission: Emission; readonly config: ModelConfig },
  now: Pick<VersionChoice, 'emission' | 'versions'> & { readonly config: ModelConfig },
): Withdrawals {
  const there = new Set(now.versions.map(({ version }) => version));
  const chosen = new Set(now.emission.map(({ id }) => id.version));
  const isMoved = before.config.basePath !== now.config.basePath;
  const hasNewPolicy = JSON.stringify(before.config.versionPolicy) !== JSON.stringify(now.config.versionPolicy);
  const withdrawn = new Map<ServableVersion, string>();
  for (const { version } of before.emission.map(({ id }) => id)) {
    if (chosen.has(version)) continue;
    if (!there.has(version)) withdrawn.set(version, isMoved ? 'not in the new folder' : 'its folder is gone');
    else if (hasNewPolicy) withdrawn.set(version, 'the new policy does not pick it');
  }
  return withdrawn;
}

/** The reason for all versions of a model that is no longer configured. */
export function allRemoved(emission: Emission): Withdrawals {
  return new Map(emission.map(({ id }) => [id.version, 'removed from the configuration']));
}

function offlineMessage({ seenMs, reason }: OfflineNotice): string {
  const when = new Date(seenMs).toISOString().replace('T', ' ').replace(/\..*$/u, ' UTC');
  return `offline copy from ${when}: ${reason}`;
}

/** Wordings: TensorFlow Serving file_system_storage_path_source.cc. */
function warningFor(
  name: ServableName,
  basePath: string,
  policy: VersionPolicy,
  found: readonly { readonly version: ServableVersion }[],
): string | undefined {
  if (policy.kind === 'specific') {
    if (policy.versions.length === 0) return `No specific versions requested for servable ${name}.`;
    const versions = new Set(found.map(({ version }) => version));
    const missing = policy.versions.filter((version) => !versions.has(version));
    if (missing.length > 0) {
      return missing
        .map(
          (version) =>
            `Version ${version} of servable ${name}, which was requested to be served as a 'specific' version in the ` +
            `servable's version policy, was not found in the file system`,
        )
        .join('; ');
    }
  }
  if (found.length > 0) return undefined;
  return (
    `No versions of servable ${name} found under base path ${basePath}. Did you forget to name your leaf directory as ` +
    `a number (eg. '/1/')?`
  );
}
