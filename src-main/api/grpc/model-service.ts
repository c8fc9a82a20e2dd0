import { z } from 'zod';
import type { Logger } from '../../contracts/logger.ts';
import type { ModelConfigMessage } from '../../contracts/model-config.ts';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import type { ServableStates } from '../../core/servable-state-monitor.ts';
import { findVersions, modelVersionStatus } from '../model-status.ts';
import type { UnaryCall } from './grpc-call.ts';
import { type GrpcMethods, serviceMethods, SMALL_REQUEST_BYTES } from './grpc-method.ts';
import { ModelConfigProto, modelConfigMessage } from './model-config-proto.ts';
import type { ModelSpec, ModelTarget } from './model-spec.ts';
import { ModelSpecMessage, modelSpecOf } from './model-spec-message.ts';
import type { ProtoSchema } from './proto-schema.ts';

/** Largest request with a configuration. */
const MAX_RELOAD_BYTES = 16 * 1024 * 1024;
/** Models of one configuration. */
const MAX_MODELS = 10_000;

/**
 * Replaces the configuration; resolves when each new model has a version that is available or has failed.
 * @param models undefined where the request's configuration sets nothing.
 * @throws ServingError that says what is wrong with it; the old one stays then.
 */
export type ReloadConfig = (models: readonly ModelConfigMessage[] | undefined, signal: AbortSignal) => Promise<void>;

export interface ModelServiceDeps {
  readonly states: ServableStates;
  readonly readTarget: (spec: ModelSpec | undefined) => ModelTarget;
  readonly reload: ReloadConfig;
  /** What a counter stands at, by its raw name (`/tensorflow/serving/request_count`); undefined for one that is unknown. */
  readonly counterValue: (metricName: string) => number | undefined;
  /** Aborts, with the reason to tell, when the server stops: models that are waited for do not come any more. */
  readonly closing: AbortSignal;
  readonly schema: ProtoSchema;
  readonly log: Logger;
}

/** `tensorflow.serving.ModelService`. Source: TensorFlow Serving model_servers/model_service_impl.cc. */
export function modelService(deps: ModelServiceDeps): GrpcMethods {
  return serviceMethods('tensorflow.serving.ModelService', {
    GetModelStatus: {
      kind: 'unary',
      api: 'status',
      maxRequestBytes: SMALL_REQUEST_BYTES,
      handle: (call, request) => getModelStatus(call, request, deps),
    },
    HandleReloadConfigRequest: {
      kind: 'unary',
      api: 'other',
      maxRequestBytes: MAX_RELOAD_BYTES,
      handle: (call, request) => {
        void reloadConfig(call, request, deps);
      },
    },
  });
}

const GetModelStatusRequest = z.object({ model_spec: ModelSpecMessage.nullable() });

function getModelStatus(call: UnaryCall, request: Buffer, { schema, readTarget, states }: ModelServiceDeps): void {
  const message = GetModelStatusRequest.parse(schema.decode('tensorflow.serving.GetModelStatusRequest', request));
  const spec = modelSpecOf(message.model_spec);
  call.model = spec?.name ?? '';
  const { name, version } = readTarget(spec);
  call.version = version;
  const found = findVersions(states, name, () => version);
  call.answer(
    schema.encode('tensorflow.serving.GetModelStatusResponse', { model_version_status: found.map(modelVersionStatus) }),
  );
}

const ReloadConfigRequest = z.object({
  config: z
    .object({
      config: z.enum(['model_config_list', 'custom_model_config']).optional(),
      model_config_list: z.object({ config: z.array(ModelConfigProto) }).optional(),
    })
    .nullable(),
  metric_names: z.array(z.string()),
});

/** Never rejects. The response's status and the call's are the same, so only a good one has a response. */
async function reloadConfig(call: UnaryCall, request: Buffer, deps: ModelServiceDeps): Promise<void> {
  const { closing, schema, log } = deps;
  const givenUp = new AbortController();
  const giveUp = (error: ServingError): void => {
    givenUp.abort(error);
    call.fail(error);
  };
  const onClosing = (): void => giveUp(asServingError(closing.reason));
  call.onGivenUp = giveUp;
  closing.addEventListener('abort', onClosing);
  try {
    closing.throwIfAborted();
    const message = ReloadConfigRequest.parse(schema.decode('tensorflow.serving.ReloadConfigRequest', request));
    if (message.config?.config === 'custom_model_config') {
      throw new ServingError(
        'INVALID_ARGUMENT',
        'ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently supported',
      );
    }
    const models = message.config?.model_config_list?.config;
    if (models !== undefined && models.length > MAX_MODELS) {
      const error = `Configuration has ${models.length} models; at most ${MAX_MODELS} can be served`;
      throw new ServingError('RESOURCE_EXHAUSTED', error);
    }
    const before = new Map(message.metric_names.map((name) => [name, deps.counterValue(name)]));
    await deps.reload(models?.map(modelConfigMessage), givenUp.signal);
    const metric = message.metric_names.flatMap((name) => {
      const value = deps.counterValue(name);
      if (value === undefined) return [];
      // What was counted for a model goes when the reload removes it.
      return [{ name, int64_value_increase: Math.max(0, Math.round(value - (before.get(name) ?? 0))) }];
    });
    call.answer(
      schema.encode('tensorflow.serving.ReloadConfigResponse', {
        status: {},
        metric,
      }),
    );
  } catch (thrown) {
    const error = asServingError(thrown);
    const isGivenUp =
      error === givenUp.signal.reason || error.code === 'CANCELLED' || error.code === 'DEADLINE_EXCEEDED';
    // Upstream's line, for which its users look.
    log[isGivenUp ? 'info' : 'error']({ error }, 'ReloadConfig failed');
    call.fail(error);
  } finally {
    closing.removeEventListener('abort', onClosing);
  }
}
