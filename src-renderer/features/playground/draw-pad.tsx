import { Eraser, PenLine, Undo2 } from 'lucide-react';
import type { PointerEvent } from 'react';
import { useEffect, useRef, useState } from 'react';
import { IconButton } from '../../components/button.tsx';
import type { Stroke } from '../../stores/play-store.ts';
import { strings } from '../../strings/index.ts';
import type { Rgba } from '../../tensors/image-frame.ts';
import { usePictureDrop } from './use-picture-drop.ts';

const text = strings.playground.picture;

/** Pixels of the pad's edge, whatever its size on the screen. */
const PAD = 280;
/** As thick, for its digit, as those that MNIST was written with. */
const PEN = 22;

/** A square to draw on: white ink on black, as most small classifiers were trained. */
export function DrawPad({
  name,
  strokes,
  hasOther,
  onChange,
  onFile,
}: {
  readonly name: string;
  readonly strokes: readonly Stroke[];
  /** Whether the model gets a picture that was not drawn here. */
  readonly hasOther: boolean;
  /** Called at the end of each stroke. */
  readonly onChange: (strokes: readonly Stroke[], pixels: Rgba) => void;
  /** A picture that was dropped on the pad. */
  readonly onFile: (file: File) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const current = useRef<{ x: number; y: number }[] | undefined>(undefined);
  const [isDrawing, setDrawing] = useState(false);
  const { isOver, handlers } = usePictureDrop(onFile);

  useEffect(() => {
    const context = canvas.current?.getContext('2d', { willReadFrequently: true });
    if (context) paint(context, strokes);
  }, [strokes]);

  const commit = (next: readonly Stroke[]): void => {
    const context = canvas.current?.getContext('2d', { willReadFrequently: true });
    if (!context) return;
    paint(context, next);
    onChange(next, { width: PAD, height: PAD, data: context.getImageData(0, 0, PAD, PAD).data });
  };
  const add = (event: PointerEvent<HTMLCanvasElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    current.current?.push({
      x: (event.clientX - box.left) / (box.width || 1),
      y: (event.clientY - box.top) / (box.height || 1),
    });
  };
  const finish = (): void => {
    const stroke = current.current;
    current.current = undefined;
    setDrawing(false);
    if (stroke) commit([...strokes, stroke]);
  };

  return (
    <div className="flex items-start gap-1">
      <div className="relative scheme-dark" {...handlers}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={text.pad(name)}
          title={text.drawHint}
          width={PAD}
          height={PAD}
          className="size-44 cursor-crosshair touch-none rounded-md border border-control"
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            current.current = [];
            setDrawing(true);
            add(event);
            const context = event.currentTarget.getContext('2d');
            if (context) paint(context, [...strokes, current.current]);
          }}
          onPointerMove={(event) => {
            if (!current.current) return;
            add(event);
            const context = event.currentTarget.getContext('2d');
            if (context) paint(context, [...strokes, current.current]);
          }}
          onPointerUp={finish}
          onPointerCancel={finish}
        />
        {(isOver || (strokes.length === 0 && !isDrawing)) && (
          <div
            className="pointer-events-none absolute inset-px flex flex-col items-center justify-center gap-1 rounded-md bg-sunken px-3 text-center text-xs text-muted data-over:text-accent"
            data-over={isOver || undefined}
          >
            <PenLine aria-hidden size={20} />
            {isOver ? (
              text.dropHere
            ) : (
              <>
                <span className="text-sm font-medium text-ink">{hasOther ? text.emptyPadAnew : text.emptyPad}</span>
                <span>{text.emptyPadElse}</span>
              </>
            )}
          </div>
        )}
      </div>
      <div className="flex flex-col">
        <IconButton
          icon={Undo2}
          label={text.undo}
          disabled={strokes.length === 0}
          onClick={() => commit(strokes.slice(0, -1))}
        />
        <IconButton icon={Eraser} label={text.clear} disabled={strokes.length === 0} onClick={() => commit([])} />
      </div>
    </div>
  );
}

function paint(context: CanvasRenderingContext2D, strokes: readonly Stroke[]): void {
  context.fillStyle = 'black';
  context.fillRect(0, 0, PAD, PAD);
  context.strokeStyle = 'white';
  context.fillStyle = 'white';
  context.lineWidth = PEN;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const stroke of strokes) {
    const [first] = stroke;
    if (!first) continue;
    context.beginPath();
    if (stroke.length === 1) {
      context.arc(first.x * PAD, first.y * PAD, PEN / 2, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    context.moveTo(first.x * PAD, first.y * PAD);
    // Through the middles of the pieces, so that a quick hand draws no corners.
    for (const [index, point] of stroke.entries()) {
      const next = stroke[index + 1] ?? point;
      context.quadraticCurveTo(
        point.x * PAD,
        point.y * PAD,
        ((point.x + next.x) / 2) * PAD,
        ((point.y + next.y) / 2) * PAD,
      );
    }
    context.stroke();
  }
}
