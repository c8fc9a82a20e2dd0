import type { ServableVersion } from '../contracts/ids.ts';
import type { VersionPolicy } from '../contracts/model-config.ts';
import type { PickOutcome } from './version-state.ts';

/**
 * Says which of the versions that are there a policy picks. To be asked for each of them once, highest first.
 * Source: TensorFlow Serving sources/storage_path/file_system_storage_path_source.cc. Deviation: with `latest` a version
 * that fails to load takes up no place, so that an older one serves.
 */
export interface VersionPicker {
  wants(version: ServableVersion): boolean;
  /**
   * Whether versions below, which failed and were picked before, are to stay picked: all places are taken, but not all by
   * versions that serve. To drop them now and pick them again when a newer one fails would load them again for nothing.
   */
  readonly keepsFailed: boolean;
  /**
   * To be called for each wanted version that is offered, and for each that somebody holds back: that one keeps its place,
   * as if it served, so that no older one is loaded in its stead.
   */
  offered(outcome: PickOutcome): void;
}

export function createVersionPicker(policy: VersionPolicy): VersionPicker {
  const requested = policy.kind === 'specific' ? new Set(policy.versions) : undefined;
  let placesLeft = policy.kind === 'latest' ? policy.count : Infinity;
  let isOpen = false;
  return {
    wants: (version) => placesLeft > 0 && (requested?.has(version) ?? true),
    get keepsFailed() {
      return placesLeft === 0 && isOpen;
    },
    offered(outcome) {
      if (outcome === 'fails') return;
      placesLeft -= 1;
      isOpen ||= outcome === 'open';
    },
  };
}
