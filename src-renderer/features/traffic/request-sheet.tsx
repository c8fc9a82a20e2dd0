import { CircleAlert, Copy, Crosshair, FileDown, FlaskConical, Gauge } from 'lucide-react';
import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import type { RecordedBody, RecordedRequest } from '#contracts/ui-traffic.ts';
import { Button } from '../../components/button.tsx';
import { CodeEditor } from '../../components/code-editor.tsx';
import { useCopy } from '../../components/copy.tsx';
import { ActionMenu } from '../../components/menu.tsx';
import { Notice } from '../../components/notice.tsx';
import { Sheet } from '../../components/sheet.tsx';
import { formatBytes, formatCount } from '../../format/quantity.ts';
import { formatAbsolute, formatDuration } from '../../format/time.ts';
import { saveFile } from '../../save-file.ts';
import { CommandError, errorText } from '../../stores/commands.ts';
import { useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { BODY_FILE, needsBodyFile, SNIPPET_KINDS, snippet } from '../../tensors/snippets.ts';
import { replayRequest } from './replay-request.ts';
import type { Replay } from './replay.ts';
import { readableBody, replayOf, requestUrl } from './replay.ts';
import { productOf, RequestStatus } from './request-table.tsx';

const text = strings.traffic;
const { facts } = text;

interface RequestSheetProps {
  readonly sequence: number;
  readonly onClose: () => void;
  readonly onAround: (atMs: number) => void;
  readonly onLoadTest: (body: string, model: string) => void;
  /** Undefined where bodies are recorded already. */
  readonly onRecordBodies: (() => void) | undefined;
}

type Reading =
  | { readonly kind: 'reading' }
  | { readonly kind: 'read'; readonly request: RecordedRequest }
  | { readonly kind: 'failed'; readonly isGone: boolean; readonly message: string };

/** One call in full: its facts, where its time went, request and response side by side, and what can be done with it. */
export function RequestSheet(props: RequestSheetProps) {
  const { sequence, onClose } = props;
  const { commands } = useServices();
  const [reading, setReading] = useState<Reading>({ kind: 'reading' });
  useEffect(() => {
    const closed = new AbortController();
    commands
      .run('requestDetail', { sequence }, closed.signal)
      .then((request) => setReading({ kind: 'read', request }))
      .catch((error: unknown) => {
        const isGone = error instanceof CommandError && error.code === 'NOT_FOUND';
        if (!closed.signal.aborted) setReading({ kind: 'failed', isGone, message: errorText(error) });
      });
    return () => closed.abort();
  }, [commands, sequence]);
  const request = reading.kind === 'read' ? reading.request : undefined;
  return (
    // One sheet from the first moment on: another one would not know where the focus came from.
    <Sheet
      title={text.request(formatCount(sequence))}
      isOpen
      onClose={onClose}
      width="lg"
      footer={request && <Actions {...props} request={request} />}
    >
      {reading.kind === 'failed' && (
        <Notice tone="warn" icon={CircleAlert} title={reading.isGone ? text.gone : text.problem}>
          <p className="text-sm text-muted">{reading.isGone ? text.goneText : reading.message}</p>
        </Notice>
      )}
      {request && <Details {...props} request={request} />}
    </Sheet>
  );
}

type PartProps = RequestSheetProps & { readonly request: RecordedRequest };

function useReplay(request: RecordedRequest): Replay {
  const isServed = useServer((state) => request.model in state.models);
  return replayOf(request, isServed);
}

function Actions({ request, onAround, onLoadTest }: PartProps) {
  const services = useServices();
  const [, navigate] = useLocation();
  const replay = useReplay(request);
  const onReplay = (): void => {
    const to = replayRequest(services, request);
    if (to !== undefined) navigate(to);
  };
  return (
    <>
      <Button icon={Crosshair} onClick={() => onAround(request.atMs)}>
        {text.around}
      </Button>
      <span className="flex-1" />
      {request.entrypoint === 'REST' && request.requestBody && !request.requestBody.truncated && (
        <CopyAs request={request} body={request.requestBody.text} />
      )}
      {replay.ok && (
        <Button icon={Gauge} onClick={() => onLoadTest(replay.body, request.model)}>
          {text.loadTestWith}
        </Button>
      )}
      <Button variant="primary" icon={FlaskConical} disabled={!replay.ok} onClick={onReplay}>
        {text.replay}
      </Button>
    </>
  );
}

function Details({ request, onRecordBodies }: PartProps) {
  const offsetMs = useServer((state) => state.clockOffsetMs);
  const replay = useReplay(request);
  return (
    <div className="flex flex-col gap-4">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm sm:grid-cols-[auto_minmax(0,1fr)_auto_minmax(0,1fr)]">
        <Fact name={facts.status}>
          <span className="flex items-center gap-1.5">
            <RequestStatus row={request} />
            {request.httpStatus !== undefined && <span className="text-muted">{request.code}</span>}
          </span>
        </Fact>
        <Fact name={facts.at}>{formatAbsolute(request.atMs - offsetMs)}</Fact>
        <Fact name={facts.model}>
          {request.model === '' ? text.noModel : request.model}
          {request.version !== undefined && ` ${text.version(request.version)}`}
        </Fact>
        <Fact name={facts.method}>
          {request.method}, {request.entrypoint === 'GRPC' ? 'gRPC' : 'REST'}
        </Fact>
        <Fact name={facts.bytes}>
          {formatBytes(request.requestBytes)} / {formatBytes(request.responseBytes)}
        </Fact>
        {request.client !== undefined && (
          <Fact name={facts.client}>{request.client.includes('/') ? request.client : productOf(request.client)}</Fact>
        )}
        {request.batchRows !== undefined && <Fact name={facts.batch}>{formatCount(request.batchRows)}</Fact>}
      </dl>
      {request.error !== undefined && (
        <Notice tone="bad" icon={CircleAlert} title={facts.error}>
          <p className="font-mono text-xs wrap-anywhere">{request.error}</p>
        </Notice>
      )}
      <TimeSplit request={request} />
      {!replay.ok && request.bodies === 'off' ? (
        <Notice
          tone="idle"
          icon={CircleAlert}
          title={text.bodiesWereOff}
          actions={
            onRecordBodies && (
              <Button size="sm" onClick={onRecordBodies}>
                {text.recordBodies}
              </Button>
            )
          }
        >
          {!onRecordBodies && <p role="status">{text.bodiesAreOn}</p>}
        </Notice>
      ) : (
        <>
          {!replay.ok && <p className="text-xs text-muted">{text.notReplayable[replay.obstacle]}</p>}
          {replay.ok && replay.isRedacted && <p className="text-xs text-warn">{text.notReplayable.redacted}</p>}
          <div className="grid gap-4 sm:grid-cols-2">
            <Body name={text.requestBody} body={request.requestBody} isDropped={request.bodies === 'dropped'} />
            <Body name={text.responseBody} body={request.responseBody} isDropped={request.bodies === 'dropped'} />
          </div>
        </>
      )}
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

/** Waiting, running and the rest as parts of one bar; the words have the numbers. */
function TimeSplit({ request: { durationMs, queueMs = 0, runMs } }: { readonly request: RecordedRequest }) {
  const parts = [
    ...(runMs === undefined
      ? []
      : [
          { key: 'queue', name: facts.queue, ms: queueMs, fill: 'bg-warn' },
          { key: 'run', name: facts.run, ms: runMs, fill: 'bg-accent' },
        ]),
    { key: 'rest', name: facts.rest, ms: Math.max(0, durationMs - queueMs - (runMs ?? 0)), fill: 'bg-idle' },
  ];
  const total = parts.reduce((sum, { ms }) => sum + ms, 0) || 1;
  return (
    <section aria-label={text.split(formatDuration(durationMs))} className="flex flex-col gap-1.5">
      <h3 className="text-xs font-medium text-muted">{text.split(formatDuration(durationMs))}</h3>
      <div aria-hidden className="flex h-2 gap-px overflow-hidden rounded-full bg-track">
        {parts.map(({ key, ms, fill }) => (
          <span key={key} className={`forced-color-adjust-none ${fill}`} style={{ width: `${(ms / total) * 100}%` }} />
        ))}
      </div>
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
        {parts.map(({ key, name, ms, fill }) => (
          <li key={key} className="flex items-center gap-1.5">
            <span aria-hidden className={`size-2 forced-color-adjust-none rounded-xs ${fill}`} />
            {name} <span className="font-medium text-ink">{formatDuration(ms)}</span>
          </li>
        ))}
      </ul>
      <p className="text-xs text-faint">{text.splitHint}</p>
    </section>
  );
}

function Body({
  name,
  body,
  isDropped,
}: {
  readonly name: string;
  readonly body: RecordedBody | undefined;
  readonly isDropped: boolean;
}) {
  return (
    <section aria-label={text.bodyOf(name)} className="flex min-w-0 flex-col gap-1">
      <div className="flex items-baseline justify-between gap-2 text-xs">
        <h3 className="font-medium text-muted">{name}</h3>
        {body && (
          <span className="text-faint">
            {body.encoding === 'base64' && `${text.binary} `}
            {body.truncated ? text.cut(formatBytes(keptBytes(body)), formatBytes(body.bytes)) : formatBytes(body.bytes)}
          </span>
        )}
      </div>
      {body ? (
        <div className="flex h-72">
          <CodeEditor
            label={text.bodyOf(name)}
            text={readableBody(body)}
            language={body.encoding === 'utf8' ? 'json' : 'text'}
            hasLineNumbers={false}
            isWrapped
          />
        </div>
      ) : (
        <p className="rounded-md border border-line bg-sunken p-3 text-xs text-muted">
          {isDropped ? text.bodiesDropped : text.noBody}
        </p>
      )}
    </section>
  );
}

const keptBytes = ({ text: kept, encoding }: RecordedBody): number =>
  encoding === 'base64' ? Math.floor((kept.length * 3) / 4) : new TextEncoder().encode(kept).byteLength;

function CopyAs({ request, body }: { readonly request: RecordedRequest; readonly body: string }) {
  const copy = useCopy();
  const { toasts } = useServices();
  const restUrl = useServer((state) => state.server?.restUrl);
  const anchor = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  if (restUrl === undefined) return null;
  const url = requestUrl(restUrl, request, false);
  return (
    <>
      <Button ref={anchor} icon={Copy} aria-haspopup="menu" aria-expanded={isOpen} onClick={() => setOpen(true)}>
        {text.copyAs}
      </Button>
      {isOpen && (
        <ActionMenu
          label={text.copyAs}
          anchor={anchor}
          onClose={() => setOpen(false)}
          actions={[
            ...SNIPPET_KINDS.map((kind) => ({
              id: kind,
              label: text.copyKinds[kind],
              icon: Copy,
              run: () =>
                void copy(snippet(kind, { url, body }), text.snippetName).then((copied) => {
                  const as = text.copyKinds[kind];
                  const message = needsBodyFile({ url, body }, kind) ? text.copiedLong(as, BODY_FILE) : text.copied(as);
                  if (copied) toasts.getState().show({ tone: 'neutral', message });
                }),
            })),
            {
              id: 'body',
              label: text.saveBody(BODY_FILE),
              icon: FileDown,
              run: () => saveFile(BODY_FILE, body, 'application/json'),
            },
          ]}
        />
      )}
    </>
  );
}
