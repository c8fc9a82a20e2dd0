import { strings } from '../../strings/index.ts';
import type { Drawing, PlacedBox, PlacedEdge, PlacedFrame, Point, Rect } from './layout.ts';
import { BOX } from './layout.ts';
import type { Palette } from './palette.ts';
import { FAMILY_COLOUR } from './palette.ts';
import { shapeText } from './box-content.ts';

/** What can be painted on: a canvas, or the text of an SVG file. All in units of the drawing. */
export interface Pen {
  readonly box: (rect: Rect, style: BoxStyle) => void;
  /** Lines of level and upright parts, with round corners. */
  readonly lines: (lines: readonly (readonly Point[])[], style: LineStyle) => void;
  /** The text's middle is at the height of `at`. */
  readonly text: (text: string, at: Point, style: TextStyle) => void;
}

export interface BoxStyle {
  readonly radius: number;
  readonly fill?: string;
  /** 0 to 1. */
  readonly opacity?: number;
  readonly line?: string;
  readonly lineWidth?: number;
  readonly isDashed?: boolean;
}

export interface LineStyle {
  readonly colour: string;
  readonly width: number;
  readonly hasArrow: boolean;
}

export interface TextStyle {
  readonly sizePx: number;
  readonly colour: string;
  readonly isBold?: boolean;
  readonly align?: 'start' | 'middle' | 'end';
}

/** What is pointed out in a drawing. */
export interface Marks {
  /** Ids of boxes. */
  readonly selected: string | undefined;
  readonly hovered: string | undefined;
  /** Boxes with something that the search found; undefined without a search. */
  readonly hits: ReadonlySet<string> | undefined;
}

export interface Look extends Marks {
  readonly palette: Palette;
  /** What one can see of it: `all`, no more than titles, or no text. */
  readonly detail: 'all' | 'titles' | 'shapes';
  /** Units of the drawing for one pixel of the screen: what has to be seen from afar is drawn larger. */
  readonly pixel: number;
  readonly isVisible: (rect: Rect) => boolean;
}

const RADIUS = 6;
const FRAME_RADIUS = 10;
const TERMINAL_RADIUS = 13;
const TINT = 0.13;
const STRONG_TINT = 0.5;
/** Boxes that the search did not find. */
const FADED = 0.35;

/** Paints a drawing: frames, edges, boxes, and what is pointed out on top. */
export function paint(pen: Pen, drawing: Drawing, look: Look): void {
  const { palette, isVisible, detail } = look;
  const marked = look.hovered ?? look.selected;
  for (const frame of drawing.frames) if (isVisible(frame)) paintFrame(pen, frame, look);

  const plain: PlacedEdge[] = [];
  const strong: PlacedEdge[] = [];
  for (const placed of drawing.edges) {
    if (!isVisible(placed.bounds)) continue;
    const { from, to } = placed.edge;
    const isStrong = [look.selected, look.hovered].some((id) => id !== undefined && (id === from || id === to));
    (isStrong ? strong : plain).push(placed);
  }
  const hasArrow = detail !== 'shapes';
  const width = Math.max(1.2, 0.8 * look.pixel);
  pen.lines(
    plain.map(({ points }) => points),
    { colour: palette('control'), width, hasArrow },
  );
  pen.lines(
    strong.map(({ points }) => points),
    { colour: palette('accent'), width: Math.max(2, 1.6 * look.pixel), hasArrow },
  );
  if (detail === 'all') paintShapes(pen, drawing, [...plain, ...strong], palette);

  if (detail !== 'shapes') {
    for (const frame of drawing.frames) if (isVisible(frame)) paintFrameTitle(pen, frame, look);
  }

  const neighbours = new Set(strong.flatMap(({ edge }) => [edge.from, edge.to]));
  for (const box of drawing.boxes) {
    if (isVisible(box)) paintBox(pen, box, look, neighbours.has(box.box.id) && box.box.id !== marked);
  }
}

function paintFrame(pen: Pen, rect: Rect, { palette }: Look): void {
  pen.box(rect, { radius: FRAME_RADIUS, fill: palette('ink'), opacity: 0.022 });
  pen.box(rect, { radius: FRAME_RADIUS, line: palette('line-strong'), isDashed: true });
}

/** The title of a frame, on lines that lead through it. */
function paintFrameTitle(pen: Pen, { x, y, title, titleWidth }: PlacedFrame, { palette }: Look): void {
  const middle = y + BOX.frameTitlePx / 2 + 2;
  pen.box(
    { x: x + 5, y: middle - 10, width: titleWidth + 26, height: 20 },
    { radius: RADIUS, fill: palette('canvas'), opacity: 0.85 },
  );
  pen.text('−', { x: x + 14, y: middle }, { sizePx: 14, colour: palette('muted'), isBold: true, align: 'middle' });
  pen.text(title, { x: x + 24, y: middle }, { sizePx: BOX.titleFontPx, colour: palette('muted'), isBold: true });
}

/** The shape of a value where it leaves its box: once, however many read it. */
function paintShapes(pen: Pen, { index }: Drawing, edges: readonly PlacedEdge[], palette: Palette): void {
  const told = new Set<string>();
  for (const { edge, points } of edges) {
    const [value] = edge.values;
    const [start] = points;
    if (value === undefined || start === undefined || edge.from.startsWith('input ') || told.has(value)) continue;
    told.add(value);
    const shape = shapeText(index.typeOf(value)?.dims);
    const more = edge.values.length > 1 ? strings.graph.more(edge.values.length - 1) : '';
    const text = [shape, more].filter((part) => part !== '').join(' ');
    if (text !== '') pen.text(text, { x: start.x + 6, y: start.y + 9 }, { sizePx: 9.5, colour: palette('faint') });
  }
}

function paintBox(pen: Pen, placed: PlacedBox, look: Look, isNeighbour: boolean): void {
  const { palette, detail, pixel } = look;
  const { box, content } = placed;
  const isSelected = box.id === look.selected;
  const isHit = look.hits?.has(box.id) ?? false;
  const isFaded = look.hits !== undefined && !isHit && !isSelected;
  const colour = content.family ? palette(FAMILY_COLOUR[content.family]) : palette('line-strong');
  const isTerminal = box.kind === 'input' || box.kind === 'output' || box.kind === 'outer';
  const radius = detail === 'shapes' ? 0 : isTerminal ? TERMINAL_RADIUS : RADIUS;
  const rect: Rect = placed;

  if (box.kind === 'scope') {
    // A stack: there is more below it.
    const behind = { ...rect, x: rect.x + 4, y: rect.y + 4 };
    pen.box(behind, { radius, fill: palette('surface'), line: palette('line-strong') });
  }
  if (isHit)
    pen.box(grown(rect, 3 * Math.max(1, pixel)), {
      radius: radius && radius + 3,
      fill: palette('warn'),
      opacity: 0.45,
    });
  pen.box(rect, { radius, fill: isTerminal ? palette('sunken') : palette('surface') });
  const opacity = detail === 'shapes' ? STRONG_TINT : TINT;
  if (content.family && content.family !== 'math')
    pen.box(rect, { radius, fill: colour, opacity: isFaded ? opacity * FADED : opacity });
  pen.box(rect, {
    radius,
    line: isSelected || isNeighbour || box.id === look.hovered ? palette('accent') : isFaded ? palette('line') : colour,
    lineWidth: isSelected
      ? Math.max(2.5, 2 * pixel)
      : isNeighbour
        ? Math.max(1.6, 1.3 * pixel)
        : Math.max(1, 0.6 * pixel),
    isDashed: box.kind === 'outer',
  });
  if (box.kind === 'scope') paintShares(pen, placed, palette);
  if (detail === 'shapes') return;
  if (box.kind === 'scope') {
    const at = { x: rect.x + 13, y: rect.y + BOX.titlePx / 2 + 1 };
    pen.text('+', at, { sizePx: 14, colour: palette('muted'), isBold: true, align: 'middle' });
  }

  const ink = isFaded ? palette('faint') : palette('ink');
  const middle = rect.x + rect.width / 2;
  if (detail === 'titles') {
    // From afar the title has the whole box.
    const at = { x: middle, y: rect.y + rect.height / 2 };
    pen.text(content.title, at, { sizePx: largeTitlePx(placed), colour: ink, isBold: true, align: 'middle' });
    return;
  }
  const top = { x: middle, y: rect.y + BOX.titlePx / 2 + 1 };
  pen.text(content.title, top, { sizePx: BOX.titleFontPx, colour: ink, isBold: true, align: 'middle' });
  for (const [at, { name, text }] of content.lines.entries()) {
    const y = rect.y + BOX.titlePx + (at + 0.5) * BOX.linePx;
    const style = { sizePx: BOX.lineFontPx, colour: isFaded ? palette('faint') : palette('muted') };
    if (name === '') {
      pen.text(text, { x: rect.x + rect.width / 2, y }, { ...style, align: 'middle' });
    } else {
      pen.text(name, { x: rect.x + BOX.padding, y }, { ...style, colour: palette('faint') });
      pen.text(text, { x: rect.x + rect.width - BOX.padding, y }, { ...style, align: 'end' });
    }
  }
}

/** As large as the box allows, by a letter's usual width. */
const largeTitlePx = ({ content, width, height }: PlacedBox): number =>
  Math.max(BOX.titleFontPx, Math.min(24, height * 0.6, (width - 8) / (content.title.length * 0.6)));

/** A bar of what a closed scope is made of. */
function paintShares(pen: Pen, { content, x, y, width, height }: PlacedBox, palette: Palette): void {
  const total = content.shares.reduce((sum, { count }) => sum + count, 0);
  const room = width - 2 * BOX.padding;
  let from = x + BOX.padding;
  for (const { family, count } of content.shares) {
    const part = (room * count) / total;
    pen.box(
      { x: from, y: y + height - BOX.sharesPx - BOX.gapPx - 1, width: Math.max(0.5, part - 1), height: BOX.sharesPx },
      { radius: 1, fill: palette(FAMILY_COLOUR[family]) },
    );
    from += part;
  }
}

const grown = ({ x, y, width, height }: Rect, by: number): Rect => ({
  x: x - by,
  y: y - by,
  width: width + 2 * by,
  height: height + 2 * by,
});
