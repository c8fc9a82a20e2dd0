import type { HostTensor } from './codec/host-tensor.ts';
import { toHostTensor } from './codec/host-tensor.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import type { TensorInfo } from '../../contracts/signature.ts';
import type { SessionSettings } from '../protocol/main-message.ts';
import { versionProblem } from '../protocol/ort-version.ts';
import type { NamedTensors } from './tensor-batch.ts';

/** A tensor as the native side of onnxruntime-node takes it. Its own class would spoil float16: see host-tensor.ts. */
interface NativeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
  readonly location: string;
}

/** Nothing is logged about a failed run: its caller gets the error, and could fill the log with bad requests. */
const RUN_OPTIONS = { logSeverityLevel: 4 } as const;

/** What is used of onnxruntime-node's InferenceSession. */
interface NativeSession {
  run(
    feeds: Record<string, NativeTensor>,
    fetches: readonly string[],
    options: { readonly logSeverityLevel?: 0 | 1 | 2 | 3 | 4 },
  ): Promise<Readonly<Record<string, NativeTensor>>>;
  release(): Promise<void>;
}

/** One model in ONNX Runtime. */
export interface OrtSession {
  /**
   * Blocks the thread for the length of the run, after one turn of the event loop. The outputs are the caller's.
   * @param wanted names of the outputs to compute, in any order; undefined: all. They come in the model's order.
   * @throws ServingError INVALID_ARGUMENT where the inputs do not fit the model, INTERNAL for any other failure.
   */
  run(inputs: NamedTensors, wanted?: readonly string[]): Promise<Map<string, HostTensor>>;
  release(): Promise<void>;
}

/** ONNX Runtime, loaded. */
export interface Ort {
  readonly version: string;
  /**
   * Blocks the thread for the length of the load.
   * @param file native path of the model file.
   * @param outputs that can be computed.
   * @throws ServingError FAILED_PRECONDITION for an execution provider that this build has not got; whatever else
   *   onnxruntime-node throws: the message may hold the path.
   */
  open(file: string, settings: SessionSettings, outputs: readonly TensorInfo[]): Promise<OrtSession>;
}

/**
 * Loads onnxruntime-node with its telemetry off.
 * @throws ServingError FAILED_PRECONDITION when its version is too old.
 */
export async function loadOrt(): Promise<Ort> {
  // Read by the library when it is loaded, so never later than here.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const { InferenceSession, env, listSupportedBackends } = await import('onnxruntime-node');
  const version = env.versions.node ?? env.versions.common;
  const problem = versionProblem(version);
  if (problem !== undefined) throw new ServingError('FAILED_PRECONDITION', problem);
  return {
    version,
    async open(file, settings, outputs) {
      checkProviders(
        settings.executionProviders,
        listSupportedBackends().map(({ name }) => name),
      );
      const session: NativeSession = await InferenceSession.create(file, {
        executionProviders: settings.executionProviders,
        graphOptimizationLevel: settings.graphOptimizationLevel,
        executionMode: settings.interOpNumThreads > 1 ? 'parallel' : 'sequential',
        intraOpNumThreads: settings.intraOpNumThreads,
        interOpNumThreads: settings.interOpNumThreads,
        // Errors only: models of older exporters cause warnings by the hundred.
        logSeverityLevel: 3,
        // Threads that spin while they wait cost several percent of a core per idle model.
        extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
      });
      const names = outputs.map(({ name }) => name);
      return {
        async run(inputs, wanted) {
          const feeds: Record<string, NativeTensor> = {};
          for (const [name, { dtype, dims, data }] of inputs) {
            feeds[name] = { type: dtype, dims, data, location: 'cpu' };
          }
          const results = await session.run(feeds, wanted ?? names, RUN_OPTIONS).catch((error: unknown) => {
            throw runError(error);
          });
          const tensors = new Map<string, HostTensor>();
          for (const { name, dtype } of outputs) {
            if (wanted && !wanted.includes(name)) continue;
            const result = results[name];
            const tensor = result && toHostTensor(dtype, result.dims, result.data);
            if (!tensor) throw new ServingError('INTERNAL', `output "${name}" is not the ${dtype} tensor it should be`);
            tensors.set(name, tensor);
          }
          return tensors;
        },
        release: () => session.release(),
      };
    },
  };
}

/**
 * ONNX Runtime would go on without a provider that it does not know.
 * @throws ServingError FAILED_PRECONDITION that lists what there is.
 */
function checkProviders(wanted: readonly string[], available: readonly string[]): void {
  const missing = wanted.find((name) => !available.includes(name));
  if (missing === undefined) return;
  const message = `this build of ONNX Runtime has no execution provider "${missing}"; it has ${available.join(', ')}`;
  throw new ServingError('FAILED_PRECONDITION', message);
}

/** What ONNX Runtime says when the shapes or values of the inputs are to blame rather than the model. */
const INPUT_PROBLEM =
  /invalid dimensions|invalid rank|unexpected input data type|missing input|invalid feed|out of (?:data )?bounds|attempting to broadcast/iu;

function runError(error: unknown): ServingError {
  const message = tidyMessage(error instanceof Error ? error.message : 'the run failed');
  return new ServingError(INPUT_PROBLEM.test(message) ? 'INVALID_ARGUMENT' : 'INTERNAL', message, { cause: error });
}

/** `/src/onnxruntime/core/x.cc:42 void onnxruntime::X::f(const Y&) const `. */
const SOURCE_PLACE =
  /(?:[a-z]:)?[\\/][^\s:"']*\.(?:cc|cpp|h|hpp):\d+\s(?:[\w:<>*&, ]*onnxruntime::[^)]*\)\s(?:const\s)?)?/giu;

/**
 * A message of ONNX Runtime for other eyes: on one line, without the places in its source code and without the folder.
 * @param folder native path that must not be shown.
 */
export function tidyMessage(message: string, folder?: string): string {
  let text = message;
  if (folder !== undefined) {
    for (const form of [folder, folder.replaceAll('\\', '/'), folder.replaceAll('\\', '\\\\')]) {
      text = text.replaceAll(`${form}/`, '').replaceAll(`${form}\\`, '').replaceAll(form, 'the model folder');
    }
  }
  return text.replaceAll(SOURCE_PLACE, '').replaceAll(/\s+/gu, ' ').trim();
}
