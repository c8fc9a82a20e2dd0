import { type ServableId, ServableName, ServableVersion } from '../../contracts/ids.ts';
import type { ServingError } from '../../contracts/serving-error.ts';
import type { ServableEvent, ServableStates } from '../servable-state-monitor.ts';
import type { ServableData } from '../source.ts';

export function servableName(text: string): ServableName {
  return ServableName.parse(text);
}

export function servableVersion(number: number): ServableVersion {
  return ServableVersion.parse(String(number));
}

export function servableId(name: string, version: number): ServableId {
  return { name: servableName(name), version: servableVersion(version) };
}

export function good<T>(name: string, version: number, data: T): ServableData<T> {
  return { id: servableId(name, version), ok: true, data };
}

export function bad<T>(name: string, version: number, error: ServingError): ServableData<T> {
  return { id: servableId(name, version), ok: false, error };
}

/** Collects all events from now on. */
export function recordEvents(states: ServableStates): ServableEvent[] {
  const events: ServableEvent[] = [];
  states.subscribe((event) => events.push(event));
  return events;
}

/** The moves of an event list as TensorFlow Serving's documents write them: `LOADING 2`, `END 1 (message)`. */
export function moves(events: readonly ServableEvent[]): string[] {
  return events
    .filter(({ kind }) => kind === 'state' || kind === 'lost')
    .map(({ id, state }) => {
      const error = state.phase === 'end' && state.error ? ` (${state.error.message})` : '';
      return `${state.phase.toUpperCase()} ${id.version}${error}`;
    });
}
