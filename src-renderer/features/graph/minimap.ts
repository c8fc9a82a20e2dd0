import type { Drawing, Rect } from './layout.ts';
import type { Marks } from './paint.ts';
import type { Palette } from './palette.ts';
import { FAMILY_COLOUR } from './palette.ts';

const MAX_WIDTH = 140;
const MAX_HEIGHT = 190;
const MIN_SIDE = 18;
/** What is in view never becomes too small to be taken hold of. */
const MIN_FRAME = 6;

interface Kept {
  readonly drawing: Drawing;
  readonly palette: Palette;
  readonly picture: HTMLCanvasElement;
}
/** The boxes are painted once for each drawing: only the frame moves. */
const pictures = new WeakMap<HTMLCanvasElement, Kept>();

/** Paints the whole drawing, small, and a frame around what is in view; hidden where all of it is. */
export function paintMinimap(
  canvas: HTMLCanvasElement,
  drawing: Drawing,
  palette: Palette,
  visible: Rect,
  { selected }: Marks,
): void {
  const scale = Math.min(MAX_WIDTH / drawing.width, MAX_HEIGHT / drawing.height);
  const width = Math.max(MIN_SIDE, drawing.width * scale);
  const height = Math.max(MIN_SIDE, drawing.height * scale);
  const sees = (from: number, shown: number, size: number): boolean => from <= 0 && from + shown >= size;
  canvas.hidden = sees(visible.x, visible.width, drawing.width) && sees(visible.y, visible.height, drawing.height);
  const context = canvas.getContext('2d');
  if (canvas.hidden || !context) return;
  const dense = devicePixelRatio;
  const wide = Math.round(width * dense);
  const high = Math.round(height * dense);
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const stretch = { x: wide / drawing.width, y: high / drawing.height };
  let kept = pictures.get(canvas);
  if (kept?.drawing !== drawing || kept.palette !== palette || kept.picture.width !== wide) {
    kept = { drawing, palette, picture: pictureOf(drawing, palette, wide, high, stretch) };
    pictures.set(canvas, kept);
  }
  context.clearRect(0, 0, wide, high);
  context.drawImage(kept.picture, 0, 0);
  const chosen = selected === undefined ? undefined : drawing.byId.get(selected);
  context.fillStyle = palette('accent');
  if (chosen) {
    const size = 4 * dense;
    const x = (chosen.x + chosen.width / 2) * stretch.x;
    context.fillRect(x - size / 2, (chosen.y + chosen.height / 2) * stretch.y - size / 2, size, size);
  }
  const side = (from: number, shown: number, by: number, most: number): readonly [number, number] => {
    const length = Math.min(most - 2, Math.max(MIN_FRAME * dense, shown * by));
    return [Math.max(1, Math.min(most - 1 - length, from * by)), length];
  };
  const [x, w] = side(visible.x, visible.width, stretch.x, wide);
  const [y, h] = side(visible.y, visible.height, stretch.y, high);
  context.globalAlpha = 0.12;
  context.fillRect(x, y, w, h);
  context.globalAlpha = 1;
  context.strokeStyle = palette('accent');
  context.lineWidth = 1.5 * dense;
  context.strokeRect(x, y, w, h);
}

function pictureOf(
  drawing: Drawing,
  palette: Palette,
  width: number,
  height: number,
  stretch: { readonly x: number; readonly y: number },
): HTMLCanvasElement {
  const picture = document.createElement('canvas');
  picture.width = width;
  picture.height = height;
  const context = picture.getContext('2d');
  if (!context) return picture;
  for (const box of drawing.boxes) {
    const { family } = box.content;
    context.fillStyle = family ? palette(FAMILY_COLOUR[family]) : palette('control');
    context.globalAlpha = 0.6;
    context.fillRect(
      box.x * stretch.x,
      box.y * stretch.y,
      Math.max(1, box.width * stretch.x),
      Math.max(1, box.height * stretch.y),
    );
  }
  return picture;
}
