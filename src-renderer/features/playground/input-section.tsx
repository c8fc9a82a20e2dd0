import { CircleAlert, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import type { TensorInfo } from '#contracts/signature.ts';
import { formatCount, formatShape } from '../../format/quantity.ts';
import type { Fill } from '../../tensors/cell-tensor.ts';
import { elementCount } from '../../tensors/cell-tensor.ts';
import { printJson } from '../../tensors/lossless-json.ts';
import type { InputReading } from '../../tensors/request-form.ts';
import { inputToJson, readInputText } from '../../tensors/request-form.ts';
import { Cells, fitsCells } from './cells.tsx';
import { JsonArea } from './json-area.tsx';

/** More elements than a text box takes well: only filled or replaced as a whole. */
const MAX_TYPED_ELEMENTS = 4000;

export interface InputSectionProps {
  readonly info: TensorInfo;
  readonly reading: InputReading;
  /** The server's message about this input in its last answer. */
  readonly serverError: string | undefined;
  readonly onChange: (reading: InputReading) => void;
  readonly onFill: (fill: Fill) => void;
  /** Whether an optional input is sent. */
  readonly onUse: (use: boolean) => void;
  readonly onInvalid: (key: string, message: string | undefined) => void;
}

/** One input: what the model wants, what is sent, and the widget that suits its shape. */
export function InputSection({ info, reading, serverError, onChange, onFill, onUse, onInvalid }: InputSectionProps) {
  const [note, setNote] = useState<string | undefined>();
  const sent = reading.kind === 'tensor' ? reading.tensor.shape : undefined;
  return (
    <section aria-label={`Input ${info.name}`} className="border-t border-line px-4 py-3 first:border-t-0">
      <header className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-mono text-sm font-semibold break-all">{info.name}</h2>
        <span className="font-mono text-xs text-muted">
          {info.dtype} {formatShape(info.dims)}
        </span>
        {sent && info.dims?.some((dim) => typeof dim !== 'number') === true && (
          <span className="text-xs text-faint">
            sent as <span className="font-mono">{formatShape(sent)}</span>
          </span>
        )}
        {info.optional && (
          <label className="flex items-center gap-1.5 text-xs text-muted">
            <input
              type="checkbox"
              checked={reading.kind !== 'absent'}
              onChange={(event) => onUse(event.target.checked)}
            />
            send it (optional)
          </label>
        )}
        {reading.kind !== 'absent' && (
          <span className="ml-auto flex gap-0.5">
            {(['zeros', 'ones', 'random'] as const).map((fill) => (
              <button
                key={fill}
                type="button"
                aria-label={`Fill ${info.name} with ${fill}`}
                onClick={() => {
                  setNote(undefined);
                  onFill(fill);
                }}
                className="rounded-sm px-1.5 text-xs text-muted hover:bg-hover hover:text-ink"
              >
                {fill}
              </button>
            ))}
          </span>
        )}
      </header>
      <Widget info={info} reading={reading} onChange={onChange} onInvalid={onInvalid} onNote={setNote} />
      {reading.kind === 'tensor' && reading.problem !== undefined && <Message tone="warn" text={reading.problem} />}
      {note !== undefined && <Message tone="warn" text={note} />}
      {serverError !== undefined && <Message tone="bad" text={serverError} />}
    </section>
  );
}

function Message({ tone, text }: { readonly tone: 'warn' | 'bad'; readonly text: string }) {
  const Icon = tone === 'bad' ? CircleAlert : TriangleAlert;
  return (
    <p role="status" className={`mt-1.5 flex gap-1.5 text-xs ${tone === 'bad' ? 'text-bad' : 'text-warn'}`}>
      <Icon aria-hidden size={13} className="mt-0.5 shrink-0" />
      <span className="min-w-0 break-words">{text}</span>
    </p>
  );
}

function Widget({
  info,
  reading,
  onChange,
  onInvalid,
  onNote,
}: Pick<InputSectionProps, 'info' | 'reading' | 'onChange' | 'onInvalid'> & {
  readonly onNote: (note: string | undefined) => void;
}) {
  if (reading.kind === 'absent') {
    return (
      <p className="text-xs text-muted">
        {info.optional ? 'Left out: the model uses its own default.' : 'Missing from the request.'}
      </p>
    );
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
  const count = reading.kind === 'tensor' ? elementCount(reading.tensor.shape) : 0;
  if (count > MAX_TYPED_ELEMENTS) {
    return (
      <p className="rounded-md bg-sunken px-3 py-2 text-xs text-muted">
        {formatCount(count)} elements. Fill them here, or put your own into the body under JSON.
      </p>
    );
  }
  return <InputJson info={info} reading={reading} onChange={onChange} onInvalid={onInvalid} />;
}

function InputJson({
  info,
  reading,
  onChange,
  onInvalid,
}: Pick<InputSectionProps, 'info' | 'reading' | 'onChange' | 'onInvalid'>) {
  const value = inputToJson(reading, info);
  const written = value === undefined ? '' : printJson(value);
  const [typed, setTyped] = useState<string | undefined>();
  const [problem, setProblem] = useState<string | undefined>();
  return (
    <JsonArea
      label={`${info.name} as JSON`}
      rows={Math.min(12, Math.max(3, written.split('\n').length))}
      text={typed ?? written}
      problem={problem ?? (reading.kind === 'json' && typed === undefined ? `${reading.reason}.` : undefined)}
      onChange={(text) => {
        setTyped(text);
        const read = readInputText(text, info);
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
