import { canvasPen } from './canvas-pen.ts';
import type { Hit } from './hit-test.ts';
import { hitAt } from './hit-test.ts';
import type { Drawing, Point, Rect } from './layout.ts';
import { paint, type Marks } from './paint.ts';
import type { Palette } from './palette.ts';
import type { Viewport } from './viewport.ts';
import { between, centred, fitted, opening, overlaps, panned, toDrawing, visibleRect, zoomed } from './viewport.ts';
import { paintMinimap } from './minimap.ts';

/** A drawing on a canvas: moved, zoomed and pointed at. */
export interface CanvasView {
  /** @param anchor the box or frame that keeps its place, where the drawing is the last one, changed; else it begins anew. */
  readonly show: (drawing: Drawing, anchor: string | undefined) => void;
  readonly mark: (marks: Marks) => void;
  readonly recolour: (palette: Palette) => void;
  readonly pan: (dx: number, dy: number) => void;
  /** About the middle. */
  readonly zoom: (factor: number) => void;
  readonly fit: () => void;
  /** Brings a box to the middle. */
  readonly reveal: (id: string) => void;
  readonly close: () => void;
}

export interface CanvasViewOptions {
  readonly canvas: HTMLCanvasElement;
  /** A small picture of the whole, with a frame around what is in view. */
  readonly minimap: HTMLCanvasElement;
  readonly fontFamily: string;
  readonly isMotionReduced: () => boolean;
  /** A click or tap; undefined beside everything. */
  readonly onPick: (hit: Hit | undefined) => void;
  readonly onHover: (id: string | undefined) => void;
}

const MOVE_MS = 220;
/** A press that moves less is a click. */
const CLICK_SLACK_PX = 4;
const DETAIL = { all: 0.5, titles: 0.34 } as const;
/** Of one notch of a wheel, or one step of a trackpad's pinch. */
const WHEEL_ZOOM = 0.0015;
const PINCH_ZOOM = 0.01;

export function createCanvasView(options: CanvasViewOptions): CanvasView {
  const { canvas, minimap } = options;
  const context = canvas.getContext('2d');
  const ending = new AbortController();
  let drawing: Drawing | undefined;
  let palette: Palette | undefined;
  let marks: Marks = { selected: undefined, hovered: undefined, hits: undefined };
  let view: Viewport = { x: 0, y: 0, scale: 1 };
  let screen = { width: canvas.clientWidth, height: canvas.clientHeight };
  let frame: number | undefined;
  let movement: { readonly from: Viewport; readonly to: Viewport; readonly sinceMs: number } | undefined;

  const redraw = (): void => {
    frame ??= requestAnimationFrame(paintFrame);
  };

  function paintFrame(nowMs: number): void {
    frame = undefined;
    if (!context || !drawing || !palette || screen.width === 0) return;
    if (movement) {
      const part = Math.min(1, Math.max(0, (nowMs - movement.sinceMs) / MOVE_MS));
      view = between(movement.from, movement.to, 1 - (1 - part) ** 3, screen);
      if (part === 1) movement = undefined;
      else redraw();
    }
    const dense = devicePixelRatio;
    const wide = Math.round(screen.width * dense);
    const high = Math.round(screen.height * dense);
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
    }
    const { scale } = view;
    const visible = visibleRect(view, screen);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, wide, high);
    context.setTransform(scale * dense, 0, 0, scale * dense, -view.x * scale * dense, -view.y * scale * dense);
    paint(canvasPen(context, options.fontFamily), drawing, {
      ...marks,
      palette,
      detail: scale >= DETAIL.all ? 'all' : scale >= DETAIL.titles ? 'titles' : 'shapes',
      pixel: 1 / scale,
      isVisible: (rect) => overlaps(rect, visible),
    });
    // What tests and style sheets may know of the picture.
    canvas.dataset['scale'] = scale.toFixed(3);
    paintMinimap(minimap, drawing, palette, visible, marks);
  }

  const moveTo = (to: Viewport): void => {
    if (options.isMotionReduced()) {
      movement = undefined;
      view = to;
    } else {
      movement = { from: view, to, sinceMs: performance.now() };
    }
    redraw();
  };
  const change = (next: (drawing: Drawing) => Viewport): void => {
    if (!drawing) return;
    movement = undefined;
    view = next(drawing);
    redraw();
  };

  const resizing = new ResizeObserver(() => {
    // While something else is shown it has no size, and keeps its view.
    if (canvas.clientWidth === 0) return;
    const isFirst = screen.width === 0;
    screen = { width: canvas.clientWidth, height: canvas.clientHeight };
    if (isFirst && drawing) view = opening(drawing, screen);
    redraw();
  });
  resizing.observe(canvas);

  const pointOf = ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };
  const hitOf = (event: MouseEvent): Hit | undefined =>
    drawing && hitAt(drawing, toDrawing(view, pointOf(event)), view.scale);

  const fingers = new Map<number, Point>();
  let travelled = 0;
  const { signal } = ending;

  canvas.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      if (fingers.size === 0) travelled = 0;
      fingers.set(event.pointerId, pointOf(event));
    },
    { signal },
  );
  canvas.addEventListener(
    'pointermove',
    (event) => {
      const at = pointOf(event);
      const before = fingers.get(event.pointerId);
      if (!before) {
        const hit = hitOf(event);
        canvas.style.cursor = hit ? 'pointer' : 'grab';
        options.onHover(hit?.kind === 'box' ? hit.box.box.id : undefined);
        return;
      }
      fingers.set(event.pointerId, at);
      const dx = at.x - before.x;
      const dy = at.y - before.y;
      travelled += Math.abs(dx) + Math.abs(dy);
      if (travelled > CLICK_SLACK_PX) canvas.style.cursor = 'grabbing';
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      if (!other) {
        if (travelled > CLICK_SLACK_PX) change((of) => panned(view, dx, dy, of, screen));
        return;
      }
      const apart = (a: Point): number => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
      const middle = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
      change((of) => panned(zoomed(view, apart(at) / apart(before), middle, of, screen), dx / 2, dy / 2, of, screen));
    },
    { signal },
  );
  const lift = (event: PointerEvent): void => {
    if (!fingers.delete(event.pointerId)) return;
    canvas.style.cursor = 'grab';
    if (event.type === 'pointerup' && travelled <= CLICK_SLACK_PX) options.onPick(hitOf(event));
  };
  canvas.addEventListener('pointerup', lift, { signal });
  canvas.addEventListener('pointercancel', lift, { signal });
  canvas.addEventListener('pointerleave', () => options.onHover(undefined), { signal });
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      // Some systems count lines instead of pixels.
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const dx = event.deltaX * unit;
      const dy = event.deltaY * unit;
      const isSideways = Math.abs(dx) > Math.abs(dy);
      if (event.shiftKey || isSideways)
        change((of) => panned(view, isSideways ? -dx : 0, isSideways ? 0 : -dy, of, screen));
      else
        change((of) =>
          zoomed(view, Math.exp(-dy * (event.ctrlKey ? PINCH_ZOOM : WHEEL_ZOOM)), pointOf(event), of, screen),
        );
    },
    { signal, passive: false },
  );
  const goToMinimap = (event: PointerEvent): void => {
    if (event.buttons !== 1) return;
    const { left, top, width, height } = minimap.getBoundingClientRect();
    change((of) => {
      const part: Rect = visibleRect(view, screen);
      const x = ((event.clientX - left) / width) * of.width;
      const y = ((event.clientY - top) / height) * of.height;
      return panned({ ...view, x: x - part.width / 2, y: y - part.height / 2 }, 0, 0, of, screen);
    });
  };
  minimap.addEventListener(
    'pointerdown',
    (event) => {
      minimap.setPointerCapture(event.pointerId);
      goToMinimap(event);
    },
    { signal },
  );
  minimap.addEventListener('pointermove', goToMinimap, { signal });

  return {
    show(next, anchor) {
      const before = drawing;
      drawing = next;
      movement = undefined;
      const from = anchor === undefined ? undefined : before && placeOf(before, anchor);
      const to = anchor === undefined ? undefined : placeOf(next, anchor);
      view = from && to ? { ...view, x: view.x + to.x - from.x, y: view.y + to.y - from.y } : opening(next, screen);
      redraw();
    },
    mark(next) {
      marks = next;
      redraw();
    },
    recolour(next) {
      palette = next;
      redraw();
    },
    pan: (dx, dy) => change((of) => panned(view, dx, dy, of, screen)),
    zoom: (factor) => change((of) => zoomed(view, factor, { x: screen.width / 2, y: screen.height / 2 }, of, screen)),
    fit() {
      if (drawing) moveTo(fitted(drawing, screen));
    },
    reveal(id) {
      const box = drawing?.byId.get(id);
      if (box) moveTo(centred(box, view.scale, screen));
    },
    close() {
      ending.abort();
      resizing.disconnect();
      if (frame !== undefined) cancelAnimationFrame(frame);
    },
  };
}

/** The middle of the upper edge of a box or frame: what is opened grows downwards from there. */
function placeOf({ byId, frames }: Drawing, id: string): Point | undefined {
  const rect = byId.get(id) ?? frames.find(({ frame }) => frame.id === id);
  return rect && { x: rect.x + rect.width / 2, y: rect.y };
}
