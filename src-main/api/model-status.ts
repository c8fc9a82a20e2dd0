import type { ServableName, ServableVersion } from '../contracts/ids.ts';
import type { ErrorCode } from '../contracts/serving-error.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { ServableStates, VersionStatus } from '../core/servable-state-monitor.ts';
import type { Phase } from '../core/version-state.ts';

/** TensorFlow Serving's names of the phases. Source: apis/get_model_status.proto. */
export const STATE_NAMES = {
  start: 'START',
  loading: 'LOADING',
  available: 'AVAILABLE',
  unloading: 'UNLOADING',
  end: 'END',
} as const satisfies Record<Phase, string>;

/** A `tensorflow.serving.ModelVersionStatus`: enums by name, 64-bit numbers as decimal text. */
export interface ModelVersionStatus {
  readonly version: ServableVersion;
  readonly state: (typeof STATE_NAMES)[Phase];
  readonly status: { readonly error_code: 'OK' | ErrorCode; readonly error_message: string };
}

export function modelVersionStatus({ id, state }: VersionStatus): ModelVersionStatus {
  const error = 'error' in state ? state.error : undefined;
  return {
    version: id.version,
    state: STATE_NAMES[state.phase],
    status: { error_code: error?.code ?? 'OK', error_message: error?.message ?? '' },
  };
}

/**
 * The versions of a model that a call asks for.
 * @param readVersion the one that is wanted, undefined for all; asked only where the model has any.
 * @throws ServingError NOT_FOUND where there is none; what `readVersion` throws. Wordings: TensorFlow Serving
 *   model_servers/get_model_status_impl.cc. Deviation: that ignores a label and gives all versions.
 */
export function findVersions(
  states: ServableStates,
  name: ServableName,
  readVersion: () => ServableVersion | undefined,
): readonly VersionStatus[] {
  const versions = states.versions(name);
  if (versions.length === 0) throw new ServingError('NOT_FOUND', `Could not find any versions of model ${name}`);
  const wanted = readVersion();
  if (wanted === undefined) return versions;
  const found = versions.filter(({ id }) => id.version === wanted);
  if (found.length === 0) throw new ServingError('NOT_FOUND', `Could not find version ${wanted} of model ${name}`);
  return found;
}

/** Whether a model has a version that answers requests; what readiness and health go by. */
export function isServed(states: ServableStates, name: ServableName): boolean {
  return states.versions(name).some(({ state }) => state.phase === 'available');
}
