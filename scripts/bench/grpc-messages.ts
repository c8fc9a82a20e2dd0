import { loadSync } from '@grpc/proto-loader';
import { z } from 'zod';
import { repositoryPath } from './slipway-process.ts';

/** Path of the method that is measured. */
export const PREDICT = '/tensorflow.serving.PredictionService/Predict';

const definitions = loadSync('tensorflow_serving/apis/prediction_service.proto', {
  includeDirs: [repositoryPath('resources/protos')],
  keepCase: true,
  longs: String,
  enums: String,
});

const Response = z.object({
  outputs: z.record(z.string(), z.object({ float_val: z.array(z.number()) })),
});

/** A PredictRequest as clients of Python send it: numbers as `tensor_content`. */
export function predictRequest(model: string, values: readonly number[]): Buffer {
  return service().Predict.requestSerialize({
    model_spec: { name: model },
    inputs: {
      x: {
        dtype: 'DT_FLOAT',
        tensor_shape: { dim: [{ size: String(values.length) }] },
        tensor_content: Buffer.from(Float32Array.from(values).buffer),
      },
    },
  });
}

/** The numbers of the only output of a PredictResponse. */
export function readPredictions(response: Buffer): readonly number[] {
  const { outputs } = Response.parse(service().Predict.responseDeserialize(response));
  return Object.values(outputs)[0]?.float_val ?? [];
}

interface Predict {
  requestSerialize(message: object): Buffer;
  responseDeserialize(bytes: Buffer): object;
}

function service(): { readonly Predict: Predict } {
  const definition = definitions['tensorflow.serving.PredictionService'];
  if (!isService(definition)) throw new Error('the .proto files have no PredictionService');
  return definition;
}

function isService(definition: unknown): definition is { readonly Predict: Predict } {
  return typeof definition === 'object' && definition !== null && 'Predict' in definition;
}
