import type { ServableName, ServableVersion } from '../../contracts/ids.ts';
import { DEFAULT_SIGNATURE_NAME } from '../../contracts/model-format.ts';
import type { ModelSignature } from '../../contracts/signature.ts';
import type { VersionStatus } from '../../core/servable-state-monitor.ts';
import { modelVersionStatus } from '../model-status.ts';
import { signatureDef } from '../signature-def.ts';

/** Upstream prints its answers with an indent of one blank (model_servers/http_rest_api_util.cc). */
function print(value: unknown): string {
  return `${JSON.stringify(value, undefined, 1)}\n`;
}

/** Body of GET /v1/models/NAME[/versions/N]. Source: TensorFlow Serving apis/get_model_status.proto. */
export function statusJson(versions: readonly VersionStatus[]): string {
  return print({ model_version_status: versions.map(modelVersionStatus) });
}

/** Body of GET /v1/models, which TensorFlow Serving does not have: each model with its versions' status. */
export function modelListJson(models: readonly (readonly [ServableName, readonly VersionStatus[]])[]): string {
  return print({
    models: models.map(([name, versions]) => ({ name, model_version_status: versions.map(modelVersionStatus) })),
  });
}

/**
 * Body of GET …/metadata: the ONNX signature as SignatureDef. Source: TensorFlow Serving servables/tensorflow/get_model_metadata_impl.cc; printed as
 * model_servers/http_rest_api_util.cc does.
 */
export function metadataJson(name: ServableName, version: ServableVersion, signature: ModelSignature): string {
  // Two messages, printed each for itself and put together by hand: so are upstream's bytes.
  const modelSpec = print({ name, signature_name: '', version });
  const signatureDefs = print({ signature_def: { [DEFAULT_SIGNATURE_NAME]: signatureDef(signature) } });
  return `{\n"model_spec":${modelSpec},\n"metadata": {"signature_def": ${signatureDefs}}\n}\n`;
}
