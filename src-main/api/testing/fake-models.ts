import { compareVersions, ServableName, ServableVersion } from '../../contracts/ids.ts';
import type { InferenceRequest, InferenceResponse, ModelServable } from '../../contracts/model-servable.ts';
import { VersionLabel } from '../../contracts/model-config.ts';
import { ServableNotFoundError, ServingError } from '../../contracts/serving-error.ts';
import type { ModelInfo, ModelSignature } from '../../contracts/signature.ts';
import type { ServableHandle, ServableHandles } from '../../core/servable-handle.ts';
import type { ServableEvent, ServableStates, VersionStatus } from '../../core/servable-state-monitor.ts';
import type { VersionLabels } from '../../core/version-labels.ts';
import type { VersionState } from '../../core/version-state.ts';

export const name = (text: string): ServableName => ServableName.parse(text);
export const version = (text: string): ServableVersion => ServableVersion.parse(text);

const SIGNATURE: ModelSignature = {
  inputs: [{ name: 'x', dtype: 'float32', dims: ['batch', 3], optional: false }],
  outputs: [{ name: 'y', dtype: 'float32', dims: ['batch', 3], optional: false }],
};

function modelInfo(signature: ModelSignature = SIGNATURE): ModelInfo {
  return {
    platform: 'onnx',
    signature,
    irVersion: '10',
    opsets: [{ domain: '', version: '21' }],
    producer: 'test',
    graphName: 'graph',
    description: '',
    metadata: {},
    unsupportedOutputs: [],
    batching: { enabled: true, reason: 'test' },
    sizeBytes: 123,
  };
}

export type Infer = (request: InferenceRequest, signal: AbortSignal) => Promise<InferenceResponse>;

/** Of a run for one request with one row. */
const FACTS = { batchRows: 1, rows: 1, runRows: 1, paddingRows: 0 };

export function jsonResponse(text: string): InferenceResponse {
  return { body: Buffer.from(text), queueMs: 0, runMs: 0, ...FACTS };
}

/** Answers with the text of the request's body. */
export const echo: Infer = ({ body }) => Promise.resolve(jsonResponse(Buffer.concat(body).toString()));

/** Never answers; rejects with the signal's reason on abort. */
export const waitForAbort: Infer = (_request, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** Models that are set up by hand: handles, states and servables in one. */
export class FakeModels implements ServableHandles<ModelServable>, ServableStates, VersionLabels {
  /** Handles that were acquired and not disposed. */
  held = 0;
  readonly #servables = new Map<string, { readonly servable: ModelServable; readonly giveUp: AbortController }>();
  readonly #statuses = new Map<ServableName, readonly VersionStatus[]>();
  readonly #events: ServableEvent[] = [];
  readonly #listeners = new Set<(event: ServableEvent) => void>();
  readonly #labels = new Map<ServableName, (readonly [VersionLabel, ServableVersion])[]>();

  /** Makes a version available. @returns aborts the handles of the version. */
  serve(model: string, versionText: string, infer: Infer = echo, signature = SIGNATURE): AbortController {
    const giveUp = new AbortController();
    const servable: ModelServable = {
      id: { name: name(model), version: version(versionText) },
      info: modelInfo(signature),
      placement: { pid: 4711, shared: true },
      memory: { estimatedBytes: 150, measuredBytes: 200 },
      infer,
    };
    this.#servables.set(`${model}/${versionText}`, { servable, giveUp });
    this.move(model, versionText, { phase: 'available', loadMs: 5 });
    return giveUp;
  }

  /** Puts a version in a state and tells the listeners. */
  move(model: string, versionText: string, state: VersionState, more: Partial<VersionStatus> = {}): void {
    const id = { name: name(model), version: version(versionText) };
    const reason = `is ${state.phase}`;
    const status: VersionStatus = { id, state, aspired: true, reason, sinceMs: 1000, inFlight: 0, ...more };
    const others = this.versions(id.name).filter((each) => each.id.version !== id.version);
    this.#statuses.set(
      id.name,
      [...others, status].toSorted((left, right) => compareVersions(right.id.version, left.id.version)),
    );
    const event: ServableEvent = { sequence: this.#events.length, atMs: 1000, id, kind: 'state', state, reason };
    this.#events.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** Sets the number of requests in flight, which no event announces. */
  inFlight(model: string, versionText: string, inFlight: number): void {
    const id = name(model);
    this.#statuses.set(
      id,
      this.versions(id).map((each) => (each.id.version === versionText ? { ...each, inFlight } : each)),
    );
  }

  /** Drops all traces of a model, as after its removal. */
  forget(model: string): void {
    for (const { id } of this.versions(name(model))) this.#servables.delete(`${model}/${id.version}`);
    this.#statuses.delete(name(model));
  }

  /** Gives a version a label, whether there is such a version or not. */
  label(model: string, label: string, versionText: string): void {
    const others = this.labelsOf(name(model)).filter(([each]) => each !== label);
    this.#labels.set(name(model), [...others, [VersionLabel.parse(label), version(versionText)]]);
  }

  resolve(model: ServableName, label: string): ServableVersion {
    const found = this.labelsOf(model).find(([each]) => each === label);
    if (found === undefined) {
      throw new ServingError('INVALID_ARGUMENT', `Unrecognized servable version label: ${label}`);
    }
    return found[1];
  }

  labelsOf(model: ServableName): readonly (readonly [VersionLabel, ServableVersion])[] {
    return this.#labels.get(model) ?? [];
  }

  acquire(model: ServableName, wanted?: ServableVersion): ServableHandle<ModelServable> {
    const found = wanted ?? this.versions(model).find(({ state }) => state.phase === 'available')?.id.version;
    const served = found === undefined ? undefined : this.#servables.get(`${model}/${found}`);
    if (found === undefined || served === undefined) throw new ServableNotFoundError(model, wanted);
    this.held += 1;
    return {
      id: { name: model, version: found },
      servable: served.servable,
      signal: served.giveUp.signal,
      [Symbol.dispose]: () => {
        this.held -= 1;
      },
    };
  }

  loaded(id: { readonly name: ServableName; readonly version: ServableVersion }): ModelServable | undefined {
    return this.#servables.get(`${id.name}/${id.version}`)?.servable;
  }

  names(): readonly ServableName[] {
    return [...this.#statuses.keys()];
  }

  versions(model: ServableName): readonly VersionStatus[] {
    return this.#statuses.get(model) ?? [];
  }

  history(model: ServableName): readonly ServableEvent[] {
    return this.#events.filter(({ id }) => id.name === model);
  }

  subscribe(listener: (event: ServableEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
