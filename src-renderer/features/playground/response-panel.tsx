import { CircleAlert, CircleCheck, LoaderCircle, Send, Tags, Unplug } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import type { ModelSignature } from '#contracts/signature.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { Notice } from '../../components/notice.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { formatBytes, formatCount } from '../../format/quantity.ts';
import { formatClock, formatDuration } from '../../format/time.ts';
import type { Answer, SendState } from '../../stores/play-store.ts';
import { useLocalTimeText } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { Rgba } from '../../tensors/image-frame.ts';
import type { ResponseReading } from '../../tensors/response.ts';
import { readResponse } from '../../tensors/response.ts';
import { FileButton } from './file-button.tsx';
import { SaveButton } from './json-area.tsx';
import { OutputCard } from './output-card.tsx';

const text = strings.playground.answer;

export interface ResponsePanelProps {
  readonly send: SendState | undefined;
  readonly signature: ModelSignature;
  readonly labels: readonly string[] | undefined;
  readonly picture: Rgba | undefined;
  readonly onLabels: (file: File) => void;
  readonly onCancel: () => void;
  /** Beside the facts of an answer. */
  readonly actions?: ReactNode;
}

/** The answer to the last request of this model: the facts in one line, then its outputs or the raw text. */
export function ResponsePanel(props: ResponsePanelProps) {
  const { send, onCancel } = props;
  if (!send) {
    return (
      <div className="flex flex-1 flex-col items-center justify-center gap-1 px-6 py-10 text-center">
        <Send aria-hidden size={18} className="mb-1 text-faint" />
        <p className="text-sm text-muted">{text.emptyTitle}</p>
        <p className="text-xs text-faint">{text.emptyText}</p>
      </div>
    );
  }
  switch (send.phase) {
    case 'sending':
      return <Sending startedAtMs={send.startedAtMs} onCancel={onCancel} />;
    case 'failed':
      return (
        <div className="p-4">
          <Notice tone="bad" icon={Unplug} title={text.none}>
            <p>{send.message}</p>
            <p className="text-muted">{text.kept}</p>
          </Notice>
        </div>
      );
    case 'answered':
      return <AnswerView {...props} send={send} />;
    default:
      return send satisfies never;
  }
}

function Sending({ startedAtMs, onCancel }: { readonly startedAtMs: number; readonly onCancel: () => void }) {
  const elapsed = useLocalTimeText((now) => `${Math.max(0, Math.floor((now - startedAtMs) / 1000))} s`);
  return (
    <div role="status" className="flex items-center gap-2 px-4 py-3 text-sm text-muted">
      <LoaderCircle aria-hidden size={15} className="animate-spin text-busy" />
      {text.waiting(elapsed)}
      <Button size="sm" onClick={onCancel}>
        {text.cancel}
      </Button>
    </div>
  );
}

const MAX_RAW_CHARACTERS = 100_000;

function AnswerView({
  send,
  signature,
  labels,
  picture,
  onLabels,
  actions,
}: Omit<ResponsePanelProps, 'send'> & { readonly send: Answer }) {
  const [view, setView] = useState<'outputs' | 'raw'>('outputs');
  const reading = useMemo<ResponseReading>(() => readResponse(send.body, signature), [send.body, signature]);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2 text-xs">
        <AnswerFacts answer={send} />
        <span className="ms-auto flex flex-wrap items-center gap-1">
          {reading.kind === 'outputs' && (
            <FileButton
              label={text.labels}
              name={text.labelsName}
              hint={text.labelsHint}
              accept=".txt,.json,.csv"
              icon={Tags}
              onFile={onLabels}
            />
          )}
          {actions}
          <Segmented
            label={text.showAs}
            selected={view}
            onSelect={setView}
            segments={[
              { key: 'outputs', label: text.parts },
              { key: 'raw', label: text.json },
            ]}
          />
        </span>
      </div>
      <ScrollArea label={text.all} className="min-h-0 flex-1 p-4">
        {view === 'raw' || reading.kind === 'other' ? (
          <Raw body={send.body} />
        ) : reading.kind === 'error' ? (
          <Notice tone="bad" icon={CircleAlert} title={send.status === 503 ? text.cannot : text.refused}>
            <p className="whitespace-pre-wrap">{reading.message}</p>
            <p className="text-muted">{text.kept}</p>
          </Notice>
        ) : (
          <div className="flex flex-col gap-6">
            {reading.outputs.map((output) => (
              <OutputCard key={output.name} output={output} labels={labels} picture={picture} />
            ))}
          </div>
        )}
      </ScrollArea>
    </div>
  );
}

/** Status, time, version and size of an answer. */
export function AnswerFacts({ answer }: { readonly answer: Answer }) {
  const good = answer.status < 400;
  const Icon = good ? CircleCheck : CircleAlert;
  return (
    <>
      <span
        role="status"
        className={`flex items-center gap-1.5 text-sm font-semibold ${good ? 'text-ok' : 'text-bad'}`}
      >
        <Icon aria-hidden size={15} />
        {answer.status} {STATUS_WORDS[answer.status] ?? ''}
      </span>
      <span title={text.latencyHint} className="tabular-nums">
        {formatDuration(answer.latencyMs)}
      </span>
      {answer.version !== undefined && (
        <span>
          {text.answeredBy} <span className="font-mono font-medium">v{answer.version}</span>
        </span>
      )}
      <span className="text-muted">{formatBytes(answer.sizeBytes)}</span>
      <span className="text-faint">{formatClock(answer.atMs)}</span>
    </>
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

function Raw({ body }: { readonly body: string }) {
  const isLong = body.length > MAX_RAW_CHARACTERS;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <CopyButton text={body} what={text.theAnswer} label={text.copy} />
        <SaveButton name="response.json" text={body} />
      </div>
      <pre className="rounded-md border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap">
        {isLong ? body.slice(0, MAX_RAW_CHARACTERS) : body}
      </pre>
      {isLong && <p className="text-xs text-muted">{text.rawFirst(formatCount(MAX_RAW_CHARACTERS))}</p>}
    </div>
  );
}
