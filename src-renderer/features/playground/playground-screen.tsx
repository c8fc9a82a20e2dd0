import { CircleAlert, FlaskConical, Hourglass, Layers, RefreshCw, Send, Unplug } from 'lucide-react';
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { ModelSignature } from '#contracts/signature.ts';
import type { ModelView, ServerView, VersionView } from '#contracts/ui.ts';
import { Button, buttonClass } from '../../components/button.tsx';
import { EmptyState, Notice } from '../../components/notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Countdown } from '../../components/time.tsx';
import { formatCountdown } from '../../format/time.ts';
import { infoKey, latestKnownInfo } from '../../stores/server-store.ts';
import { useConnected, usePlay, useServer, useServices, useTimeText } from '../../stores/services.tsx';
import { exampleRequest, inputsNamedIn, readRequest, writeRequest } from '../../tensors/request-form.ts';
import { readResponse } from '../../tensors/response.ts';
import { predictUrl } from '../models/example-snippet.ts';
import { sourceProblem, whyText } from '../models/reason-text.ts';
import { StatusBadge } from '../models/status-badge.tsx';
import { RETRY_LABEL, useRetry } from '../models/use-retry.ts';
import { retryText, STATUS_LOOK, versionStatus } from '../models/version-status.ts';
import { RequestPanel } from './request-panel.tsx';
import { ResponsePanel } from './response-panel.tsx';
import { SnippetPanel } from './snippet-panel.tsx';

/** Tries a model: a form from its signature, the public endpoint, the answer as a table. */
export function PlaygroundScreen() {
  const [params, setParams] = useSearchParams();
  const modelName = params.get('model') ?? '';
  const versionText = params.get('version') ?? '';
  const server = useServer((state) => state.server);
  const connection = useServer((state) => state.connection);
  const model = useServer((state) => state.models[modelName]);
  const { stream } = useServices();

  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 pt-4 pb-3">
        <h1 className="text-lg font-semibold tracking-tight">Playground</h1>
        {server && (
          <>
            <ModelPicker selected={modelName} onSelect={(name) => setParams(name === '' ? {} : { model: name })} />
            {model && (
              <VersionPicker
                model={model}
                selected={versionText}
                onSelect={(version) => setParams({ model: modelName, ...(version === '' ? {} : { version }) })}
              />
            )}
          </>
        )}
      </header>
      {server ? (
        <Bench
          key={`${modelName}/${versionText}`}
          server={server}
          modelName={modelName}
          model={model}
          versionText={versionText}
        />
      ) : connection.phase === 'lost' ? (
        <EmptyState
          icon={Unplug}
          title="Cannot reach the Slipway server"
          actions={
            <Button variant="primary" icon={RefreshCw} onClick={() => stream.tryNow()}>
              Try now
            </Button>
          }
        >
          <p>{connection.reason}</p>
          <p className="mt-1">
            Trying again <Countdown untilMs={connection.retryAtMs} />.
          </p>
        </EmptyState>
      ) : (
        <div className="px-5 pt-1">
          <Skeleton rows={4} label="Loading the playground" />
        </div>
      )}
    </div>
  );
}

const selectClass = 'h-8 max-w-72 min-w-40 rounded-md border border-control bg-surface px-2 text-sm hover:border-muted';

function ModelPicker({ selected, onSelect }: { readonly selected: string; readonly onSelect: (name: string) => void }) {
  const names = useServer((state) => state.names);
  const hidden = useServer((state) => state.hidden);
  return (
    <label className="flex items-center gap-2">
      <span className="text-xs text-muted">Model</span>
      <select
        value={names.some((name) => name === selected) ? selected : ''}
        onChange={(event) => onSelect(event.target.value)}
        className={selectClass}
      >
        <option value="">Choose…</option>
        {names
          .filter((name) => !hidden.has(name))
          .map((name) => (
            <option key={name}>{name}</option>
          ))}
      </select>
    </label>
  );
}

function VersionPicker({
  model,
  selected,
  onSelect,
}: {
  readonly model: ModelView;
  readonly selected: string;
  readonly onSelect: (version: string) => void;
}) {
  const latest = model.versions.find((version) => version.phase === 'available');
  const shown =
    selected === '' ? (latest ?? model.versions[0]) : model.versions.find(({ version }) => version === selected);
  return (
    <>
      <label className="flex items-center gap-2">
        <span className="text-xs text-muted">Version</span>
        <select value={selected} onChange={(event) => onSelect(event.target.value)} className={selectClass}>
          <option value="">{latest ? `latest, now v${latest.version}` : 'latest'}</option>
          {model.versions.map((view) => (
            <option key={view.version} value={view.version}>
              v{view.version}, {STATUS_LOOK[versionStatus(view)].word.toLowerCase()}
            </option>
          ))}
          {selected !== '' && !model.versions.some(({ version }) => version === selected) && (
            <option value={selected}>v{selected}, unknown</option>
          )}
        </select>
      </label>
      {shown && <StatusBadge look={STATUS_LOOK[versionStatus(shown)]} />}
    </>
  );
}

interface BenchProps {
  readonly server: ServerView;
  readonly modelName: string;
  readonly model: ModelView | undefined;
  readonly versionText: string;
}

function Bench({ server, modelName, model, versionText }: BenchProps) {
  const knownInfo = useServer((state) => state.knownInfo);
  const empty = useServer((state) => state.names.every((name) => state.hidden.has(name)));
  if (!model) {
    if (empty) {
      return (
        <EmptyState
          icon={Layers}
          title="No model to try yet"
          actions={
            <Link href="/models" className={buttonClass('primary')}>
              Go to Models
            </Link>
          }
        >
          <p>Add a folder with a model first; then its inputs appear here as a form.</p>
        </EmptyState>
      );
    }
    return (
      <EmptyState
        icon={FlaskConical}
        title={modelName === '' ? 'Choose a model' : `There is no model called ${modelName}`}
      >
        <p>Its signature becomes a form: fill it in, send it, and see what the model answers and how fast.</p>
      </EmptyState>
    );
  }
  // The version that would answer, or the one that is waited for.
  const target =
    versionText === ''
      ? (model.versions.find((version) => version.phase === 'available') ?? model.versions[0])
      : model.versions.find(({ version }) => version === versionText);
  // A version that was never loaded most likely takes what its predecessor takes; Send waits for it in any case.
  const latest = latestKnownInfo(knownInfo, model)?.info;
  const info = target ? (knownInfo[infoKey(modelName, target.version)] ?? latest) : latest;
  if (!info || (versionText !== '' && !target))
    return <NoSignature model={model} target={target} versionText={versionText} />;
  return (
    <Workspace server={server} model={model} versionText={versionText} target={target} signature={info.signature} />
  );
}

/** A model that has not been available since this page was opened: nothing is known of its inputs. */
function NoSignature({
  model,
  target,
  versionText,
}: {
  readonly model: ModelView;
  readonly target: VersionView | undefined;
  readonly versionText: string;
}) {
  const retry = useRetry();
  const connected = useConnected();
  if (!target) {
    return (
      <EmptyState
        icon={CircleAlert}
        title={versionText === '' ? `${model.name} has no version` : `${model.name} has no version ${versionText}`}
      >
        <p>{sourceProblem(model)?.text ?? 'A version is a sub-folder of the model named by a number.'}</p>
      </EmptyState>
    );
  }
  const status = versionStatus(target);
  const failed = status === 'failed';
  return (
    <EmptyState
      actions={
        (status === 'failed' || status === 'retrying') && (
          <Button icon={RefreshCw} disabled={!connected} onClick={() => retry(model.name, target.version)}>
            {RETRY_LABEL[status]}
          </Button>
        )
      }
      icon={failed ? CircleAlert : Hourglass}
      title={failed ? `v${target.version} could not be loaded` : `Waiting for v${target.version}`}
    >
      <p className="mb-1 flex justify-center">
        <StatusBadge look={STATUS_LOOK[status]} />
      </p>
      <p>{target.error?.message ?? whyText(target)}</p>
      {target.retryAtMs !== undefined && (
        <p>
          {retryText(target)} <Countdown untilMs={target.retryAtMs} />
        </p>
      )}
      <p className="mt-3 text-xs text-faint">The form appears as soon as its signature is known.</p>
    </EmptyState>
  );
}

function Workspace({
  server,
  model,
  versionText,
  target,
  signature,
}: {
  readonly server: ServerView;
  readonly model: ModelView;
  readonly versionText: string;
  readonly target: VersionView | undefined;
  readonly signature: ModelSignature;
}) {
  const { play } = useServices();
  const draft = usePlay((state) => state.drafts[model.name]);
  const send = usePlay((state) => state.sends[model.name]);
  const [invalidCells, setInvalidCells] = useState(0);
  const example = useMemo(() => writeRequest(exampleRequest(signature), signature), [signature]);
  const text = draft ?? example;
  const reading = useMemo(() => readRequest(text, signature), [text, signature]);
  const obstacle = useObstacle(target, versionText, invalidCells);
  const url = predictUrl(server.restUrl, model.name, versionText === '' ? undefined : versionText);

  const serverErrors = useMemo(() => {
    if (send?.phase !== 'answered' || send.status < 400) return new Map<string, string>();
    const answer = readResponse(send.body, signature);
    if (answer.kind !== 'error') return new Map<string, string>();
    return new Map(inputsNamedIn(answer.message, signature).map((name) => [name, answer.message]));
  }, [send, signature]);

  const doSend = (): void => {
    if (obstacle !== '') return;
    void play.getState().send(model.name, { url, body: text, versionHeader: server.modelVersionHeader });
  };
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    // A focused button would take the Enter for a press of its own.
    event.preventDefault();
    event.stopPropagation();
    doSend();
  });
  useEffect(() => {
    const listening = new AbortController();
    document.addEventListener('keydown', (event) => onKey(event), { capture: true, signal: listening.signal });
    return () => listening.abort();
  }, []);

  return (
    <div className="workspace min-h-0 flex-1 px-5 pb-5">
      <section
        aria-label="Request"
        className="flex min-h-0 flex-col rounded-lg border border-line bg-surface shadow-raised"
      >
        <RequestPanel
          signature={signature}
          text={text}
          reading={reading}
          serverErrors={serverErrors}
          onText={(next) => play.getState().setDraft(model.name, next)}
          onInvalidCount={setInvalidCells}
        />
        <footer className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line px-4 py-2.5">
          <Button
            variant="primary"
            icon={Send}
            disabled={obstacle !== ''}
            onClick={doSend}
            aria-keyshortcuts="Control+Enter Meta+Enter"
          >
            Send
          </Button>
          {obstacle === '' ? (
            <span className="min-w-0 truncate text-xs text-faint">
              <kbd className="font-sans">{server.platform === 'darwin' ? '⌘ Enter' : 'Ctrl+Enter'}</kbd>
              <span className="ml-3 font-mono text-2xs">POST {new URL(url).pathname}</span>
            </span>
          ) : (
            <span role="status" className="flex min-w-0 items-center gap-1.5 text-xs text-warn">
              <Hourglass aria-hidden size={13} className="shrink-0" />
              {obstacle}
            </span>
          )}
        </footer>
      </section>
      <section
        aria-label="Answer"
        className="flex min-h-0 flex-col rounded-lg border border-line bg-surface shadow-raised"
      >
        {signature.inputs.length === 0 && (
          <Notice tone="idle" icon={CircleAlert}>
            This model takes no input.
          </Notice>
        )}
        <ResponsePanel send={send} signature={signature} onCancel={() => play.getState().cancel(model.name)} />
        <SnippetPanel url={url} body={text} platform={server.platform} />
      </section>
    </div>
  );
}

/** Why Send does not work now, in words; empty when it does. Ticks while it waits for a retry. */
function useObstacle(target: VersionView | undefined, versionText: string, invalidCells: number): string {
  const live = useServer((state) => state.connection.phase === 'live');
  const stopping = useServer((state) => state.server?.state === 'draining');
  return useTimeText((now) => {
    if (!live) return 'Disconnected. Your request is kept.';
    if (stopping) return 'Slipway is stopping. Your request is kept.';
    if (!target)
      return versionText === '' ? 'Waits for a first version.' : `Waits for v${versionText}, which is not there.`;
    if (target.phase !== 'available') {
      const retry =
        target.retryAtMs === undefined ? '' : `, ${retryText(target)} in ${formatCountdown(target.retryAtMs - now)}`;
      return `Waits for v${target.version}: ${STATUS_LOOK[versionStatus(target)].word.toLowerCase()}${retry}.`;
    }
    if (invalidCells > 0)
      return invalidCells === 1
        ? 'One field is not a valid value yet.'
        : `${invalidCells} fields are not valid values yet.`;
    return '';
  });
}
