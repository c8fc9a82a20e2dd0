import { describe, expect, it } from 'vitest';
import { drawGraph, drawnNodes } from './draw-graph.ts';
import { indexGraph } from './graph-index.ts';
import { hitAt } from './hit-test.ts';
import { layoutRequest, placed } from './layout.ts';
import { scopeTree } from './scopes.ts';
import { graph, modelGraph, node, smallNetwork } from './testing/fixtures.ts';

const index = indexGraph(smallNetwork, 0);
const root = scopeTree(drawnNodes(index).map((at) => ({ index: at, name: index.rows[at]?.node.name ?? '' })));
const measure = (text: string): number => text.length * 6;
const sized = layoutRequest(index, drawGraph(index, root, new Set(['/block'])), measure);

describe('layoutRequest', () => {
  it('puts what is in an open scope into its frame, and gives every box a size', () => {
    const frame = sized.request.children?.find(({ id }) => id === 's/block');
    expect(frame?.children?.map(({ id }) => id)).toEqual(['n3', 'n4']);
    expect(frame?.width).toBeUndefined();
    expect(sized.request.children?.map(({ id }) => id)).toEqual([
      'input x',
      'input flag',
      's/stem',
      'n5',
      'output y',
      's/block',
    ]);
    expect(sized.request.layoutOptions?.['elk.hierarchyHandling']).toBe('INCLUDE_CHILDREN');
    expect(
      layoutRequest(index, drawGraph(index, undefined, new Set()), measure).request.layoutOptions,
    ).not.toHaveProperty('elk.hierarchyHandling');
  });

  it('cuts texts that are too long, so that no box is endless', () => {
    const long = indexGraph(modelGraph([graph([node(`${'VeryLong'.repeat(40)} x -> y`)])]), 0);
    const { request, contents } = layoutRequest(long, drawGraph(long, undefined, new Set()), measure);
    expect(contents.get('n0')?.title).toMatch(/^VeryLong.*….*Long$/u);
    expect(request.children?.find(({ id }) => id === 'n0')?.width).toBeLessThanOrEqual(230);
  });

  it('is plain data, for another thread', () => {
    expect(structuredClone(sized.request)).toEqual(sized.request);
  });
});

describe('placed and hitAt', () => {
  const drawing = placed(index, sized, {
    id: 'root',
    width: 400,
    height: 300,
    children: [
      { id: 's/stem', x: 10, y: 10, width: 100, height: 50 },
      {
        id: 's/block',
        x: 10,
        y: 100,
        width: 200,
        height: 180,
        children: [{ id: 'n3', x: 30, y: 140, width: 60, height: 26 }],
      },
    ],
    edges: [
      {
        id: sized.graph.edges.find(({ from, to }) => from === 's/stem' && to === 'n3')?.id ?? '',
        sources: ['s/stem'],
        targets: ['n3'],
        sections: [
          { id: 'a', startPoint: { x: 60, y: 60 }, bendPoints: [{ x: 60, y: 80 }], endPoint: { x: 60, y: 140 } },
        ],
      },
    ],
  });

  it('keeps what has a place', () => {
    expect(drawing.boxes.map(({ box }) => box.id)).toEqual(['s/stem', 'n3']);
    expect(drawing.frames.map(({ frame, y }) => `${frame.id} ${y}`)).toEqual(['s/block 100']);
    expect(drawing.edges.map(({ points }) => points.length)).toEqual([3]);
  });

  it.each([
    { at: { x: 50, y: 20 }, expected: 's/stem' },
    { at: { x: 40, y: 150 }, expected: 'n3' },
    { at: { x: 40, y: 110 }, expected: 's/block' },
    { at: { x: 150, y: 200 }, expected: undefined },
    { at: { x: 300, y: 20 }, expected: undefined },
    // A little beside it, where the drawing is small.
    { at: { x: 112, y: 20 }, expected: 's/stem' },
  ])('at $at.x, $at.y is $expected', ({ at, expected }) => {
    const hit = hitAt(drawing, at, 1);
    expect(hit?.kind === 'box' ? hit.box.box.id : hit?.frame.frame.id).toBe(expected);
  });
});
