import { ImageUp } from 'lucide-react';
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import type { TensorInfo } from '#contracts/signature.ts';
import { useChooseFile } from '../../choose-file.ts';
import { NumberField } from '../../components/number-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { pictureKey, type PictureSource } from '../../stores/play-store.ts';
import { usePlay, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { CellTensor } from '../../tensors/cell-tensor.ts';
import { frameImage } from '../../tensors/image-frame.ts';
import type { ImageSpec } from '../../tensors/image-tensor.ts';
import { decodeImage, encodeImage, imageSize, isDrawable, putImage, statsOf } from '../../tensors/image-tensor.ts';
import { CanvasImage } from './canvas-image.tsx';
import { decodePicture, pictureIn } from './decode-picture.ts';
import { DrawPad } from './draw-pad.tsx';
import { firstOptions, ImageOptions, type PictureOptions } from './image-options.tsx';
import { usePictureDrop } from './use-picture-drop.ts';

const text = strings.playground.picture;

/** A picture as the value of an input: drawn, dropped, pasted or chosen; shown beside it is what the model gets. */
export function ImageInput({
  model,
  info,
  spec,
  tensor,
  onChange,
  onNote,
}: {
  readonly model: string;
  readonly info: TensorInfo;
  readonly spec: ImageSpec;
  readonly tensor: CellTensor;
  readonly onChange: (tensor: CellTensor) => void;
  readonly onNote: (note: string | undefined) => void;
}) {
  const { play } = useServices();
  const key = pictureKey(model, info.name);
  const source = usePlay((state) => state.pictures[key]);
  const drawable = isDrawable(spec);
  const [way, setWay] = useState<'drawing' | 'file'>(source?.kind ?? (drawable ? 'drawing' : 'file'));
  const [options, setOptions] = useState<PictureOptions>(() => firstOptions(spec, info.dtype));
  const [row, setRow] = useState(0);
  const size = imageSize(spec, tensor.shape);
  const rows = spec.hasBatch ? (tensor.shape[0] ?? 1) : 1;

  const put = (picture: PictureSource, next: PictureOptions): void => {
    const planes = frameImage(picture.pixels, { ...size, framing: next.framing, invert: next.invert });
    onNote(undefined);
    onChange(putImage(tensor, spec, size, row, encodeImage(planes, spec, next, info.dtype)));
  };
  const take = (picture: PictureSource, next = options): void => {
    play.getState().setPicture(key, picture);
    put(picture, next);
  };
  const takeFile = async (file: File): Promise<void> => {
    try {
      const picture: PictureSource = { kind: 'file', name: file.name, pixels: await decodePicture(file) };
      setWay('file');
      // What is drawn on the pad is put in its frame by its ink; a photograph is not.
      const next = options.framing === 'mnist' && !drawable ? { ...options, framing: 'crop' as const } : options;
      setOptions(next);
      take(picture, next);
    } catch {
      onNote(text.unreadable(file.name));
    }
  };
  const onPaste = useEffectEvent((event: ClipboardEvent) => {
    const file = event.defaultPrevented ? undefined : pictureIn(event.clipboardData?.files ?? []);
    if (!file) return;
    event.preventDefault();
    void takeFile(file);
  });
  useEffect(() => {
    const listening = new AbortController();
    document.addEventListener('paste', (event) => onPaste(event), { signal: listening.signal });
    return () => listening.abort();
  }, []);

  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-3">
        {drawable && (
          <Segmented
            label={text.source(info.name)}
            selected={way}
            onSelect={setWay}
            segments={[
              { key: 'drawing', label: text.draw },
              { key: 'file', label: text.file },
            ]}
          />
        )}
        {rows > 1 && (
          <div className="w-32">
            <NumberField label={text.row} value={row} min={0} max={rows - 1} onChange={(next) => setRow(next ?? 0)} />
          </div>
        )}
      </div>
      <div className="flex flex-wrap items-start gap-x-5 gap-y-3">
        {way === 'drawing' ? (
          <DrawPad
            name={info.name}
            strokes={source?.kind === 'drawing' ? source.strokes : NO_STROKES}
            hasOther={source ? source.kind === 'file' : !isBlank(tensor, row, rows)}
            onChange={(strokes, pixels) => take({ kind: 'drawing', strokes, pixels })}
            onFile={(file) => void takeFile(file)}
          />
        ) : (
          <DropZone name={info.name} fileName={source?.kind === 'file' ? source.name : undefined} onFile={takeFile} />
        )}
        <Preview info={info} spec={spec} size={size} row={row} tensor={tensor} />
      </div>
      <ImageOptions
        spec={spec}
        dtype={info.dtype}
        options={options}
        onChange={(next) => {
          setOptions(next);
          if (source) put(source, next);
        }}
      />
    </div>
  );
}

const NO_STROKES: readonly [] = [];

/** Whether all values of one of so many rows are the same. */
function isBlank({ cells }: CellTensor, row: number, rows: number): boolean {
  const length = cells.length / rows;
  const first = cells[row * length];
  return cells.slice(row * length, (row + 1) * length).every((cell) => cell === first);
}

function DropZone({
  name,
  fileName,
  onFile,
}: {
  readonly name: string;
  readonly fileName: string | undefined;
  readonly onFile: (file: File) => Promise<void>;
}) {
  const choose = useChooseFile((file) => void onFile(file), 'image/*');
  const { isOver, handlers } = usePictureDrop((file) => void onFile(file));
  return (
    <button
      type="button"
      aria-label={text.chooseName(name)}
      onClick={choose}
      {...handlers}
      className={`flex h-44 w-52 flex-col items-center justify-center gap-1.5 rounded-md border border-dashed px-4 text-center text-xs transition-colors ${isOver ? 'border-accent bg-accent-soft text-accent' : 'border-control bg-sunken text-muted hover:border-muted hover:text-ink'}`}
    >
      <ImageUp aria-hidden size={20} />
      {isOver ? (
        text.dropHere
      ) : (
        <span>
          {text.drop} <span className="text-accent underline">{text.choose}</span>
        </span>
      )}
      {fileName !== undefined && !isOver && (
        <span className="max-w-full truncate font-mono text-2xs text-ink">{fileName}</span>
      )}
    </button>
  );
}

function Preview({
  info,
  spec,
  size,
  row,
  tensor,
}: {
  readonly info: TensorInfo;
  readonly spec: ImageSpec;
  readonly size: { readonly width: number; readonly height: number };
  readonly row: number;
  readonly tensor: CellTensor;
}) {
  const { width, height } = size;
  const shown = useMemo(() => {
    const length = width * height * spec.channels;
    const values = tensor.cells.slice(row * length, (row + 1) * length).map(Number);
    if (values.length !== length) return undefined;
    return { image: decodeImage(values, spec, width, height), stats: statsOf(values) };
  }, [tensor, spec, width, height, row]);
  if (!shown) return null;
  return (
    <figure className="flex flex-col gap-1.5 text-xs">
      <figcaption className="text-muted">
        {text.modelSees}{' '}
        <span className="font-mono">
          {width}×{height}×{spec.channels}
        </span>
        {spec.channels > 1 && `, ${text.layouts[spec.layout]}`}
      </figcaption>
      <CanvasImage
        image={shown.image}
        label={text.preview(info.name)}
        className="h-28 max-w-52 self-start rounded-md border border-line"
      />
      {shown.stats && (
        <dl className="flex gap-3 font-mono text-2xs">
          {(
            [
              [text.min, shown.stats.min],
              [text.max, shown.stats.max],
              [text.average, shown.stats.mean],
            ] as const
          ).map(([name, value]) => (
            <div key={name} className="flex gap-1">
              <dt className="font-sans text-faint">{name}</dt>
              <dd>{shortNumber(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </figure>
  );
}

const shortNumber = (value: number): string => value.toFixed(Math.abs(value) >= 100 ? 1 : 3);
