/** What the server might say, for tests and for looking at the page without a server. */
import { ServableName, ServableVersion } from '#contracts/ids.ts';
import { VersionLabel } from '#contracts/model-config.ts';
import { modelChange } from '#contracts/model-change.ts';
import type { ModelInfo, TensorInfo } from '#contracts/signature.ts';
import type { ModelView, ServerView, UiMessage, VersionView } from '#contracts/ui.ts';

/** 2026-11-22 14:02:11 UTC. */
export const NOW_MS = Date.UTC(2026, 10, 22, 14, 2, 11);

export const label = (text: string): VersionLabel => VersionLabel.parse(text);
export const name = (text: string): ServableName => ServableName.parse(text);
export const version = (text: string): ServableVersion => ServableVersion.parse(text);

export const tensor = (
  tensorName: string,
  dtype: TensorInfo['dtype'],
  dims: TensorInfo['dims'],
  optional = false,
): TensorInfo => ({
  name: tensorName,
  dtype,
  dims,
  optional,
});

export function modelInfo(
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
  over: Partial<ModelInfo> = {},
): ModelInfo {
  return {
    platform: 'onnx',
    signature: { inputs, outputs },
    irVersion: '8',
    opsets: [{ domain: '', version: '17' }],
    producer: 'pytorch 2.9.0',
    graphName: 'main_graph',
    description: '',
    metadata: {},
    unsupportedOutputs: [],
    batching: { enabled: true, reason: 'the first axis of every input and output is open' },
    sizeBytes: 341,
    ...over,
  };
}

/** x -> 0.5 x + 2, the first sample. */
export const halfPlusTwoInfo = modelInfo([tensor('x', 'float32', ['batch'])], [tensor('y', 'float32', ['batch'])], {
  producer: 'slipway-samples',
});

export function versionView(text: string, over: Partial<VersionView> = {}): VersionView {
  return {
    version: version(text),
    phase: 'available',
    aspired: true,
    reason: 'serving: the highest version found',
    sinceMs: NOW_MS - 192_000,
    attempt: 1,
    maxAttempts: 6,
    loadMs: 12,
    inFlight: 0,
    sizeBytes: 341,
    worker: { pid: 48_213, shared: true },
    memory: { estimatedBytes: 1_200_000, measuredBytes: 980_000 },
    info: halfPlusTwoInfo,
    ...over,
  };
}

/** A version that is not available: none of the facts that only a loaded one has. */
export function unloadedVersion(
  text: string,
  phase: VersionView['phase'],
  over: Partial<VersionView> = {},
): VersionView {
  return { version: version(text), phase, aspired: true, reason: '', sinceMs: NOW_MS - 4000, inFlight: 0, ...over };
}

export function modelView(text: string, versions: readonly VersionView[], over: Partial<ModelView> = {}): ModelView {
  return {
    name: name(text),
    basePath: `/home/ada/models/${text}`,
    versionPolicy: { kind: 'latest', count: 1 },
    labels: [],
    aspiredVersionPolicy: 'availability_preserving',
    origin: 'settings',
    source: {
      status: 'ok',
      polledAtMs: NOW_MS - 600,
      nextPollAtMs: NOW_MS + 400,
      versions: versions.map((view) => ({ version: view.version, entry: view.version, aspired: view.aspired })),
      ignored: [],
    },
    versions,
    history: [],
    ...over,
  };
}

export const serverView = (over: Partial<ServerView> = {}): ServerView => ({
  version: '0.1.0',
  instanceId: 'a1b2c3',
  startedAtMs: NOW_MS - 3_600_000,
  isQuitting: false,
  serving: { state: 'running', sinceMs: NOW_MS - 3_600_000, fixed: [] },
  restUrl: 'http://127.0.0.1:8501',
  grpcAddress: '127.0.0.1:8500',
  memory: { usedBytes: 980_000 },
  modelVersionHeader: 'Slipway-Model-Version',
  platform: 'linux',
  ...over,
});

export const snapshot = (
  models: readonly ModelView[],
  over: Partial<Extract<UiMessage, { kind: 'snapshot' }>> = {},
): UiMessage => ({
  kind: 'snapshot',
  sequence: 1,
  nowMs: NOW_MS,
  server: serverView(),
  models,
  boards: {},
  ...over,
});

/** What the server tells when a model has become this. */
export function modelMessage(sequence: number, model: ModelView): UiMessage {
  return { kind: 'models', sequence, models: [modelChange(model, [])] };
}
