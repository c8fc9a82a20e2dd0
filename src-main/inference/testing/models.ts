/** Models that only the tests of inference need. */
import { encodeModel, tensorValue } from '../../../scripts/samples/onnx-writer.ts';

/** Looks fit for batching by its shapes, but each row depends on all others: y = softmax(x) over the batch. */
export function softmaxOverBatchModel(): Uint8Array {
  return encodeModel({
    graph: {
      name: 'softmax_over_batch',
      inputs: [tensorValue('x', 'float32', ['batch'])],
      outputs: [tensorValue('y', 'float32', ['batch'])],
      nodes: [{ operator: 'Softmax', inputs: ['x'], outputs: ['y'], attributes: { axis: { kind: 'int', value: 0 } } }],
    },
  });
}

/** Well-formed, but ONNX Runtime cannot load it. */
export function unknownOperatorModel(): Uint8Array {
  return encodeModel({
    graph: {
      name: 'unknown_operator',
      inputs: [tensorValue('x', 'float32', ['batch'])],
      outputs: [tensorValue('y', 'float32', ['batch'])],
      nodes: [{ operator: 'NobodyKnowsMe', inputs: ['x'], outputs: ['y'] }],
    },
  });
}
