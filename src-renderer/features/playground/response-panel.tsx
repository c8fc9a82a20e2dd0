import { CircleAlert, CircleCheck, Clock, LoaderCircle, Send, Tags, Unplug } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import type { ModelSignature } from '#contracts/signature.ts';
import { Button } from '../../components/button.tsx';
import { CodeEditor } from '../../components/code-editor.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { Notice } from '../../components/notice.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { formatBytes } from '../../format/quantity.ts';
import { formatClock, formatDuration } from '../../format/time.ts';
import type { Answer, SendState } from '../../stores/play-store.ts';
import { useLocalTimeText } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { Rgba } from '../../tensors/image-frame.ts';
import type { ResponseReading } from '../../tensors/response.ts';
import { readResponse } from '../../tensors/response.ts';
import { FileButton, type ReadFile } from './file-button.tsx';
import { FileChip, MAX_SHOWN_CHARACTERS, SaveButton } from './json-area.tsx';
import { OutputCard } from './output-card.tsx';

const text = strings.playground.answer;
const waiting = strings.playground.send;

export interface ResponsePanelProps {
  readonly send: SendState | undefined;
  readonly signature: ModelSignature;
  readonly labels: readonly string[] | undefined;
  readonly picture: Rgba | undefined;
  readonly onLabels: (file: ReadFile) => void;
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
    case 'waiting':
      return <Waiting version={send.version} sinceMs={send.sinceMs} onCancel={onCancel} />;
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
  const elapsed = useElapsed(startedAtMs);
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

/** A request that is sent when its version is available. */
function Waiting({
  version,
  sinceMs,
  onCancel,
}: {
  readonly version: string;
  readonly sinceMs: number;
  readonly onCancel: () => void;
}) {
  const elapsed = useElapsed(sinceMs);
  return (
    <div className="p-4">
      <Notice
        tone="busy"
        icon={Clock}
        title={
          <span role="status">
            {waiting.waiting(version)} <span className="font-normal tabular-nums">{waiting.waitedFor(elapsed)}</span>
          </span>
        }
        actions={
          <Button size="sm" onClick={onCancel}>
            {waiting.stopWaiting}
          </Button>
        }
      >
        <p className="text-muted">{waiting.waitingText}</p>
      </Notice>
    </div>
  );
}

const useElapsed = (sinceMs: number): string =>
  useLocalTimeText((now) => text.seconds(Math.max(0, Math.floor((now - sinceMs) / 1000))));

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
        {text.roundTrip(formatDuration(answer.latencyMs))}
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

const STATUS_WORDS: Readonly<Record<number, string>> = text.status;

/** The answer as it came; a very long one is a file until the user insists. */
function Raw({ body }: { readonly body: string }) {
  const [insists, setInsists] = useState(false);
  if (body.length > MAX_SHOWN_CHARACTERS && !insists) {
    return (
      <FileChip name={FILE} text={body} note={text.largeAnswer}>
        <Button size="sm" onClick={() => setInsists(true)}>
          {strings.playground.request.showAnyway}
        </Button>
      </FileChip>
    );
  }
  return (
    <div className="flex h-full min-h-64 flex-col gap-2">
      <div className="flex items-center gap-2">
        <CopyButton text={body} what={text.theAnswer} label={text.copy} />
        <SaveButton name={FILE} text={body} />
      </div>
      <div className="flex min-h-0 flex-1">
        <CodeEditor label={text.body} text={body} isWrapped />
      </div>
    </div>
  );
}

const FILE = 'response.json';
