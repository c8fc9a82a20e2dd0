import { useState } from 'react';
import type { DataType } from '#contracts/signature.ts';
import { Field } from '../../components/field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Select } from '../../components/select.tsx';
import { Checkbox } from '../../components/switch.tsx';
import { strings } from '../../strings/index.ts';
import type { Framing } from '../../tensors/image-frame.ts';
import { FRAMINGS } from '../../tensors/image-frame.ts';
import type { ImageCoding, ImageSpec } from '../../tensors/image-tensor.ts';
import { isDrawable, scalesOf } from '../../tensors/image-tensor.ts';

const text = strings.playground.picture;

/** How a picture becomes the numbers of an input. */
export interface PictureOptions extends ImageCoding {
  readonly framing: Framing;
  readonly invert: boolean;
}

/** What most models of such an input take. */
export function firstOptions(spec: ImageSpec, dtype: DataType): PictureOptions {
  const isDigit = isDrawable(spec) && spec.channels === 1;
  return {
    framing: isDigit ? 'mnist' : 'crop',
    invert: false,
    scale: scalesOf(dtype)[0] ?? 'bytes',
    mean: [0.5],
    deviation: [0.5],
    order: 'rgb',
  };
}

export function ImageOptions({
  spec,
  dtype,
  options,
  onChange,
}: {
  readonly spec: ImageSpec;
  readonly dtype: DataType;
  readonly options: PictureOptions;
  readonly onChange: (options: PictureOptions) => void;
}) {
  const scales = scalesOf(dtype);
  return (
    <fieldset className="flex flex-wrap items-end gap-x-3 gap-y-2">
      <legend className="sr-only">{text.options}</legend>
      <div className="w-36">
        <Select
          label={text.framing}
          options={FRAMINGS.map((key) => ({ key, label: text.framings[key], note: text.framingNotes[key] }))}
          selected={options.framing}
          onSelect={(framing) => onChange({ ...options, framing })}
        />
      </div>
      {scales.length > 1 && (
        <div className="w-44">
          <Select
            label={text.scale}
            options={scales.map((key) => ({ key, label: text.scales[key], note: text.scaleNotes[key] }))}
            selected={options.scale}
            onSelect={(scale) => onChange({ ...options, scale })}
          />
        </div>
      )}
      {options.scale === 'custom' && (
        <>
          <NumberList label={text.mean} values={options.mean} onChange={(mean) => onChange({ ...options, mean })} />
          <NumberList
            label={text.deviation}
            values={options.deviation}
            onChange={(deviation) => onChange({ ...options, deviation })}
          />
        </>
      )}
      {spec.channels > 1 && (
        <Segmented
          label={text.order}
          selected={options.order}
          onSelect={(order) => onChange({ ...options, order })}
          segments={[
            { key: 'rgb', label: text.rgb },
            { key: 'bgr', label: text.bgr },
          ]}
        />
      )}
      <div className="pb-1.5">
        <Checkbox label={text.invert} isOn={options.invert} onChange={(invert) => onChange({ ...options, invert })} />
      </div>
    </fieldset>
  );
}

function NumberList({
  label,
  values,
  onChange,
}: {
  readonly label: string;
  readonly values: readonly number[];
  readonly onChange: (values: readonly number[]) => void;
}) {
  const [typed, setTyped] = useState(values.join(', '));
  const read = typed.split(/[\s,;]+/u).filter((part) => part !== '');
  const isGood = read.length > 0 && read.every((part) => Number.isFinite(Number(part)));
  return (
    <div className="w-36">
      <Field
        label={label}
        mono
        title={text.listHint}
        value={typed}
        error={isGood ? undefined : text.listHint}
        onChange={(event) => {
          setTyped(event.target.value);
          const parts = event.target.value.split(/[\s,;]+/u).filter((part) => part !== '');
          const numbers = parts.map(Number);
          if (numbers.length > 0 && numbers.every(Number.isFinite)) onChange(numbers);
        }}
      />
    </div>
  );
}
