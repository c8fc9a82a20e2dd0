import { ServableName, ServableVersion } from '../../../contracts/ids.ts';
import { modelChange } from '../../../contracts/model-change.ts';
import type { ModelView, ServerView, UiMessage, VersionView } from '../../../contracts/ui.ts';

/** A version as the user interface is told of it. */
export function versionView(version: string, over: Partial<VersionView> = {}): VersionView {
  return {
    version: ServableVersion.parse(version),
    phase: 'available',
    aspired: true,
    reason: '',
    sinceMs: 0,
    inFlight: 0,
    ...over,
  };
}

/** A model with these versions, highest first. */
export function modelView(name: string, versions: readonly VersionView[], over: Partial<ModelView> = {}): ModelView {
  return {
    name: ServableName.parse(name),
    basePath: `/models/${name}`,
    versionPolicy: { kind: 'latest', count: 1 },
    labels: [],
    aspiredVersionPolicy: 'availability_preserving',
    origin: 'settings',
    source: { status: 'ok', versions: [], ignored: [] },
    versions,
    history: [],
    ...over,
  };
}

export function serverView(over: Partial<ServerView> = {}): ServerView {
  return {
    version: '0.1.0',
    instanceId: 'a',
    startedAtMs: 0,
    isQuitting: false,
    serving: { state: 'running', sinceMs: 0, fixed: [] },
    restUrl: 'http://127.0.0.1:8501',
    memory: { usedBytes: 0 },
    modelVersionHeader: 'x-model-version',
    platform: 'linux',
    ...over,
  };
}

export function snapshot(models: readonly ModelView[], server: ServerView = serverView()): UiMessage {
  return { kind: 'snapshot', sequence: 0, nowMs: 0, server, models, boards: {} };
}

export function modelMessage(model: ModelView): UiMessage {
  return { kind: 'models', sequence: 1, models: [modelChange(model, [])] };
}
