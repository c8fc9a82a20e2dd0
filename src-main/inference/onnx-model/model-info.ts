import { ServingError } from '../../contracts/serving-error.ts';
import type { DataType, Dim, ModelInfo, ModelSignature, TensorInfo } from '../../contracts/signature.ts';
import type { OnnxModel, OnnxValue } from './onnx-model.ts';

/** Element types that ONNX Runtime computes with, but onnxruntime-node neither takes nor gives. */
const NOT_IN_NODE: ReadonlySet<DataType> = new Set<DataType>(['bfloat16']);

export type Batching = ModelInfo['batching'];

/**
 * Whether requests may run together as one batch: only when every input and every output has a first dimension whose
 * size is open. Source: Triton, onnxruntime_backend src/onnxruntime.cc, auto-completion of max_batch_size. A model with
 * a scalar or a fixed size anywhere is therefore never batched; nor is one with operators that mix the rows.
 * @param mixingOperators as OnnxModel has them.
 */
export function batchingRule({ inputs, outputs }: ModelSignature, mixingOperators: readonly string[]): Batching {
  const values = [
    ...inputs.map((value) => ({ value, what: `input ${value.name}` })),
    ...outputs.map((value) => ({ value, what: `output ${value.name}` })),
  ];
  for (const { value, what } of values) {
    const obstacle = obstacleToBatching(value.dims, what);
    if (obstacle !== undefined) return { enabled: false, reason: `${obstacle}: requests are not batched` };
  }
  const [operator] = mixingOperators;
  if (operator !== undefined) {
    const reason = `the model has the operator ${operator}, whose results depend on all rows of a batch`;
    return { enabled: false, reason: `${reason}: requests are not batched` };
  }
  if (inputs.length === 0) return { enabled: false, reason: 'the model has no inputs: requests are not batched' };
  return { enabled: true, reason: 'dimension 0 of every input and output is open: requests that wait run together' };
}

function obstacleToBatching(dims: readonly Dim[] | null, what: string): string | undefined {
  if (dims === null) return `${what} has an unknown number of dimensions`;
  const [first] = dims;
  if (first === undefined) return `${what} is a scalar`;
  return typeof first === 'number' ? `dimension 0 of ${what} is fixed to ${first}` : undefined;
}

/**
 * What is told about a model that can be served. Inputs with a default are left out, because onnxruntime-node always
 * takes the default; outputs that are no tensors are listed in `unsupportedOutputs`.
 * @param sizeBytes of the model file and its external data.
 * @throws ServingError UNIMPLEMENTED when a request to the model could not be made or answered.
 */
export function toModelInfo(model: OnnxModel, sizeBytes: number): ModelInfo {
  const inputs = model.inputs.filter(({ optional }) => !optional).map((input) => tensorInfo(input, 'input'));
  const outputs = model.outputs
    .filter(({ type }) => type.kind !== 'no tensor')
    .map((output) => tensorInfo(output, 'output'));
  if (outputs.length === 0) throw new ServingError('UNIMPLEMENTED', 'the model has no output that is a tensor');
  const signature = { inputs, outputs };
  return {
    platform: 'onnx',
    signature,
    irVersion: model.irVersion,
    opsets: model.opsets.map(({ domain, version }) => ({ domain: domain === '' ? 'ai.onnx' : domain, version })),
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    graphName: model.graphName,
    description: model.description,
    metadata: { ...model.metadata },
    unsupportedOutputs: model.outputs.flatMap(({ name, type }) =>
      type.kind === 'no tensor' ? [`${name}: ${type.description}`] : [],
    ),
    batching: batchingRule(signature, model.mixingOperators),
    sizeBytes,
  };
}

function tensorInfo({ name, type, optional }: OnnxValue, what: string): TensorInfo {
  if (type.kind === 'tensor' && !NOT_IN_NODE.has(type.dtype)) {
    return { name, dtype: type.dtype, dims: type.dims, optional };
  }
  const found = type.kind === 'tensor' ? type.dtype : type.description;
  throw new ServingError('UNIMPLEMENTED', `${what} ${name} is ${found}, which ONNX Runtime for Node cannot exchange`);
}
