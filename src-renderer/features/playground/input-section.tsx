import { CircleAlert, FileUp, Info, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import type { TensorInfo } from '#contracts/signature.ts';
import { Segmented } from '../../components/segmented.tsx';
import { formatShape } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import { base64OfBytes, bytesInput } from '../../tensors/bytes-input.ts';
import type { Fill } from '../../tensors/cell-tensor.ts';
import { imageSpecOf } from '../../tensors/image-tensor.ts';
import { importTensor } from '../../tensors/import-tensor.ts';
import type { InputReading } from '../../tensors/request-form.ts';
import { FileButton, type ReadFile } from './file-button.tsx';
import { FillMenu } from './fill-menu.tsx';
import { ImageInput } from './image-input.tsx';
import { InputWidget } from './input-widget.tsx';

const text = strings.playground.input;

export interface InputSectionProps {
  /** Changes where content was replaced: a half-typed field starts afresh then. */
  readonly generation: number;
  readonly model: string;
  readonly info: TensorInfo;
  readonly reading: InputReading;
  /** The server's message about this input in its last answer. */
  readonly serverError: string | undefined;
  readonly onChange: (reading: InputReading) => void;
  /** Like `onChange`, with content from elsewhere: fields start afresh. */
  readonly onReplace: (reading: InputReading) => void;
  readonly onFill: (fill: Fill) => void;
  /** Whether an optional input is sent. */
  readonly onUse: (use: boolean) => void;
  readonly onInvalid: (key: string, message: string | undefined) => void;
}

interface Note {
  readonly tone: 'warn' | 'info';
  readonly text: string;
}

/** One input: what the model wants, what is sent, and the widget that suits its shape. */
export function InputSection(props: InputSectionProps) {
  const { generation, model, info, reading, serverError, onChange, onReplace, onFill, onUse, onInvalid } = props;
  const [note, setNote] = useState<Note | undefined>();
  const [asPicture, setAsPicture] = useState(true);
  const spec = imageSpecOf(info);
  const sent = reading.kind === 'tensor' ? reading.tensor.shape : undefined;
  const warn = (message: string | undefined): void =>
    setNote(message === undefined ? undefined : { tone: 'warn', text: message });

  const importFile = ({ name, bytes }: ReadFile): void => {
    const read = importTensor(name, bytes, info);
    if (!read.ok) return warn(text.notImported(name, read.message));
    onReplace({ kind: 'tensor', tensor: read.tensor });
    setNote({ tone: 'info', text: text.imported(name, formatShape(read.tensor.shape)) });
  };
  const takeBytes = ({ bytes }: ReadFile): void => {
    warn(undefined);
    onReplace(bytesInput(base64OfBytes(bytes), info));
  };

  return (
    <section aria-label={text.name(info.name)} className="border-t border-line px-4 py-3 first:border-t-0">
      <header className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-mono text-sm font-semibold break-all">{info.name}</h2>
        <span className="font-mono text-xs text-muted">
          {info.dtype} {formatShape(info.dims)}
        </span>
        {sent && info.dims?.some((dim) => typeof dim !== 'number') === true && (
          <span className="text-xs text-faint">
            {text.sentAs} <span className="font-mono">{formatShape(sent)}</span>
          </span>
        )}
        {info.optional && (
          <label className="flex items-center gap-1.5 text-xs text-muted">
            <input
              type="checkbox"
              checked={reading.kind !== 'absent'}
              onChange={(event) => onUse(event.target.checked)}
            />
            {text.optional}
          </label>
        )}
        {reading.kind !== 'absent' && (
          <span className="ms-auto flex flex-wrap items-center gap-0.5">
            {spec && (
              <Segmented
                label={text.show(info.name)}
                selected={asPicture ? 'picture' : 'values'}
                onSelect={(view) => setAsPicture(view === 'picture')}
                segments={[
                  { key: 'picture', label: text.picture },
                  { key: 'values', label: text.values },
                ]}
              />
            )}
            {info.dtype === 'string' && (
              <FileButton label={text.bytes} name={text.bytesName(info.name)} onFile={takeBytes} />
            )}
            <FileButton
              label={text.import}
              name={text.importName(info.name)}
              hint={text.importHint}
              accept=".npy,.csv,.tsv,.txt,.json"
              icon={FileUp}
              onFile={importFile}
            />
            <FillMenu
              label={text.fill}
              name={text.fillName(info.name)}
              onFill={(fill) => {
                warn(undefined);
                onFill(fill);
              }}
            />
          </span>
        )}
      </header>
      {spec && asPicture && reading.kind === 'tensor' ? (
        <ImageInput
          model={model}
          info={info}
          spec={spec}
          tensor={reading.tensor}
          onChange={(tensor) => onChange({ kind: 'tensor', tensor })}
          onNote={warn}
        />
      ) : (
        <InputWidget
          key={generation}
          info={info}
          reading={reading}
          onChange={onChange}
          onReplace={onReplace}
          onInvalid={onInvalid}
          onNote={warn}
        />
      )}
      {reading.kind === 'tensor' && reading.problem !== undefined && <Message tone="warn" message={reading.problem} />}
      {note && <Message tone={note.tone} message={note.text} />}
      {serverError !== undefined && <Message tone="bad" message={serverError} />}
    </section>
  );
}

const MESSAGE_LOOK = {
  bad: { icon: CircleAlert, className: 'text-bad' },
  warn: { icon: TriangleAlert, className: 'text-warn' },
  info: { icon: Info, className: 'text-muted' },
} as const;

function Message({ tone, message }: { readonly tone: keyof typeof MESSAGE_LOOK; readonly message: string }) {
  const { icon: Icon, className } = MESSAGE_LOOK[tone];
  return (
    <p role="status" className={`mt-1.5 flex gap-1.5 text-xs ${className}`}>
      <Icon aria-hidden size={13} className="mt-0.5 shrink-0" />
      <span className="min-w-0 break-words">{message}</span>
    </p>
  );
}
