import type { ServableVersion } from '../contracts/ids.ts';
import type { VersionPolicy } from '../contracts/model-config.ts';

/**
 * Says which of the versions that are there a policy picks. To be asked for each of them once, highest first.
 * Source: TensorFlow Serving sources/storage_path/file_system_storage_path_source.cc. Deviation: with `latest` a version
 * that fails to load takes up no place, so that an older one serves.
 */
export interface VersionPicker {
  wants(version: ServableVersion): boolean;
  /** To be called for each wanted version that is offered. @param isFailing it could not be loaded. */
  offered(isFailing: boolean): void;
}

export function createVersionPicker(policy: VersionPolicy): VersionPicker {
  const requested = policy.kind === 'specific' ? new Set(policy.versions) : undefined;
  let placesLeft = policy.kind === 'latest' ? policy.count : Infinity;
  return {
    wants: (version) => placesLeft > 0 && (requested?.has(version) ?? true),
    offered(isFailing) {
      if (!isFailing) placesLeft -= 1;
    },
  };
}
