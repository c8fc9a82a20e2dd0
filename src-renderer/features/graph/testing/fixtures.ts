/** Graphs for tests: written as one would on a blackboard. */
import type { Graph, GraphNode, GraphWeight, ModelGraph } from '#contracts/ui-graph.ts';

/** A node from `Conv a W -> b` or `Relu b -> c`. */
export function node(line: string, over: Partial<GraphNode> = {}): GraphNode {
  const [before = '', after = ''] = line.split('->');
  const [opType = '', ...inputs] = before.trim().split(/\s+/u);
  const outputs = after
    .trim()
    .split(/\s+/u)
    .filter((name) => name !== '');
  return { name: '', opType, domain: '', inputs, outputs, attributes: [], subgraphs: [], ...over };
}

export const weight = (name: string, dims: readonly number[], over: Partial<GraphWeight> = {}): GraphWeight => ({
  name,
  dtype: 'float32',
  dims: [...dims],
  sizeBytes: 4 * dims.reduce((product, size) => product * size, 1),
  ...over,
});

/** A graph that takes `x` and gives `y`. */
export const graph = (nodes: readonly GraphNode[], over: Partial<Graph> = {}): Graph => ({
  name: 'main',
  inputs: [{ name: 'x', dtype: 'float32', dims: ['batch', 3, 8, 8] }],
  outputs: [{ name: 'y', dtype: 'float32', dims: ['batch', 10] }],
  nodes,
  weights: [],
  values: [],
  ...over,
});

export const modelGraph = (graphs: readonly Graph[], over: Partial<ModelGraph> = {}): ModelGraph => ({
  graphs,
  functions: [],
  omittedNodes: 0,
  ...over,
});

/** A small network with a way around, weights, a constant and a graph inside of a node. */
export const smallNetwork: ModelGraph = modelGraph([
  graph(
    [
      node('Conv x W B -> a', {
        name: '/stem/conv/Conv',
        attributes: [
          { name: 'kernel_shape', type: 'ints', text: '[3, 3]' },
          { name: 'strides', type: 'ints', text: '[2, 2]' },
        ],
      }),
      node('Relu a -> b', { name: '/stem/Relu' }),
      node('Constant -> two', { name: '/Constant', attributes: [{ name: 'value_float', type: 'float', text: '2' }] }),
      node('Mul b two -> c', { name: '/block/Mul' }),
      node('Add c b -> d', { name: '/block/Add' }),
      node('If flag -> y', { name: '/If', subgraphs: [1] }),
    ],
    {
      inputs: [
        { name: 'x', dtype: 'float32', dims: ['batch', 3, 8, 8] },
        { name: 'flag', dtype: 'bool', dims: [] },
        // As files of old write it: a weight is an input too.
        { name: 'W', dtype: 'float32', dims: [16, 3, 3, 3] },
      ],
      weights: [weight('W', [16, 3, 3, 3]), weight('B', [16], { file: 'weights.bin' })],
      values: [{ name: 'a', dtype: 'float32', dims: ['batch', 16, 4, 4] }],
    },
  ),
  graph([node('Neg d -> inner', { name: 'neg' })], {
    name: 'then_branch',
    inputs: [],
    outputs: [{ name: 'inner', dtype: 'float32', dims: null }],
  }),
]);
