import { describe, expect, it } from 'vitest';
import { drawGraph } from './draw-graph.ts';
import { indexGraph } from './graph-index.ts';
import { layoutRequest, placed } from './layout.ts';
import { drawingSvg } from './svg.ts';
import { graph, modelGraph, node } from './testing/fixtures.ts';

const NASTY = '<b>&"\u0000\u{1F600}';
const index = indexGraph(
  modelGraph([
    graph([node('Relu a -> y', { opType: NASTY, inputs: [NASTY] })], {
      inputs: [{ name: NASTY, dtype: 'float32', dims: [2] }],
    }),
  ]),
  0,
);
const sized = layoutRequest(index, drawGraph(index, undefined, new Set()), (text) => text.length * 6);
const drawing = placed(index, sized, {
  id: 'root',
  width: 200,
  height: 180,
  children: (sized.request.children ?? []).map((child, at) => ({ ...child, x: 10, y: 10 + 60 * at })),
  edges: (sized.request.edges ?? []).map((edge, at) => ({
    ...edge,
    sections: [
      {
        id: edge.id,
        startPoint: { x: 40, y: 50 + 60 * at },
        bendPoints: [
          { x: 40, y: 60 + 60 * at },
          { x: 50, y: 60 + 60 * at },
        ],
        endPoint: { x: 50, y: 70 + 60 * at },
      },
    ],
  })),
});
const svg = drawingSvg(drawing, (name) => `rgb(1, 2, ${name.length})`, 'a & b', '"Segoe UI", sans-serif');

describe('drawingSvg', () => {
  it('is well-formed whatever names a model has', () => {
    const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
    expect(parsed.querySelector('parsererror')).toBeNull();
    expect(parsed.querySelector('title')?.textContent).toBe('a & b');
    expect([...parsed.querySelectorAll('text')].map(({ textContent }) => textContent)).toContain(
      '<b>&"\uFFFD\u{1F600}',
    );
    expect(parsed.documentElement.getAttribute('font-family')).toBe('"Segoe UI", sans-serif');
    expect(svg).not.toContain('<b>');
    expect(svg).not.toContain('\u0000');
  });

  it('has each box and each line, with round corners', () => {
    expect(svg.match(/<path d="M/gu)).toHaveLength(2);
    expect(svg).toContain('Q');
    expect(svg).toContain('width="200" height="180"');
  });

  it('lets no colour end its attribute', () => {
    expect(drawingSvg(drawing, () => 'red" onload="alert(1)', '', 'serif')).not.toContain('onload="');
  });
});
