import { CircleAlert, Dices, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import type { ModelSignature } from '#contracts/signature.ts';
import { Button } from '../../components/button.tsx';
import { Notice } from '../../components/notice.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { usePlay, useServices } from '../../stores/services.tsx';
import type { Fill } from '../../tensors/cell-tensor.ts';
import type { FormRequest, RequestReading } from '../../tensors/request-form.ts';
import {
  dimControls,
  exampleRequest,
  fillRequest,
  resizeDim,
  rowsPossible,
  withInput,
  withStyle,
  writeRequest,
} from '../../tensors/request-form.ts';
import { InputSection } from './input-section.tsx';
import { JsonArea } from './json-area.tsx';

export interface RequestPanelProps {
  readonly signature: ModelSignature;
  readonly text: string;
  readonly reading: RequestReading;
  /** The server's last message by the input it names. */
  readonly serverErrors: ReadonlyMap<string, string>;
  readonly onText: (text: string) => void;
  /** Cells that hold something that is no value; the request has their last good one. */
  readonly onInvalidCount: (count: number) => void;
}

const FORMAT_HINT = 'Rows: “instances”, one item per row. Columns: “inputs”, one whole tensor per input.';

/** The request, as a form or as the JSON that is sent; both are always the same request. */
export function RequestPanel({ signature, text, reading, serverErrors, onText, onInvalidCount }: RequestPanelProps) {
  const [view, setView] = useState<'form' | 'json'>('form');
  const [invalid, setInvalid] = useState<ReadonlyMap<string, string>>(new Map());
  // Widgets start afresh when their content is replaced from outside, so that no half-typed cell stays.
  const [generation, setGeneration] = useState(0);

  const noteInvalid = (next: ReadonlyMap<string, string>): void => {
    setInvalid(next);
    onInvalidCount(next.size);
  };
  const write = (form: FormRequest): void => onText(writeRequest(form, signature));
  const replace = (form: FormRequest): void => {
    noteInvalid(new Map());
    setGeneration(generation + 1);
    write(form);
  };

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <Segmented
          label="Edit as"
          selected={view}
          onSelect={(next) => {
            noteInvalid(new Map());
            setView(next);
          }}
          segments={[
            { key: 'form', label: 'Form' },
            { key: 'json', label: 'JSON' },
          ]}
        />
        <span className="flex-1" />
        {reading.kind === 'form' && (rowsPossible(signature) || reading.style === 'instances') && (
          <span title={FORMAT_HINT} className="flex items-center gap-2 text-xs text-muted">
            Body as
            <Segmented
              label="Format of the body"
              selected={reading.style}
              onSelect={(style) => replace(withStyle(reading, style, signature))}
              segments={[
                { key: 'instances', label: 'Rows' },
                { key: 'inputs', label: 'Columns' },
              ]}
            />
          </span>
        )}
      </div>
      {view === 'json' ? (
        <div className="flex min-h-40 flex-1 flex-col gap-2 p-4">
          <JsonArea
            label="Request body"
            text={text}
            problem={
              reading.kind === 'unparseable'
                ? `Line ${reading.line}, column ${reading.column}: ${reading.message}.`
                : undefined
            }
            onChange={onText}
          />
          {reading.kind === 'custom' && (
            <p className="text-xs text-muted">Custom: {reading.reason} It can be sent as it is.</p>
          )}
        </div>
      ) : (
        <div className="min-h-0 flex-1 overflow-y-auto">
          {reading.kind === 'form' ? (
            <>
              <Sizes
                form={reading}
                signature={signature}
                onResize={(key, size) => replace(resizeDim(reading, signature, key, size))}
                onFill={(fill, seed) => replace(fillRequest(reading, signature, fill, seed))}
              />
              {signature.inputs.map((info) => (
                <FilledSection
                  key={`${generation}-${info.name}`}
                  info={info}
                  reading={reading}
                  signature={signature}
                  serverError={serverErrors.get(info.name)}
                  onWrite={write}
                  onReplace={replace}
                  onInvalid={(cell, message) => {
                    const next = new Map(invalid);
                    if (message === undefined) next.delete(cell);
                    else next.set(cell, message);
                    noteInvalid(next);
                  }}
                />
              ))}
            </>
          ) : (
            <NoForm
              reading={reading}
              onJson={() => setView('json')}
              onReset={() => replace(exampleRequest(signature))}
            />
          )}
        </div>
      )}
    </div>
  );
}

function FilledSection({
  info,
  reading,
  signature,
  serverError,
  onWrite,
  onReplace,
  onInvalid,
}: {
  readonly info: ModelSignature['inputs'][number];
  readonly reading: FormRequest;
  readonly signature: ModelSignature;
  readonly serverError: string | undefined;
  readonly onWrite: (form: FormRequest) => void;
  readonly onReplace: (form: FormRequest) => void;
  readonly onInvalid: (key: string, message: string | undefined) => void;
}) {
  const seed = usePlay((state) => state.seed);
  return (
    <InputSection
      info={info}
      reading={reading.inputs.get(info.name) ?? { kind: 'absent' }}
      serverError={serverError}
      onChange={(input) => onWrite(withInput(reading, info.name, input, signature))}
      onFill={(fill) => onReplace(fillRequest(reading, signature, fill, seed, info.name))}
      onUse={(use) => {
        if (!use) return onReplace(withInput(reading, info.name, { kind: 'absent' }, signature));
        const shape = (info.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
        const blank = withInput(reading, info.name, { kind: 'tensor', tensor: { shape, cells: [] } }, signature);
        return onReplace(fillRequest(blank, signature, 'zeros', seed, info.name));
      }}
      onInvalid={onInvalid}
    />
  );
}

const MAX_DIM = 100_000;

/** The open sizes, each asked once for all inputs that share it, and the fills for all inputs. */
function Sizes({
  form,
  signature,
  onResize,
  onFill,
}: {
  readonly form: FormRequest;
  readonly signature: ModelSignature;
  readonly onResize: (key: string, size: number) => void;
  readonly onFill: (fill: Fill, seed: number) => void;
}) {
  const { play } = useServices();
  const seed = usePlay((state) => state.seed);
  const dims = dimControls(form, signature);
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-sunken px-4 py-2 text-xs">
      {dims.map(({ key, label, size, inputs }) => (
        <label key={key} className="flex items-center gap-1.5" title={`Size of this axis in ${inputs.join(', ')}`}>
          <span className="text-muted">{label}</span>
          <input
            type="number"
            min={1}
            max={MAX_DIM}
            value={size}
            onChange={(event) => {
              const next = event.target.valueAsNumber;
              if (Number.isInteger(next) && next >= 1 && next <= MAX_DIM) onResize(key, next);
            }}
            className="h-7 w-18 rounded-md border border-control bg-surface px-2 font-mono text-xs"
          />
        </label>
      ))}
      <span className="ml-auto flex flex-wrap items-center gap-1">
        {signature.inputs.length > 1 && (
          <>
            <span className="mr-1 text-muted">Fill all</span>
            <Button size="sm" variant="ghost" onClick={() => onFill('zeros', seed)}>
              Zeros
            </Button>
            <Button size="sm" variant="ghost" onClick={() => onFill('ones', seed)}>
              Ones
            </Button>
            <Button size="sm" variant="ghost" icon={Dices} onClick={() => onFill('random', seed)}>
              Random
            </Button>
          </>
        )}
        <label className="flex items-center gap-1.5 text-muted">
          random seed
          <input
            type="number"
            min={0}
            value={seed}
            onChange={(event) => {
              const next = event.target.valueAsNumber;
              if (Number.isInteger(next) && next >= 0) play.getState().setSeed(next);
            }}
            className="h-7 w-18 rounded-md border border-control bg-surface px-2 font-mono text-xs text-ink"
          />
        </label>
      </span>
    </div>
  );
}

function NoForm({
  reading,
  onJson,
  onReset,
}: {
  readonly reading: Exclude<RequestReading, FormRequest>;
  readonly onJson: () => void;
  readonly onReset: () => void;
}) {
  const broken = reading.kind === 'unparseable';
  return (
    <div className="p-4">
      <Notice
        tone={broken ? 'bad' : 'warn'}
        icon={broken ? CircleAlert : TriangleAlert}
        title={broken ? 'The JSON cannot be read' : 'Custom request'}
        actions={
          <span className="flex gap-2">
            <Button size="sm" onClick={onJson}>
              Edit the JSON
            </Button>
            <Button size="sm" onClick={onReset}>
              Start over
            </Button>
          </span>
        }
      >
        <p>{broken ? `Line ${reading.line}, column ${reading.column}: ${reading.message}.` : reading.reason}</p>
        <p className="text-muted">
          {broken ? 'Your text is kept.' : 'The form cannot show it; it can be sent as it is.'}
        </p>
      </Notice>
    </div>
  );
}
