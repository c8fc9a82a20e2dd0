/** A trained network as a model file. */
import { encodeModel, type NodeSpec, numberTensor, type TensorSpec, tensorValue } from '../onnx-writer.ts';
import type { ModelFacts } from '../sample-models.ts';
import { SIZE } from './ink.ts';
import type { Convolution, Dense, Parameter } from './layers.ts';
import { CLASSES, type Network } from './network.ts';

/** The classes in the order of the probabilities. */
export const LABELS: readonly string[] = Array.from({ length: CLASSES }, (_, digit) => String(digit));

/** The dims of a batch of images, channels before rows as PyTorch's models and those of the ONNX model zoo have them. */
const IMAGE_DIMS = ['batch', 1, SIZE, SIZE] as const;

/**
 * An ONNX model with input `image`, float32 [batch, 1, 28, 28], where 0 is paper and 1 is ink, and output
 * `probabilities`, float32 [batch, 10]. The last layer is a classifier of ONNX's operators for classical machine
 * learning, which does the softmax and is where servers find the names of the classes; its best class is left unused.
 * @throws Error for a network that does not end in a dense layer.
 */
export function digitsModel({ layers }: Network, facts: ModelFacts): Uint8Array<ArrayBuffer> {
  const nodes: NodeSpec[] = [];
  const initializers: TensorSpec[] = [];
  let value = 'image';
  let isImage = true;
  const weightsOf = (name: string, { weights, bias }: Convolution | Dense): readonly [string, string] => {
    initializers.push(tensorOf(`${name}_weights`, weights), tensorOf(`${name}_bias`, bias));
    return [`${name}_weights`, `${name}_bias`];
  };
  const append = (node: Omit<NodeSpec, 'inputs' | 'outputs'>, name: string, more: readonly string[] = []): void => {
    nodes.push({ ...node, inputs: [value, ...more], outputs: [name] });
    value = name;
  };

  for (const [index, layer] of layers.slice(0, -1).entries()) {
    const name = `${layer.kind}_${index}`;
    if (layer.kind === 'dense' && isImage) {
      append({ operator: 'Flatten' }, `flat_${index}`);
      isImage = false;
    }
    if (layer.kind === 'relu') append({ operator: 'Relu' }, name);
    else if (layer.kind === 'dense') append(GEMM, name, weightsOf(name, layer));
    else append(convolutionOf(layer), name, weightsOf(name, layer));
  }

  const last = layers.at(-1);
  if (last?.kind !== 'dense') throw new Error('the last layer has to be dense');
  nodes.push({
    operator: 'LinearClassifier',
    domain: ML_DOMAIN,
    inputs: [value],
    outputs: ['best_class', 'probabilities'],
    attributes: {
      coefficients: { kind: 'floats', value: [...last.weights.values] },
      intercepts: { kind: 'floats', value: [...last.bias.values] },
      classlabels_strings: { kind: 'strings', value: LABELS },
      post_transform: { kind: 'string', value: 'SOFTMAX' },
    },
  });
  return encodeModel({
    ...facts,
    opsets: { '': 17, [ML_DOMAIN]: 3 },
    graph: {
      name: 'digits',
      inputs: [tensorValue('image', 'float32', IMAGE_DIMS)],
      outputs: [tensorValue('probabilities', 'float32', ['batch', CLASSES])],
      nodes,
      initializers,
    },
  });
}

const ML_DOMAIN = 'ai.onnx.ml';
const GEMM = { operator: 'Gemm', attributes: { transB: { kind: 'int', value: 1 } } } as const;

function convolutionOf({ weights, stride, padding }: Convolution): Omit<NodeSpec, 'inputs' | 'outputs'> {
  return {
    operator: 'Conv',
    attributes: {
      kernel_shape: { kind: 'ints', value: weights.dims.slice(2) },
      strides: { kind: 'ints', value: [stride, stride] },
      pads: { kind: 'ints', value: [padding, padding, padding, padding] },
    },
  };
}

function tensorOf(name: string, { dims, values }: Parameter): TensorSpec {
  return numberTensor(name, 'float32', dims, [...values]);
}
