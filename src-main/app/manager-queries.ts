import type { ServableId, ServableName } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import type { ModelServable } from '../contracts/model-servable.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { AspiredVersionsManager } from '../core/aspired-versions-manager.ts';
import type { ServableStates } from '../core/servable-state-monitor.ts';
import { isFailing, type VersionState } from '../core/version-state.ts';

/** Tries again what failed: something has changed that may have been the cause. */
export function retryFailed(
  manager: Pick<AspiredVersionsManager<ModelServable>, 'states' | 'retry'>,
  name: ServableName,
  log: Logger,
): void {
  for (const { id, state, aspired } of manager.states.versions(name)) {
    if (!aspired || !isFailing(state)) continue;
    try {
      manager.retry(id);
    } catch (error) {
      // What its source says is wrong with it, no retry can change; the others are to have theirs.
      if (!(error instanceof ServingError)) throw error;
      log.debug({ servable: name, version: id.version, error }, 'version is not tried again');
    }
  }
}

/** Requests that hold a version now, of one model or of all. */
export function inFlightOf(states: ServableStates, model?: ServableName): number {
  let sum = 0;
  for (const name of model === undefined ? states.names() : [model])
    for (const { inFlight } of states.versions(name)) sum += inFlight;
  return sum;
}

/** The state of a version; undefined for one that the manager does not know. */
export function stateOf(manager: AspiredVersionsManager<ModelServable>, id: ServableId): VersionState | undefined {
  return manager.states.versions(id.name).find((status) => status.id.version === id.version)?.state;
}

/**
 * When a version begins to fail, its source looks again at once: an older version may have to step in.
 * @returns ends that.
 */
export function pollWhenFailing(
  manager: AspiredVersionsManager<ModelServable>,
  pollNow: (name: ServableName) => Promise<void>,
): () => void {
  return manager.states.subscribe(({ id, kind, state }) => {
    if (kind === 'state' && isFailing(state)) void pollNow(id.name);
  });
}

/** The servable of a version that is available; it is not kept from being unloaded. */
export function loadedServable(
  manager: AspiredVersionsManager<ModelServable>,
  id: ServableId,
): ModelServable | undefined {
  if (stateOf(manager, id)?.phase !== 'available') return undefined;
  using handle = manager.acquire(id.name, id.version);
  return handle.servable;
}
