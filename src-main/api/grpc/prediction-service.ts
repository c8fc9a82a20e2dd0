import { z } from 'zod';
import { DEFAULT_SIGNATURE_NAME } from '../../contracts/model-format.ts';
import type { InferenceMethod, ModelServable } from '../../contracts/model-servable.ts';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { ServableHandle, ServableHandles } from '../../core/servable-handle.ts';
import { Lease, Leases } from '../calls/leases.ts';
import { signatureDef } from '../signature-def.ts';
import type { UnaryCall } from './grpc-call.ts';
import { type GrpcMethod, type GrpcMethods, serviceMethods, SMALL_REQUEST_BYTES } from './grpc-method.ts';
import { type ModelSpec, type ModelTarget, readModelSpec } from './model-spec.ts';
import { ModelSpecMessage, modelSpecOf } from './model-spec-message.ts';
import type { ProtoSchema } from './proto-schema.ts';

const SIGNATURE_DEF = 'signature_def';

export interface PredictionServiceDeps {
  readonly handles: ServableHandles<ModelServable>;
  readonly readTarget: (spec: ModelSpec | undefined) => ModelTarget;
  readonly schema: ProtoSchema;
  readonly log: Logger;
}

/**
 * `tensorflow.serving.PredictionService`. Requests that go to a model are not decoded here: the worker gets the bytes as
 * they came and writes the response message. Source: TensorFlow Serving model_servers/prediction_service_impl.cc.
 */
export function predictionService(deps: PredictionServiceDeps): GrpcMethods {
  const leases = new Leases();
  const infers = (method: InferenceMethod): GrpcMethod => ({
    kind: 'unary',
    api: method,
    handle(call, request) {
      const spec = readModelSpec(method, request);
      call.model = spec?.name ?? '';
      const { name, version } = deps.readTarget(spec);
      const handle = deps.handles.acquire(name, version);
      call.version = handle.id.version;
      void infer(call, method, request, handle, leases, deps.log);
    },
  });
  return serviceMethods('tensorflow.serving.PredictionService', {
    Predict: infers('predict'),
    Classify: infers('classify'),
    Regress: infers('regress'),
    MultiInference: infers('multi_inference'),
    GetModelMetadata: {
      kind: 'unary',
      api: 'metadata',
      maxRequestBytes: SMALL_REQUEST_BYTES,
      handle: (call, request) => getModelMetadata(call, request, deps),
    },
  });
}

/** Never rejects; gives the handle back. */
async function infer(
  call: UnaryCall,
  method: InferenceMethod,
  request: Buffer,
  held: ServableHandle<ModelServable>,
  leases: Leases<Lease>,
  log: Logger,
): Promise<void> {
  using handle = held;
  try {
    // A deadline and a client's cancellation come with each call from the gRPC library.
    const lease = new Lease(leases.controller(), handle.signal, (error) => call.fail(error));
    leases.begin(lease);
    call.onGivenUp = (error) => leases.giveUp(lease, error);
    try {
      const result = await handle.servable.infer(
        { method, encoding: 'proto', body: [request], bodyBytes: request.length },
        lease.signal,
      );
      call.result = result;
      call.answer(result.body);
    } finally {
      leases.end(lease);
    }
  } catch (thrown) {
    const error = asServingError(thrown);
    if (error.code === 'INTERNAL') {
      const { name, version } = handle.id;
      log.error({ servable: name, version, error }, `${method} failed`);
    }
    call.fail(error);
  }
}

const GetModelMetadataRequest = z.object({
  model_spec: ModelSpecMessage.nullable(),
  metadata_field: z.array(z.string()),
});

/** Source: TensorFlow Serving servables/tensorflow/get_model_metadata_impl.cc. */
function getModelMetadata(
  call: UnaryCall,
  request: Buffer,
  { schema, readTarget, handles }: PredictionServiceDeps,
): void {
  const message = GetModelMetadataRequest.parse(schema.decode('tensorflow.serving.GetModelMetadataRequest', request));
  const spec = modelSpecOf(message.model_spec);
  call.model = spec?.name ?? '';
  if (spec === undefined) throw new ServingError('INVALID_ARGUMENT', 'Missing ModelSpec');
  if (message.metadata_field.length === 0) {
    throw new ServingError('INVALID_ARGUMENT', 'GetModelMetadataRequest must specify at least one metadata_field');
  }
  const unknown = message.metadata_field.find((field) => field !== SIGNATURE_DEF);
  if (unknown !== undefined) {
    throw new ServingError('INVALID_ARGUMENT', `Metadata field ${unknown} is not supported`);
  }
  const target = readTarget(spec);
  using handle = handles.acquire(target.name, target.version);
  const { name, version } = handle.id;
  call.version = version;
  const signatures = schema.encode('tensorflow.serving.SignatureDefMap', {
    signature_def: { [DEFAULT_SIGNATURE_NAME]: signatureDef(handle.servable.info.signature) },
  });
  const any = { type_url: 'type.googleapis.com/tensorflow.serving.SignatureDefMap', value: signatures };
  call.answer(
    schema.encode('tensorflow.serving.GetModelMetadataResponse', {
      model_spec: { name, version: { value: version } },
      metadata: { [SIGNATURE_DEF]: any },
    }),
  );
}
