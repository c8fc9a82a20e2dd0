import { describe, expect, it } from 'vitest';
import { indexGraph, pathTo } from './graph-index.ts';
import { graph, modelGraph, node, smallNetwork, weight } from './testing/fixtures.ts';

const constants = (nodes: Parameters<typeof graph>[0], weights = [weight('W', [2])]) =>
  indexGraph(modelGraph([graph(nodes, { weights })]), 0)
    .rows.filter(({ isConstant }) => isConstant)
    .map(({ index }) => index);

describe('indexGraph', () => {
  const index = indexGraph(smallNetwork, 0);

  it('knows who computes and who reads a value, also from inside of a node', () => {
    expect(index.producerOf('b')).toBe(1);
    expect(index.consumersOf('b')).toEqual([3, 4]);
    expect(index.consumersOf('d')).toEqual([5]);
    expect(index.rows[5]?.captured).toEqual(['d']);
    expect([index.producerOf('x'), index.producerOf('W')]).toEqual([undefined, undefined]);
  });

  it('counts a weight among the inputs as a weight', () => {
    expect(index.inputs.map(({ name }) => name)).toEqual(['x', 'flag']);
    expect(index.rows[0]?.weights.map(({ name }) => name)).toEqual(['W', 'B']);
    expect([index.rows[0]?.weightBytes, index.weightBytes]).toEqual([1792, 1792]);
  });

  it('tells what comes from the graph around', () => {
    expect(indexGraph(smallNetwork, 1).outer).toEqual(['d']);
    expect(index.outer).toEqual([]);
    const passing = graph([], { inputs: [], outputs: [{ name: 'd', dtype: 'float32', dims: null }] });
    expect(indexGraph(modelGraph([passing]), 0).outer).toEqual(['d']);
  });

  it.each([
    { what: 'a constant', nodes: [node('Constant -> c'), node('Add x c -> y')], expected: [0] },
    {
      what: 'what is computed from weights',
      nodes: [node('ConstantOfShape W -> c'), node('Neg c -> d'), node('Add x d -> y')],
      expected: [0, 1],
    },
    { what: 'no operator without inputs', nodes: [node('RandomNormal -> c'), node('Add x c -> y')], expected: [] },
    { what: 'no result of the graph', nodes: [node('Neg W -> y')], expected: [] },
    { what: 'nothing that nobody reads', nodes: [node('Neg W -> c'), node('Neg x -> y')], expected: [] },
  ])('folds $what', ({ nodes, expected }) => {
    expect(constants(nodes)).toEqual(expected);
  });

  it('counts operators, the most used first', () => {
    const many = indexGraph(modelGraph([graph([node('Add'), node('Conv'), node('Conv'), node('Abs')])]), 0);
    expect(many.operators.map(({ opType, count }) => `${opType} ${count}`)).toEqual(['Conv 2', 'Abs 1', 'Add 1']);
  });
});

describe('pathTo', () => {
  it('leads from the main graph to one inside of a node', () => {
    const deep = modelGraph([
      graph([node('Neg x -> a'), node('Loop -> y', { subgraphs: [1] })]),
      graph([node('If c -> d', { subgraphs: [2] })]),
      graph([]),
    ]);
    expect(pathTo(deep, 2)).toEqual([
      { graph: 0, node: undefined },
      { graph: 1, node: 1 },
      { graph: 2, node: 0 },
    ]);
    expect(pathTo(deep, 7)).toEqual([{ graph: 0, node: undefined }]);
  });
});
