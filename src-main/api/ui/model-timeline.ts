import { type ServableId, servableKey, type ServableName, type ServableVersion } from '../../contracts/ids.ts';
import type { RequestOutcome } from '../../contracts/request-outcome.ts';
import type { EventView, ShownPhase } from '../../contracts/ui.ts';
import type { Clock } from '../../core/clock.ts';
import type { ServableEvent, ServableStates } from '../../core/servable-state-monitor.ts';
import type { VersionLabels } from '../../core/version-labels.ts';
import { errorView } from './error-view.ts';
import type { ModelDirectory } from './model-directory.ts';
import type { HoldChange, VersionHoldsView } from './version-holds-view.ts';

/** Events of one model that are kept. */
const KEPT_EVENTS = 300;

export interface ModelTimelineDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly states: ServableStates;
  readonly directory: ModelDirectory;
  readonly labels: Pick<VersionLabels, 'labelsOf'>;
  readonly holds?: Pick<VersionHoldsView, 'subscribe'>;
}

/** What happened to the versions of each model: what the manager did, and what its source and its users saw. */
export interface ModelTimeline {
  /** Oldest first; bounded. An event that is told anew keeps its number. */
  history(name: ServableName): readonly EventView[];
  /** Tells of calls; the first one that a version answers well is an event. */
  readonly observe: (outcome: RequestOutcome) => void;
  /** Calls back with the name of a model that has a new event. */
  subscribe(onChange: (name: ServableName) => void): () => void;
  close(): void;
}

interface Model {
  readonly events: EventView[];
  /** What the source said last of each version that it found: why it waits, or nothing. */
  found: ReadonlyMap<ServableVersion, string | undefined>;
  labels: ReadonlyMap<string, ServableVersion>;
}

/** Begins to keep; what happened before is not in it. */
export function createModelTimeline({ clock, states, directory, labels, holds }: ModelTimelineDeps): ModelTimeline {
  const models = new Map<ServableName, Model>();
  const listeners = new Set<(name: ServableName) => void>();
  /** Versions that are available and have answered nobody yet, by their keys. */
  const unasked = new Map<string, ServableId>();
  let sequence = 0;

  const modelOf = (name: ServableName): Model => {
    const known = models.get(name);
    if (known) return known;
    const model: Model = { events: [], found: new Map(), labels: new Map() };
    models.set(name, model);
    return model;
  };

  const add = (name: ServableName, event: Omit<EventView, 'sequence' | 'atMs'>, atMs = clock.now()): void => {
    const { events } = modelOf(name);
    sequence += 1;
    events.push({ ...event, sequence, atMs });
    if (events.length > KEPT_EVENTS) events.shift();
    for (const listener of listeners) listener(name);
  };

  const phaseOf = (name: ServableName, version: ServableVersion): ShownPhase =>
    states.versions(name).find(({ id }) => id.version === version)?.state.phase ?? 'waiting';

  const moved = ({ id, atMs, kind, state, reason }: ServableEvent): void => {
    const key = servableKey(id);
    if (state.phase === 'available') {
      if (kind === 'state') unasked.set(key, id);
    } else {
      unasked.delete(key);
    }
    const event = {
      version: id.version,
      kind,
      phase: state.phase,
      reason,
      ...('retryAtMs' in state && { retryAtMs: state.retryAtMs }),
      ...errorView(state),
    };
    add(id.name, event, atMs);
  };

  /** A version that goes on waiting for something else is told anew, not again. */
  const waits = (name: ServableName, version: ServableVersion, reason: string): void => {
    const { events } = modelOf(name);
    const at = events.findLastIndex((event) => event.version === version);
    const last = events[at];
    if (last?.kind !== 'waiting') {
      add(name, { version, kind: 'waiting', phase: phaseOf(name, version), reason });
      return;
    }
    events[at] = { ...last, reason };
    for (const listener of listeners) listener(name);
  };

  const looked = (name: ServableName): void => {
    const current = directory.find(name);
    if (!current) {
      models.delete(name);
      return;
    }
    const model = modelOf(name);
    const before = model.found;
    model.found = new Map(current.report.versions.map(({ version, waiting }) => [version, waiting]));
    // Lowest first, as they were made.
    for (const { version, entry, waiting } of current.report.versions.toReversed()) {
      if (!before.has(version)) {
        const reason = entry === version ? 'found' : `found as ${entry}`;
        add(name, { version, kind: 'found', phase: phaseOf(name, version), reason });
      }
      if (waiting !== undefined && waiting !== before.get(version)) waits(name, version, waiting);
    }
    for (const version of before.keys()) {
      if (!model.found.has(version))
        add(name, { version, kind: 'gone', phase: phaseOf(name, version), reason: 'its folder is gone' });
    }
    labelled(name, model);
  };

  const labelled = (name: ServableName, model: Model): void => {
    const before = model.labels;
    model.labels = new Map(labels.labelsOf(name));
    for (const [label, version] of model.labels) {
      const from = before.get(label);
      if (from === version) continue;
      const reason = from === undefined ? `label ${label} set` : `label ${label} moved here from v${from}`;
      add(name, { version, kind: 'label', phase: phaseOf(name, version), reason });
    }
    for (const [label, version] of before) {
      if (!model.labels.has(label))
        add(name, { version, kind: 'label', phase: phaseOf(name, version), reason: `label ${label} removed` });
    }
  };

  const heldBack = ({ id: { name, version }, event }: HoldChange): void => {
    if (event) add(name, { version, phase: phaseOf(name, version), ...event });
  };

  const unsubscribe = [states.subscribe(moved), directory.subscribe(looked), holds?.subscribe(heldBack)];
  for (const { config } of directory.models()) looked(config.name);

  return {
    history: (name) => [...(models.get(name)?.events ?? [])],
    observe({ code, model, version }) {
      // Looked up for each call as long as there is anything to wait for.
      if (unasked.size === 0 || code !== 'OK' || version === undefined) return;
      for (const [key, id] of unasked) {
        if (id.name !== model || id.version !== version) continue;
        unasked.delete(key);
        add(id.name, { version, kind: 'firstRequest', phase: 'available', reason: 'answered its first request' });
        return;
      }
    },
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    close() {
      for (const stop of unsubscribe) stop?.();
    },
  };
}
