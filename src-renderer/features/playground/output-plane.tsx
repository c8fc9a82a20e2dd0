import { useEffect, useMemo, useRef, useState } from 'react';
import { NumberField } from '../../components/number-field.tsx';
import { Select } from '../../components/select.tsx';
import { useAppearance } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { Rgba } from '../../tensors/image-frame.ts';
import { decodeImage, statsOf } from '../../tensors/image-tensor.ts';
import type { BoxFormat } from '../../tensors/output-view.ts';
import { BOX_FORMATS, outputPicture, readBoxes } from '../../tensors/output-view.ts';
import { CanvasImage } from './canvas-image.tsx';
import { MinMax } from './output-line.tsx';

const text = strings.playground.answer;

/** The last two axes of an output as a field of one colour: the stronger, the greater. Of more planes the first is shown. */
export function HeatView({
  values,
  shape,
  name,
}: {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly name: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  // The canvas holds the accent colour of the theme that it was painted in.
  const theme = useAppearance((state) => state.theme);
  const width = shape.at(-1) ?? 1;
  const height = shape.at(-2) ?? 1;
  const plane = useMemo(() => values.slice(0, width * height), [values, width, height]);
  const stats = useMemo(() => statsOf(plane), [plane]);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!canvas.current || !context || !stats) return;
    canvas.current.dataset['theme'] = theme;
    context.clearRect(0, 0, width, height);
    context.fillStyle = getComputedStyle(canvas.current).color;
    for (const [index, value] of plane.entries()) {
      context.globalAlpha = Number.isFinite(value) ? (value - stats.min) / (stats.max - stats.min || 1) : 0;
      context.fillRect(index % width, Math.floor(index / width), 1, 1);
    }
  }, [plane, stats, width, height, theme]);
  return (
    <figure className="flex flex-col gap-1">
      <canvas
        ref={canvas}
        role="img"
        aria-label={text.heatOf(name)}
        width={Math.max(1, width)}
        height={Math.max(1, height)}
        className="max-h-80 min-h-24 max-w-full self-start rounded-md border border-line bg-sunken text-accent [image-rendering:pixelated]"
        style={{ aspectRatio: `${width} / ${height}`, width: `min(100%, ${Math.min(480, width * 12)}px)` }}
      />
      {stats && <MinMax min={stats.min} max={stats.max} />}
    </figure>
  );
}

/** An output that is a picture; of a batch the first. */
export function PictureView({
  values,
  shape,
  name,
}: {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly name: string;
}) {
  const spec = useMemo(() => outputPicture(shape), [shape]);
  const image = useMemo(() => spec && decodeImage(values, spec, spec.width, spec.height), [values, spec]);
  if (!image) return null;
  return (
    <CanvasImage
      image={image}
      label={text.pictureOf(name)}
      className="max-h-96 min-h-40 max-w-full self-start rounded-md border border-line object-contain"
    />
  );
}

/** More would cover the picture. */
const MAX_BOXES = 200;
const MAX_LISTED_BOXES = 24;

/** Rows of an output as rectangles on the picture that was sent. */
export function BoxesView({
  values,
  columns,
  picture,
  labels,
  name,
}: {
  readonly values: readonly number[];
  readonly columns: number;
  readonly picture: Rgba;
  readonly labels: readonly string[] | undefined;
  readonly name: string;
}) {
  const [format, setFormat] = useState<BoxFormat>('xyxy');
  const [threshold, setThreshold] = useState(0.25);
  const boxes = useMemo(() => {
    const rows = Array.from({ length: Math.floor(values.length / columns) }, (_, row) =>
      values.slice(row * columns, (row + 1) * columns),
    );
    return readBoxes(rows, format, picture, labels)
      .map((box, row) => ({ ...box, row }))
      .filter(({ score }) => score === undefined || score >= threshold)
      .slice(0, MAX_BOXES);
  }, [values, columns, format, picture, labels, threshold]);
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap gap-3">
        <div className="w-52">
          <Select
            label={text.boxFormat}
            options={BOX_FORMATS.map((key) => ({ key, label: text.boxFormats[key] }))}
            selected={format}
            onSelect={setFormat}
          />
        </div>
        {columns > 4 && (
          <div className="w-32">
            <NumberField
              label={text.boxThreshold}
              value={threshold}
              min={0}
              max={1}
              step={0.05}
              onChange={(next) => setThreshold(next ?? 0)}
            />
          </div>
        )}
      </div>
      <div className="relative w-fit max-w-full">
        <CanvasImage image={picture} label={text.boxesOf(name)} className="max-h-96 min-h-60 max-w-full rounded-md" />
        <svg
          aria-hidden
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
          className="pointer-events-none absolute inset-0 size-full"
        >
          {boxes.map(({ row, left, top, right, bottom }) => (
            <rect
              key={row}
              x={left * 100}
              y={top * 100}
              width={Math.max(0, right - left) * 100}
              height={Math.max(0, bottom - top) * 100}
              fill="none"
              strokeWidth={2}
              vectorEffect="non-scaling-stroke"
              className="stroke-accent"
            />
          ))}
        </svg>
        {boxes.slice(0, MAX_LISTED_BOXES).map(
          ({ row, left, top, label }) =>
            label !== undefined && (
              <span
                key={row}
                aria-hidden
                className="pointer-events-none absolute max-w-32 truncate rounded-br-sm bg-accent-fill px-1 text-2xs text-on-accent"
                style={{ left: `${clampedPercent(left)}%`, top: `${clampedPercent(top)}%` }}
              >
                {label}
              </span>
            ),
        )}
      </div>
      {boxes.length === 0 ? (
        <p className="text-xs text-muted">{text.noBoxes}</p>
      ) : (
        <ol className="flex flex-wrap gap-x-4 gap-y-0.5 text-xs">
          {boxes.slice(0, MAX_LISTED_BOXES).map(({ row, label, score }) => (
            <li key={row}>
              {label ?? `#${row}`} <span className="font-mono text-muted">{score?.toFixed(3)}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

const clampedPercent = (share: number): number => Math.min(95, Math.max(0, share * 100));
