import { arrowSides, cornerRadius } from './canvas-pen.ts';
import type { Drawing, Point } from './layout.ts';
import type { Palette } from './palette.ts';
import type { Pen } from './paint.ts';
import { paint } from './paint.ts';

/**
 * The whole drawing as an SVG file that stands for itself.
 * @param title told by programs that read it aloud.
 * @param fontFamily the one that the boxes were measured with.
 */
export function drawingSvg(drawing: Drawing, palette: Palette, title: string, fontFamily: string): string {
  const parts: string[] = [];
  paint(
    svgPen((part) => parts.push(part)),
    drawing,
    {
      palette,
      detail: 'all',
      pixel: 1,
      isVisible: () => true,
      selected: undefined,
      hovered: undefined,
      hits: undefined,
    },
  );
  const { width, height } = drawing;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}" font-family="${escaped(fontFamily)}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="${colour(palette('canvas'))}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function svgPen(write: (part: string) => void): Pen {
  return {
    box({ x, y, width, height }, { radius, fill, opacity = 1, line, lineWidth = 1, isDashed = false }) {
      const paints = [
        fill === undefined ? 'fill="none"' : `fill="${colour(fill)}"`,
        fill !== undefined && opacity !== 1 ? `fill-opacity="${opacity}"` : '',
        line === undefined ? '' : `stroke="${colour(line)}" stroke-width="${lineWidth}"`,
        isDashed ? 'stroke-dasharray="5 4"' : '',
      ].filter((part) => part !== '');
      write(
        `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${round(Math.min(radius, width / 2, height / 2))}" ${paints.join(' ')}/>`,
      );
    },
    lines(lines, style) {
      if (lines.length === 0) return;
      const stroke = colour(style.colour);
      write(`<g fill="none" stroke="${stroke}" stroke-width="${style.width}">`);
      for (const points of lines) write(`<path d="${pathOf(points)}"/>`);
      write('</g>');
      if (!style.hasArrow) return;
      const arrows = lines.flatMap((points) => {
        const tip = points.at(-1);
        return tip ? [`M${[tip, ...arrowSides(points, 5)].map(pair).join('L')}Z`] : [];
      });
      write(`<path fill="${stroke}" d="${arrows.join('')}"/>`);
    },
    text(text, at, { sizePx, colour: ink, isBold = false, align = 'start' }) {
      write(
        `<text x="${round(at.x)}" y="${round(at.y)}" font-size="${sizePx}" ${isBold ? 'font-weight="600" ' : ''}text-anchor="${align}" dominant-baseline="central" fill="${colour(ink)}">${escaped(text)}</text>`,
      );
    },
  };
}

/** Like the canvas draws it: each corner is a quarter of a circle. */
function pathOf(points: readonly Point[]): string {
  return points
    .map((point, at) => {
      const before = points[at - 1];
      const after = points[at + 1];
      if (!before) return `M${pair(point)}`;
      if (!after) return `L${pair(point)}`;
      const radius = cornerRadius(points, at);
      return `L${pair(towards(point, before, radius))}Q${pair(point)} ${pair(towards(point, after, radius))}`;
    })
    .join('');
}

function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return { x: from.x + ((to.x - from.x) / length) * distance, y: from.y + ((to.y - from.y) / length) * distance };
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

const pair = ({ x, y }: Point): string => `${round(x)} ${round(y)}`;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Names in a model are anybody's: what XML does not allow at all is left out. */
function escaped(text: string): string {
  const allowed = text.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
  return allowed.replaceAll(/[&<>"']/gu, (character) => ESCAPES[character] ?? '');
}

/** Colours come from the page's own theme; whatever could end an attribute is taken out nevertheless. */
const colour = (css: string): string => css.replaceAll(/[^\w\s#%(),./-]/gu, '');
