import { DATA_TYPES } from '../contracts/model-format.ts';
import type { ModelSignature, TensorInfo } from '../contracts/signature.ts';

/** A `tensorflow.SignatureDef`: enums by name, 64-bit numbers as decimal text, fields in the order of upstream's JSON. */
export type SignatureDef = Readonly<Record<'inputs' | 'outputs' | 'method_name' | 'defaults', unknown>>;

/** An axis without a fixed size has size -1, and the name that the model gives it. */
export function signatureDef({ inputs, outputs }: ModelSignature): SignatureDef {
  return {
    inputs: tensorInfos(inputs),
    outputs: tensorInfos(outputs),
    method_name: 'tensorflow/serving/predict',
    defaults: {},
  };
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
