import { CircleAlert, CircleCheck, LoaderCircle, Send, Unplug } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { ModelSignature } from '#contracts/signature.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { Notice } from '../../components/notice.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { formatBytes, formatCount, formatShape } from '../../format/quantity.ts';
import { formatClock, formatDuration } from '../../format/time.ts';
import type { SendState } from '../../stores/play-store.ts';
import { useLocalTimeText } from '../../stores/services.tsx';
import type { OutputTable, ResponseReading } from '../../tensors/response.ts';
import { readResponse } from '../../tensors/response.ts';
import { SaveButton } from './json-area.tsx';

/** The answer to the last request of this model: the facts in one line, then a table or the raw text. */
export function ResponsePanel({
  send,
  signature,
  onCancel,
}: {
  readonly send: SendState | undefined;
  readonly signature: ModelSignature;
  readonly onCancel: () => void;
}) {
  if (!send) {
    return (
      <div className="flex flex-1 flex-col items-center justify-center gap-1 px-6 py-10 text-center">
        <Send aria-hidden size={18} className="mb-1 text-faint" />
        <p className="text-sm text-muted">The answer appears here.</p>
        <p className="text-xs text-faint">
          Requests go through the public REST endpoint, so times are what any client sees.
        </p>
      </div>
    );
  }
  switch (send.phase) {
    case 'sending':
      return <Sending startedAtMs={send.startedAtMs} onCancel={onCancel} />;
    case 'failed':
      return (
        <div className="p-4">
          <Notice tone="bad" icon={Unplug} title="No answer">
            <p>{send.message}</p>
            <p className="text-muted">Your request is kept.</p>
          </Notice>
        </div>
      );
    case 'answered':
      return <Answer send={send} signature={signature} />;
    default:
      return send satisfies never;
  }
}

function Sending({ startedAtMs, onCancel }: { readonly startedAtMs: number; readonly onCancel: () => void }) {
  const elapsed = useLocalTimeText((now) => `${Math.max(0, Math.floor((now - startedAtMs) / 1000))} s`);
  return (
    <div role="status" className="flex items-center gap-2 px-4 py-3 text-sm text-muted">
      <LoaderCircle aria-hidden size={15} className="animate-spin text-busy" />
      Waiting for the answer, {elapsed}
      <Button size="sm" onClick={onCancel}>
        Cancel
      </Button>
    </div>
  );
}

const MAX_RAW_CHARACTERS = 100_000;

function Answer({
  send,
  signature,
}: {
  readonly send: Extract<SendState, { phase: 'answered' }>;
  readonly signature: ModelSignature;
}) {
  const [view, setView] = useState<'table' | 'raw'>('table');
  const reading = useMemo<ResponseReading>(() => readResponse(send.body, signature), [send.body, signature]);
  const good = send.status < 400;
  const Icon = good ? CircleCheck : CircleAlert;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2 text-xs">
        <span
          role="status"
          className={`flex items-center gap-1.5 text-sm font-semibold ${good ? 'text-ok' : 'text-bad'}`}
        >
          <Icon aria-hidden size={15} />
          {send.status} {STATUS_WORDS[send.status] ?? ''}
        </span>
        <span title="From sending to the last byte, measured in this window">{formatDuration(send.latencyMs)}</span>
        {send.version !== undefined && (
          <span>
            answered by <span className="font-mono font-medium">v{send.version}</span>
          </span>
        )}
        <span className="text-muted">{formatBytes(send.sizeBytes)}</span>
        <span className="text-faint">{formatClock(send.atMs)}</span>
        <span className="ml-auto">
          <Segmented
            label="Show the answer as"
            selected={view}
            onSelect={setView}
            segments={[
              { key: 'table', label: 'Table' },
              { key: 'raw', label: 'JSON' },
            ]}
          />
        </span>
      </div>
      <ScrollArea label="Answer" className="min-h-0 flex-1 p-4">
        {view === 'raw' ? (
          <Raw text={send.body} />
        ) : (
          <Reading reading={reading} body={send.body} status={send.status} />
        )}
      </ScrollArea>
    </div>
  );
}

const STATUS_WORDS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad request',
  403: 'Forbidden',
  404: 'Not found',
  413: 'Too large',
  429: 'Too many requests',
  499: 'Cancelled',
  500: 'Server error',
  501: 'Not implemented',
  503: 'Unavailable',
  504: 'Timed out',
};

function Reading({
  reading,
  body,
  status,
}: {
  readonly reading: ResponseReading;
  readonly body: string;
  readonly status: number;
}) {
  switch (reading.kind) {
    case 'error':
      return (
        <Notice
          tone="bad"
          icon={CircleAlert}
          title={status === 503 ? 'The model cannot answer now' : 'The server refused the request'}
        >
          <p className="whitespace-pre-wrap">{reading.message}</p>
          <p className="text-muted">Your request is kept.</p>
        </Notice>
      );
    case 'outputs':
      return (
        <div className="flex flex-col gap-5">
          {reading.outputs.map((output) => (
            <Output key={output.name} output={output} />
          ))}
        </div>
      );
    case 'other':
      return <Raw text={body} />;
    default:
      return reading satisfies never;
  }
}

function Raw({ text }: { readonly text: string }) {
  const isLong = text.length > MAX_RAW_CHARACTERS;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <CopyButton text={text} what="the answer" label="Copy" />
        <SaveButton name="response.json" text={text} />
      </div>
      <pre className="rounded-md border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap">
        {isLong ? text.slice(0, MAX_RAW_CHARACTERS) : text}
      </pre>
      {isLong && (
        <p className="text-xs text-muted">
          The first {formatCount(MAX_RAW_CHARACTERS)} characters; save the file for the rest.
        </p>
      )}
    </div>
  );
}

/** Columns of a matrix that still fit side by side; wider rows are listed one value per line. */
const MAX_COLUMNS = 24;

function Output({ output }: { readonly output: OutputTable }) {
  const { name, dtype, shape, cells, total } = output;
  const last = shape.at(-1) ?? 1;
  const columns = shape.length >= 2 && last <= MAX_COLUMNS && last > 0 ? last : 1;
  const rowShape = columns > 1 || (shape.length >= 2 && last === 1) ? shape.slice(0, -1) : shape;
  const rows = Math.ceil(cells.length / columns);
  return (
    <section aria-label={`Output ${name}`}>
      <h2 className="mb-1.5 flex flex-wrap items-baseline gap-x-3">
        <span className="font-mono text-sm font-semibold break-all">{name}</span>
        <span className="font-mono text-xs font-normal text-muted">
          {dtype} {formatShape(shape)}
        </span>
        {total > cells.length && (
          <span className="text-xs font-normal text-faint">
            first {formatCount(cells.length)} of {formatCount(total)}
          </span>
        )}
      </h2>
      <div className="overflow-x-auto">
        <table className="text-xs">
          {columns > 1 && (
            <thead>
              <tr>
                <th scope="col">
                  <span className="sr-only">row</span>
                </th>
                {Array.from({ length: columns }, (_, column) => (
                  <th
                    key={column}
                    scope="col"
                    className="border-b border-line px-2.5 text-right text-2xs font-normal text-faint"
                  >
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
          )}
          <tbody>
            {Array.from({ length: rows }, (_, row) => (
              <tr key={row} className="hover:bg-hover">
                <th
                  scope="row"
                  className="py-0.5 pr-3 text-right font-mono text-2xs font-normal whitespace-nowrap text-faint"
                >
                  {shape.length === 0 ? '' : indexText(row, rowShape)}
                </th>
                {Array.from({ length: Math.min(columns, cells.length - row * columns) }, (_unused, column) => (
                  <td key={column} className={`px-2.5 py-0.5 font-mono ${dtype === 'string' ? '' : 'text-right'}`}>
                    {cells[row * columns + column]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** `3` for a vector, `0, 3` for what has more axes. */
function indexText(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  let rest = flat;
  for (const size of shape.toReversed()) {
    index.unshift(size === 0 ? 0 : rest % size);
    rest = size === 0 ? 0 : Math.floor(rest / size);
  }
  return index.join(', ');
}
