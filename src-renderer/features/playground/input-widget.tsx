import { FileLock2 } from 'lucide-react';
import { useState } from 'react';
import type { TensorInfo } from '#contracts/signature.ts';
import { Button } from '../../components/button.tsx';
import { formatBytes, formatCount } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import { bytesHeld, emptyText } from '../../tensors/bytes-input.ts';
import { elementCount } from '../../tensors/cell-tensor.ts';
import { printJson } from '../../tensors/lossless-json.ts';
import type { InputReading } from '../../tensors/request-form.ts';
import { inputToJson, readInputText } from '../../tensors/request-form.ts';
import { Cells, fitsCells } from './cells.tsx';
import { JsonArea } from './json-area.tsx';

const text = strings.playground.input;

/** More elements than a text box takes well: only filled, imported or replaced as a whole. */
const MAX_TYPED_ELEMENTS = 4000;
/** As fit the form in a window of usual width, so that few lines are broken a second time. */
const LINE_CHARACTERS = 68;

export interface InputWidgetProps {
  readonly info: TensorInfo;
  readonly reading: InputReading;
  readonly onChange: (reading: InputReading) => void;
  readonly onReplace: (reading: InputReading) => void;
  readonly onInvalid: (key: string, message: string | undefined) => void;
  readonly onNote: (note: string | undefined) => void;
}

/** The value of an input as cells, as bytes of a file, or as JSON, whichever it fits into. */
export function InputWidget({ info, reading, onChange, onReplace, onInvalid, onNote }: InputWidgetProps) {
  if (reading.kind === 'absent') {
    return <p className="text-xs text-muted">{info.optional ? text.leftOut : text.missing}</p>;
  }
  if (reading.kind === 'tensor' && fitsCells(reading.tensor)) {
    return (
      <Cells
        info={info}
        tensor={reading.tensor}
        onChange={(tensor) => onChange({ kind: 'tensor', tensor })}
        onInvalid={(cell, message) => onInvalid(`${info.name}:${cell}`, message)}
        onNote={onNote}
      />
    );
  }
  const bytes = reading.kind === 'json' ? bytesHeld(reading.value) : undefined;
  if (bytes !== undefined) {
    return (
      <div className="flex flex-wrap items-center gap-3 rounded-md border border-line bg-surface px-3 py-2 text-xs">
        <FileLock2 aria-hidden size={16} className="text-muted" />
        <span className="flex-1">{text.bytesHeld(formatBytes(bytes))}</span>
        <Button size="sm" onClick={() => onReplace(emptyText(info))}>
          {text.bytesRemove}
        </Button>
      </div>
    );
  }
  const count = reading.kind === 'tensor' ? elementCount(reading.tensor.shape) : 0;
  if (count > MAX_TYPED_ELEMENTS) {
    return <p className="rounded-md bg-sunken px-3 py-2 text-xs text-muted">{text.tooMany(formatCount(count))}</p>;
  }
  return <InputJson info={info} reading={reading} onChange={onChange} onInvalid={onInvalid} />;
}

function InputJson({
  info,
  reading,
  onChange,
  onInvalid,
}: Pick<InputWidgetProps, 'info' | 'reading' | 'onChange' | 'onInvalid'>) {
  const value = inputToJson(reading, info);
  const written = value === undefined ? '' : printJson(value, LINE_CHARACTERS);
  const [typed, setTyped] = useState<string | undefined>();
  const [problem, setProblem] = useState<string | undefined>();
  return (
    <JsonArea
      label={text.asJson(info.name)}
      rows={Math.min(12, Math.max(3, written.split('\n').length))}
      text={typed ?? written}
      problem={problem ?? (reading.kind === 'json' && typed === undefined ? `${reading.reason}.` : undefined)}
      onChange={(next) => {
        setTyped(next);
        const read = readInputText(next, info);
        const message = read.kind === 'unparseable' ? read.message : undefined;
        setProblem(message);
        onInvalid(`${info.name}:json`, message);
        if (read.kind !== 'unparseable') onChange(read);
      }}
      onBlur={() => {
        if (problem === undefined) setTyped(undefined);
      }}
    />
  );
}
