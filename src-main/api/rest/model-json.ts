import type { ServableName, ServableVersion } from '../../contracts/ids.ts';
import { DATA_TYPES, DEFAULT_SIGNATURE_NAME } from '../../contracts/model-format.ts';
import type { ModelSignature, TensorInfo } from '../../contracts/signature.ts';
import type { VersionStatus } from '../../core/servable-state-monitor.ts';
import type { VersionState } from '../../core/version-state.ts';

interface ModelVersionStatus {
  readonly version: string;
  readonly state: 'START' | 'LOADING' | 'AVAILABLE' | 'UNLOADING' | 'END';
  readonly status: { readonly error_code: string; readonly error_message: string };
}

/** Upstream prints its answers with an indent of one blank (model_servers/http_rest_api_util.cc). */
function print(value: unknown): string {
  return `${JSON.stringify(value, undefined, 1)}\n`;
}

/** Body of GET /v1/models/NAME[/versions/N]. Source: TensorFlow Serving apis/get_model_status.proto. */
export function statusJson(versions: readonly VersionStatus[]): string {
  return print({ model_version_status: versions.map(versionStatus) });
}

/** Body of GET /v1/models, which TensorFlow Serving does not have: each model with its versions' status. */
export function modelListJson(models: readonly (readonly [ServableName, readonly VersionStatus[]])[]): string {
  return print({
    models: models.map(([name, versions]) => ({ name, model_version_status: versions.map(versionStatus) })),
  });
}

/**
 * Body of GET …/metadata: the ONNX signature as SignatureDef. An axis without a fixed size has size -1, and the name
 * that the model gives it. Source: TensorFlow Serving servables/tensorflow/get_model_metadata_impl.cc; printed as
 * model_servers/http_rest_api_util.cc does.
 */
export function metadataJson(name: ServableName, version: ServableVersion, signature: ModelSignature): string {
  const signatureDef = {
    inputs: tensorInfos(signature.inputs),
    outputs: tensorInfos(signature.outputs),
    method_name: 'tensorflow/serving/predict',
    defaults: {},
  };
  // Two messages, printed each for itself and put together by hand: so are upstream's bytes.
  const modelSpec = print({ name, signature_name: '', version });
  const signatureDefs = print({ signature_def: { [DEFAULT_SIGNATURE_NAME]: signatureDef } });
  return `{\n"model_spec":${modelSpec},\n"metadata": {"signature_def": ${signatureDefs}}\n}\n`;
}

function versionStatus({ id, state }: VersionStatus): ModelVersionStatus {
  const error = 'error' in state ? state.error : undefined;
  return {
    version: id.version,
    state: stateName(state),
    status: { error_code: error?.code ?? 'OK', error_message: error?.message ?? '' },
  };
}

function stateName({ phase }: VersionState): ModelVersionStatus['state'] {
  switch (phase) {
    case 'start':
      return 'START';
    case 'loading':
      return 'LOADING';
    case 'available':
      return 'AVAILABLE';
    case 'unloading':
      return 'UNLOADING';
    case 'end':
      return 'END';
    default:
      return phase satisfies never;
  }
}

function tensorInfos(tensors: readonly TensorInfo[]): unknown {
  // fromEntries, because a model may name a tensor `__proto__`.
  return Object.fromEntries(
    tensors.map(({ name, dtype, dims }) => [
      name,
      {
        dtype: DATA_TYPES[dtype].tensorflow,
        tensor_shape: {
          dim: (dims ?? []).map((dim) => ({
            size: typeof dim === 'number' ? String(dim) : '-1',
            name: typeof dim === 'string' ? dim : '',
          })),
          unknown_rank: dims === null,
        },
        name,
      },
    ]),
  );
}
