import { describe, expect, it } from 'vitest';
import { boxContent } from './box-content.ts';
import { drawGraph, drawnNodes } from './draw-graph.ts';
import { indexGraph } from './graph-index.ts';
import { scopeTree } from './scopes.ts';
import { graph, modelGraph, node, smallNetwork, weight } from './testing/fixtures.ts';

const index = indexGraph(smallNetwork, 0);
const root = scopeTree(drawnNodes(index).map((at) => ({ index: at, name: index.rows[at]?.node.name ?? '' })));
const edges = (drawn: ReturnType<typeof drawGraph>) => drawn.edges.map(({ from, to }) => `${from} > ${to}`);

describe('drawGraph', () => {
  it('draws nodes, inputs and outputs, and neither weights nor constants', () => {
    const drawn = drawGraph(index, undefined, new Set());
    expect(drawn.boxes.map(({ id }) => id)).toEqual([
      'input x',
      'input flag',
      'n0',
      'n1',
      'n3',
      'n4',
      'n5',
      'output y',
    ]);
    expect(edges(drawn)).toEqual([
      'input x > n0',
      'n0 > n1',
      'n1 > n3',
      'n3 > n4',
      'n1 > n4',
      'input flag > n5',
      'n4 > n5',
      'n5 > output y',
    ]);
    // A constant is shown in what reads it.
    expect(drawn.boxOf.get(2)).toBe('n3');
  });

  it('draws a closed scope as one box, with one line for all that goes the same way', () => {
    const drawn = drawGraph(index, root, new Set());
    expect(edges(drawn)).toEqual([
      'input x > s/stem',
      's/stem > s/block',
      'input flag > n5',
      's/block > n5',
      'n5 > output y',
    ]);
    expect([drawn.boxOf.get(0), drawn.boxOf.get(2)]).toEqual(['s/stem', 's/block']);
  });

  it('draws an open scope as a frame around what is in it', () => {
    const drawn = drawGraph(index, root, new Set(['/block']));
    expect(drawn.frames.map(({ id }) => id)).toEqual(['s/block']);
    expect(drawn.boxes.filter(({ parent }) => parent === 's/block').map(({ id }) => id)).toEqual(['n3', 'n4']);
    expect(edges(drawn)).toContain('s/stem > n4');
  });

  it('shows values from the graph around as where lines begin', () => {
    const inner = drawGraph(indexGraph(smallNetwork, 1), undefined, new Set());
    expect(edges(inner)).toEqual(['outer d > n0', 'n0 > output inner']);
  });

  it('lets an input that is an output go straight through', () => {
    const straight = graph([], { outputs: [{ name: 'x', dtype: 'float32', dims: null }] });
    expect(edges(drawGraph(indexGraph(modelGraph([straight]), 0), undefined, new Set()))).toEqual([
      'input x > output x',
    ]);
  });
});

describe('boxContent', () => {
  const contentOf = (id: string, open?: ReadonlySet<string>) => {
    const drawn = drawGraph(index, open && root, open ?? new Set());
    const box = drawn.boxes.find((other) => other.id === id);
    return box && boxContent(index, box);
  };
  const lines = (id: string) => contentOf(id)?.lines.map(({ name, text }) => `${name}|${text}`);

  it.each([
    { id: 'n0', expected: ['|3×3, stride 2', 'weight|16×3×3×3', 'bias|16'] },
    { id: 'n1', expected: [] },
    { id: 'n3', expected: ['constant|2'] },
    { id: 'n5', expected: ['|1 inner graph'] },
    { id: 'input x', expected: ['|float32 batch×3×8×8'] },
  ])('of $id', ({ id, expected }) => {
    expect(lines(id)).toEqual(expected);
  });

  it('tells what a closed scope is made of', () => {
    expect(contentOf('s/stem', new Set())).toEqual({
      title: 'stem',
      family: undefined,
      lines: [{ name: '', text: '2 nodes, 1.8 kB' }],
      shares: [
        { family: 'layer', count: 1 },
        { family: 'activation', count: 1 },
      ],
    });
  });

  it('keeps a box small where a node has many weights', () => {
    const weights = Array.from({ length: 9 }, (_, at) => weight(`w${at}`, [at + 1]));
    const many = indexGraph(
      modelGraph([graph([node(`Concat ${weights.map(({ name }) => name).join(' ')} x -> y`)], { weights })]),
      0,
    );
    const box = drawGraph(many, undefined, new Set()).boxes.find(({ id }) => id === 'n0');
    expect(box && boxContent(many, box).lines.map(({ text }) => text)).toEqual(['1', '2', '3', '+6 more']);
  });
});
