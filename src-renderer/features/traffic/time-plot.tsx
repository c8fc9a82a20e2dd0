import type { PointerEvent } from 'react';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { axisTimes } from '../../components/axis-times.ts';
import { readThemeColours } from '../../components/theme-colours.ts';
import { formatClock } from '../../format/time.ts';
import { useAppearance } from '../../stores/services.tsx';
import { KeyBrush } from './key-brush.tsx';
import type { TimeRange } from './key-range.ts';

/** Where to draw: CSS pixels of the plot, and how times become places. */
export interface PlotArea {
  readonly context: CanvasRenderingContext2D;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly xOf: (ms: number) => number;
  /** A colour of the theme by its name, as a canvas understands it. */
  readonly colour: (name: string) => string;
}

export interface TimePlotProps {
  /** By the local clock. */
  readonly range: TimeRange;
  readonly heightPx: number;
  /** Lines across with their words; `at` is 0 at the bottom and 1 at the top. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  /** Stays the same function as long as it draws the same. */
  readonly draw: (area: PlotArea) => void;
  readonly selected: TimeRange | undefined;
  readonly onRange: (range: TimeRange | undefined) => void;
  readonly onHover: (atMs: number | undefined) => void;
  /** Words over an empty plot. */
  readonly note?: string | undefined;
  /** Name of the control by which a time is marked with the keyboard; one plot of a row has it for all. */
  readonly brushLabel?: string;
}

/** The same frame as that of the shared line chart, so that both stand in one row. */
const PADDING = { left: 56, right: 28, top: 8, bottom: 24 } as const;
/** A shorter drag is a click. */
const MIN_DRAG_PX = 4;

/** A canvas over time for what is no line: axes, hover, and a range that is marked by dragging. */
export function TimePlot(props: TimePlotProps) {
  // Drawn anew where the colours are others.
  const look = useAppearance((state) => `${state.theme} ${state.contrast}`);
  return <Plot key={look} {...props} />;
}

function Plot(props: TimePlotProps) {
  const { range, selected, onRange, onHover, heightPx, draw, ticks, note, brushLabel } = props;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number } | undefined>();
  const [hoverX, setHoverX] = useState<number | undefined>();

  const plotWidth = Math.max(0, width - PADDING.left - PADDING.right);
  const xOf = (ms: number): number =>
    PADDING.left + ((ms - range.fromMs) / Math.max(1, range.toMs - range.fromMs)) * plotWidth;
  const msAt = (x: number): number =>
    range.fromMs + ((x - PADDING.left) / Math.max(1, plotWidth)) * (range.toMs - range.fromMs);
  const clampX = (x: number): number => Math.min(PADDING.left + plotWidth, Math.max(PADDING.left, x));

  const { fromMs, toMs } = range;
  useEffect(() => {
    if (canvas.current && width > 0)
      paintPlot(canvas.current, { width, heightPx, range: { fromMs, toMs }, ticks, draw });
  }, [width, heightPx, fromMs, toMs, ticks, draw]);
  const repaint = useEffectEvent(() => {
    if (canvas.current && width > 0) paintPlot(canvas.current, { width, heightPx, range, ticks, draw });
  });
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const resizing = new ResizeObserver(() => setWidth(element.clientWidth));
    resizing.observe(element);
    setWidth(element.clientWidth);
    const listening = new AbortController();
    for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)']) {
      matchMedia(query).addEventListener('change', () => repaint(), { signal: listening.signal });
    }
    return () => {
      resizing.disconnect();
      listening.abort();
    };
  }, []);

  const xIn = (event: PointerEvent<HTMLElement>): number =>
    clampX(event.clientX - event.currentTarget.getBoundingClientRect().left);
  const marked = drag
    ? { left: Math.min(drag.from, drag.to), right: Math.max(drag.from, drag.to) }
    : selected && { left: clampX(xOf(selected.fromMs)), right: clampX(xOf(selected.toMs)) };

  const plot = (
    // Time runs to the right in every language, as charts are read.
    <div
      ref={box}
      dir="ltr"
      aria-hidden
      className="relative cursor-crosshair touch-pan-y select-none"
      style={{ height: heightPx }}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: xIn(event), to: xIn(event) });
      }}
      onPointerMove={(event) => {
        const x = xIn(event);
        setHoverX(x);
        onHover(msAt(x));
        if (drag) setDrag({ ...drag, to: x });
      }}
      onPointerUp={() => {
        if (drag && marked && marked.right - marked.left >= MIN_DRAG_PX)
          onRange({ fromMs: msAt(marked.left), toMs: msAt(marked.right) });
        setDrag(undefined);
      }}
      onPointerCancel={() => setDrag(undefined)}
      onPointerLeave={() => {
        setHoverX(undefined);
        onHover(undefined);
      }}
      onDoubleClick={() => onRange(undefined)}
    >
      <canvas ref={canvas} className="absolute inset-0 size-full" />
      {marked && marked.right > marked.left && (
        <div
          className="pointer-events-none absolute border-x border-accent bg-accent/15"
          style={{ left: marked.left, width: marked.right - marked.left, top: PADDING.top, bottom: PADDING.bottom }}
        />
      )}
      {hoverX !== undefined && !drag && (
        <div
          className="pointer-events-none absolute w-px bg-line-strong"
          style={{ left: hoverX, top: PADDING.top, bottom: PADDING.bottom }}
        />
      )}
      {note !== undefined && (
        <p className="pointer-events-none absolute inset-0 flex items-center justify-center pb-4 text-xs text-faint">
          {note}
        </p>
      )}
    </div>
  );
  if (brushLabel === undefined) return plot;
  return (
    <KeyBrush label={brushLabel} range={range} selected={selected} onRange={onRange}>
      {plot}
    </KeyBrush>
  );
}

function paintPlot(
  element: HTMLCanvasElement,
  {
    width,
    heightPx,
    range,
    ticks,
    draw,
  }: Pick<TimePlotProps, 'heightPx' | 'range' | 'ticks' | 'draw'> & { readonly width: number },
): void {
  const plotWidth = Math.max(0, width - PADDING.left - PADDING.right);
  const xOf = (ms: number): number =>
    PADDING.left + ((ms - range.fromMs) / Math.max(1, range.toMs - range.fromMs)) * plotWidth;
  const context = element.getContext('2d');
  if (!context) return;
  const scale = window.devicePixelRatio || 1;
  element.width = Math.round(width * scale);
  element.height = Math.round(heightPx * scale);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const style = getComputedStyle(element);
  const colours = new Map<string, string>();
  const colour = (name: string): string => {
    const known = colours.get(name) ?? readThemeColours(element.parentElement ?? document.body, [name]).get(name) ?? '';
    colours.set(name, known);
    return known;
  };
  const area: PlotArea = {
    context,
    left: PADDING.left,
    top: PADDING.top,
    width: plotWidth,
    height: heightPx - PADDING.top - PADDING.bottom,
    xOf,
    colour,
  };
  const bottom = area.top + area.height;
  context.font = `11px ${style.fontFamily}`;
  context.lineWidth = 1;
  context.textBaseline = 'middle';
  context.textAlign = 'end';
  for (const { at, label } of ticks) {
    const y = Math.round(bottom - at * area.height) + 0.5;
    context.strokeStyle = colour('line');
    context.beginPath();
    context.moveTo(area.left, y);
    context.lineTo(area.left + plotWidth, y);
    context.stroke();
    context.fillStyle = colour('faint');
    context.fillText(label, area.left - 8, y);
  }
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  for (const ms of axisTimes(range.fromMs, range.toMs, plotWidth))
    context.fillText(formatClock(ms), xOf(ms), heightPx - 7);
  context.save();
  context.beginPath();
  context.rect(area.left, 0, plotWidth, bottom + 1);
  context.clip();
  draw(area);
  context.restore();
}
