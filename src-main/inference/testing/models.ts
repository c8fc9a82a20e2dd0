/** Models that only the tests of inference need. */
import { encodeModel, numberTensor, tensorValue } from '../../../scripts/samples/onnx-writer.ts';

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

/** Looks fit for batching by its shapes, but rounds to a grid that is as wide as the whole batch: y is about x. */
export function dynamicallyQuantizedModel(): Uint8Array {
  return encodeModel({
    graph: {
      name: 'dynamically_quantized',
      inputs: [tensorValue('x', 'float32', ['batch', 2])],
      outputs: [tensorValue('y', 'float32', ['batch', 2])],
      nodes: [
        { operator: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['q', 'scale', 'zero'] },
        { operator: 'DequantizeLinear', inputs: ['q', 'scale', 'zero'], outputs: ['y'] },
      ],
    },
  });
}

/** The sum of a row and of all rows before it. */
export function runningSumModel(): Uint8Array {
  return encodeModel({
    graph: {
      name: 'running_sum',
      inputs: [tensorValue('x', 'float32', ['batch'])],
      outputs: [tensorValue('y', 'float32', ['batch'])],
      initializers: [numberTensor('axis', 'int64', [], [0])],
      nodes: [{ operator: 'CumSum', inputs: ['x', 'axis'], outputs: ['y'] }],
    },
  });
}
