import type { Measure, Point } from './layout.ts';
import { BOX } from './layout.ts';
import type { Pen } from './paint.ts';

/** Of the corners of lines. */
const CORNER = 6;
const ARROW = 4.5;

/** Paints on a canvas whose transform is that of the drawing. @param family of the fonts, as CSS names them. */
export function canvasPen(context: CanvasRenderingContext2D, family: string): Pen {
  return {
    box(rect, { radius, fill, opacity = 1, line, lineWidth = 1, isDashed = false }) {
      const { x, y, width, height } = rect;
      if (radius > 0) {
        context.beginPath();
        context.roundRect(x, y, width, height, Math.min(radius, width / 2, height / 2));
      }
      if (fill !== undefined) {
        context.globalAlpha = opacity;
        context.fillStyle = fill;
        // Without a path it is much quicker, which counts where thousands are in view.
        if (radius > 0) context.fill();
        else context.fillRect(x, y, width, height);
        context.globalAlpha = 1;
      }
      if (line !== undefined) {
        context.strokeStyle = line;
        context.lineWidth = lineWidth;
        context.setLineDash(isDashed ? [5, 4] : []);
        if (radius > 0) context.stroke();
        else context.strokeRect(x, y, width, height);
      }
    },
    lines(lines, { colour, width, hasArrow }) {
      context.strokeStyle = colour;
      context.fillStyle = colour;
      context.lineWidth = width;
      context.setLineDash([]);
      // One path for all of them: thousands of single ones take long.
      context.beginPath();
      for (const points of lines) {
        for (const [at, { x, y }] of points.entries()) {
          const next = points[at + 1];
          if (at === 0) context.moveTo(x, y);
          else if (next) context.arcTo(x, y, next.x, next.y, cornerRadius(points, at));
          else context.lineTo(x, y);
        }
      }
      context.stroke();
      if (!hasArrow) return;
      context.beginPath();
      for (const points of lines) {
        const tip = points.at(-1);
        if (!tip) continue;
        context.moveTo(tip.x, tip.y);
        for (const { x, y } of arrowSides(points, ARROW + width / 2)) context.lineTo(x, y);
        context.closePath();
      }
      context.fill();
    },
    text(text, { x, y }, { sizePx, colour, isBold = false, align = 'start' }) {
      context.font = fontOf(sizePx, isBold, family);
      context.fillStyle = colour;
      context.textAlign = align === 'middle' ? 'center' : align === 'end' ? 'right' : 'left';
      context.textBaseline = 'middle';
      context.fillText(text, x, y);
    },
  };
}

/** A corner never takes more than half of the parts that meet in it. */
export function cornerRadius(points: readonly Point[], at: number): number {
  const corner = points[at];
  const before = points[at - 1];
  const after = points[at + 1];
  if (!corner || !before || !after) return 0;
  const length = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
  return Math.min(CORNER, length(before, corner) / 2, length(corner, after) / 2);
}

/** The two other corners of the arrow at the end of a line. */
export function arrowSides(points: readonly Point[], size: number): readonly Point[] {
  const tip = points.at(-1);
  const before = points.at(-2);
  if (!tip || !before) return [];
  const angle = Math.atan2(tip.y - before.y, tip.x - before.x);
  return [angle + 2.65, angle - 2.65].map((side) => ({
    x: tip.x + size * Math.cos(side),
    y: tip.y + size * Math.sin(side),
  }));
}

const fontOf = (sizePx: number, isBold: boolean, family: string): string =>
  `${isBold ? '600 ' : ''}${sizePx}px ${family}`;

/** Measures texts as they will be painted. The same few words stand in thousands of boxes, so they are kept. */
export function canvasMeasure(family: string): Measure {
  const context = document.createElement('canvas').getContext('2d');
  const known = { title: new Map<string, number>(), line: new Map<string, number>() };
  return (text, font) => {
    const kept = known[font].get(text);
    if (kept !== undefined) return kept;
    const sizePx = font === 'title' ? BOX.titleFontPx : BOX.lineFontPx;
    let width = text.length * sizePx * 0.6;
    if (context) {
      context.font = fontOf(sizePx, font === 'title', family);
      ({ width } = context.measureText(text));
    }
    known[font].set(text, width);
    return width;
  };
}
