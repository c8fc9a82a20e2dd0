import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { BoxContent } from './box-content.ts';
import { boxContent, scopeTitle } from './box-content.ts';
import type { DrawBox, DrawEdge, DrawFrame, DrawGraph } from './draw-graph.ts';
import type { GraphIndex } from './graph-index.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** In the units of the drawing, which are CSS pixels at a scale of 1. */
export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

export interface PlacedBox extends Rect {
  readonly box: DrawBox;
  /** Its texts are cut to what fits. */
  readonly content: BoxContent;
}

export interface PlacedFrame extends Rect {
  readonly frame: DrawFrame;
  readonly title: string;
  readonly titleWidth: number;
}

export interface PlacedEdge {
  readonly edge: DrawEdge;
  /** Corners of a line of level and upright parts, from the end of one box to the start of the other. */
  readonly points: readonly Point[];
  readonly bounds: Rect;
}

/** A drawing: what is shown, and where. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  /** The outer ones first. */
  readonly frames: readonly PlacedFrame[];
  readonly edges: readonly PlacedEdge[];
  readonly byId: ReadonlyMap<string, PlacedBox>;
  readonly boxOf: DrawGraph['boxOf'];
  readonly index: GraphIndex;
}

/** Width of a text in CSS pixels. */
export type Measure = (text: string, font: 'title' | 'line') => number;

/** Sizes in a box, which the painter keeps to. */
export const BOX = {
  padding: 10,
  titlePx: 26,
  linePx: 15,
  bottomPx: 7,
  titleFontPx: 12,
  lineFontPx: 10.5,
  sharesPx: 6,
  gapPx: 6,
  frameTitlePx: 30,
} as const;

const MIN_WIDTH = { node: 64, scope: 150, terminal: 72 } as const;
const MAX_WIDTH = 230;
/** A frame may be as narrow as one small box. */
const MAX_FRAME_TITLE = 110;

const LAYOUT_OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'ORTHOGONAL',
  // Many readers of one value share a line.
  'elk.layered.mergeEdges': 'true',
  'elk.layered.mergeHierarchyEdges': 'true',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.favorStraightEdges': 'true',
  'elk.layered.spacing.nodeNodeBetweenLayers': '34',
  'elk.spacing.nodeNode': '26',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '10',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
  'elk.padding': '[top=24,left=24,bottom=24,right=24]',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
} as const;

const FRAME_OPTIONS = {
  'elk.nodeSize.constraints': 'MINIMUM_SIZE',
  'elk.nodeSize.minimum': '(150, 60)',
  'elk.padding': `[top=${BOX.frameTitlePx + 8},left=14,bottom=14,right=14]`,
} as const;

/** What stands in each box, and how large that makes it. */
export interface SizedGraph {
  readonly graph: DrawGraph;
  readonly contents: ReadonlyMap<string, BoxContent>;
  readonly titles: ReadonlyMap<string, Pick<PlacedFrame, 'title' | 'titleWidth'>>;
  /** For the layout: plain data, so that it can go to another thread. */
  readonly request: ElkNode;
}

/** Everything but the places: those are found in another thread. */
export function layoutRequest(index: GraphIndex, graph: DrawGraph, measure: Measure): SizedGraph {
  const contents = new Map<string, BoxContent>();
  const inside = new Map<string | undefined, ElkNode[]>();
  const put = (parent: string | undefined, node: ElkNode): void => {
    const known = inside.get(parent);
    if (known) known.push(node);
    else inside.set(parent, [node]);
  };
  // The inner frames first, so that what is in a frame is known when it is put somewhere.
  for (const box of graph.boxes) {
    const { content, width, height } = sized(boxContent(index, box), box.kind, measure);
    contents.set(box.id, content);
    put(box.parent, { id: box.id, width, height });
  }
  const titles = new Map<string, Pick<PlacedFrame, 'title' | 'titleWidth'>>();
  for (const { id, parent, scope } of graph.frames.toReversed()) {
    const title = shorten(scopeTitle(scope), MAX_FRAME_TITLE, 'title', measure);
    titles.set(id, { title, titleWidth: measure(title, 'title') });
    put(parent, { id, children: inside.get(id) ?? [], layoutOptions: FRAME_OPTIONS });
  }
  return {
    graph,
    contents,
    titles,
    request: {
      id: 'root',
      layoutOptions:
        graph.frames.length > 0 ? { ...LAYOUT_OPTIONS, 'elk.hierarchyHandling': 'INCLUDE_CHILDREN' } : LAYOUT_OPTIONS,
      children: inside.get(undefined) ?? [],
      edges: graph.edges.map(({ id, from, to }) => ({ id, sources: [from], targets: [to] })),
    },
  };
}

function sized(
  content: BoxContent,
  kind: DrawBox['kind'],
  measure: Measure,
): { readonly content: BoxContent; readonly width: number; readonly height: number } {
  // The sign that it can be opened stands before the title of a scope.
  const sides = kind === 'scope' ? 2 * BOX.padding + 22 : 2 * BOX.padding;
  const room = MAX_WIDTH - sides;
  const cut = (line: string, font: 'title' | 'line', width = room): string => shorten(line, width, font, measure);
  const title = cut(content.title, 'title');
  const lines = content.lines.map(({ name, text }) => {
    const cutName = cut(name, 'line', room / 2);
    return { name: cutName, text: cut(text, 'line', room - (name === '' ? 0 : measure(cutName, 'line') + BOX.gapPx)) };
  });
  const widest = Math.max(
    measure(title, 'title'),
    ...lines.map(({ name, text }) => (name === '' ? 0 : measure(name, 'line') + BOX.gapPx) + measure(text, 'line')),
  );
  const least = kind === 'node' || kind === 'scope' ? MIN_WIDTH[kind] : MIN_WIDTH.terminal;
  const extra = kind === 'scope' ? BOX.sharesPx + BOX.gapPx : 0;
  return {
    content: { ...content, title, lines },
    width: Math.ceil(Math.max(least, widest + sides)),
    height: BOX.titlePx + (lines.length > 0 ? lines.length * BOX.linePx + BOX.bottomPx : 0) + extra,
  };
}

/** Cut in the middle: both ends of a name tell something. */
function shorten(text: string, width: number, font: 'title' | 'line', measure: Measure): string {
  if (measure(text, font) <= width) return text;
  let kept = Math.max(2, Math.floor((text.length * width) / measure(text, font)));
  for (;;) {
    const head = Math.ceil(kept / 2);
    const short = `${text.slice(0, head)}…${text.slice(text.length - (kept - head))}`;
    if (kept <= 2 || measure(short, font) <= width) return short;
    kept -= 1;
  }
}

/** @param answer to the request of `sized`. */
export function placed(index: GraphIndex, { graph, contents, titles }: SizedGraph, answer: ElkNode): Drawing {
  const rects = new Map<string, Rect>();
  const edges = new Map<string, ElkExtendedEdge>();
  const collect = (node: ElkNode): void => {
    for (const edge of node.edges ?? []) if (edge.id !== undefined) edges.set(edge.id, edge);
    for (const child of node.children ?? []) {
      const { x = 0, y = 0, width = 0, height = 0 } = child;
      rects.set(child.id, { x, y, width, height });
      collect(child);
    }
  };
  collect(answer);
  const boxes = graph.boxes.flatMap((box) => {
    const rect = rects.get(box.id);
    const content = contents.get(box.id);
    return rect && content ? [{ box, content, ...rect }] : [];
  });
  return {
    width: answer.width ?? 0,
    height: answer.height ?? 0,
    boxes,
    frames: graph.frames.flatMap((frame) => {
      const rect = rects.get(frame.id);
      const title = titles.get(frame.id);
      return rect && title ? [{ frame, ...title, ...rect }] : [];
    }),
    edges: graph.edges.flatMap((edge) => {
      const section = edges.get(edge.id)?.sections?.[0];
      if (!section) return [];
      const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
      return [{ edge, points, bounds: boundsOf(points) }];
    }),
    byId: new Map(boxes.map((box) => [box.box.id, box])),
    boxOf: graph.boxOf,
    index,
  };
}

function boundsOf(points: readonly Point[]): Rect {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}
