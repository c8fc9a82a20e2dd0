import { CircleAlert, Clock, Flame, History, Hourglass, Info, Play, Send, Sparkles } from 'lucide-react';
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import type { ModelInfo } from '#contracts/signature.ts';
import type { ModelView, ServerView, VersionView } from '#contracts/ui.ts';
import { Button } from '../../components/button.tsx';
import { Notice } from '../../components/notice.tsx';
import { openDraft } from '../../stores/open-draft.ts';
import { useConnected, usePlay, useServices } from '../../stores/services.tsx';
import { formatCount } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import { parseLabels } from '../../tensors/labels.ts';
import { exampleRequest, inputsNamedIn, writeForm } from '../../tensors/request-form.ts';
import { readResponse } from '../../tensors/response.ts';
import { startServing } from '../serving/use-serving.ts';
import { keyAction } from './key-action.ts';
import { ComparePanel } from './compare-panel.tsx';
import type { ReadFile } from './file-button.tsx';
import { HistorySheet } from './history-sheet.tsx';
import { pictureOfRequest } from './picture-of-request.ts';
import { PresetsMenu } from './presets-menu.tsx';
import { RepeatBar } from './repeat-bar.tsx';
import type { RequestView } from './request-panel.tsx';
import { RequestPanel } from './request-panel.tsx';
import { ResponsePanel } from './response-panel.tsx';
import { SavePresetDialog } from './save-preset-dialog.tsx';
import { SnippetPanel } from './snippet-panel.tsx';
import { useAnswerInView } from './use-answer-in-view.ts';
import { useExamples } from './use-examples.ts';
import { useLabels } from './use-labels.ts';
import { useHistorySteps } from './use-history-steps.ts';
import { useObstacle } from './use-obstacle.ts';
import { useReading } from './use-reading.ts';
import { useSending } from './use-sending.ts';
import { WarmUpDialog } from './warm-up-dialog.tsx';

const words = strings.playground;

/** The request on one side, its answer on the other. */
export function Workspace({
  server,
  model,
  versionText,
  rivalText,
  target,
  info,
}: {
  readonly server: ServerView;
  readonly model: ModelView;
  readonly versionText: string;
  readonly rivalText: string;
  readonly target: VersionView | undefined;
  readonly info: ModelInfo;
}) {
  const services = useServices();
  const { play, toasts } = services;
  const { signature } = info;
  const draft = usePlay((state) => state.drafts[model.name]);
  const send = usePlay((state) => state.sends[model.name]);
  const rival = usePlay((state) => state.rivals[model.name]);
  const repeat = usePlay((state) => state.repeats[model.name]);
  const [view, setView] = useState<RequestView>('form');
  const [layer, setLayer] = useState<'history' | 'preset' | 'warmUp' | undefined>();
  // Fields start afresh where their content came from elsewhere.
  const generation = usePlay((state) => state.replaced[model.name] ?? 0);
  const [invalid, setInvalid] = useState({ generation, view, cells: 0 });
  const invalidCells = invalid.generation === generation && invalid.view === view ? invalid.cells : 0;
  const example = useMemo(() => writeForm(exampleRequest(signature), signature), [signature]);
  const text = draft ?? example.text;
  const reading = useReading(model.name, text, signature, { example, isNow: view === 'form' });
  const obstacle = useObstacle(target, versionText, invalidCells);
  const sending = useSending(server, { model: model.name, versionText, rivalText, body: text });
  const labels = useLabels(model.name, target?.version, info);
  const answerPart = useAnswerInView(send, repeat?.abort !== undefined);

  const sentBody = send?.phase === 'answered' ? send.request : undefined;
  const sentForm = usePlay((state) => {
    const written = state.forms[model.name];
    return written?.text === sentBody ? written?.form : undefined;
  });
  const picture = useMemo(
    () => (sentBody === undefined ? undefined : pictureOfRequest(sentForm ?? sentBody, signature)),
    [sentBody, sentForm, signature],
  );
  const serverErrors = useMemo(() => {
    if (send?.phase !== 'answered' || send.status < 400) return new Map<string, string>();
    const answer = readResponse(send.body, signature);
    if (answer.kind !== 'error') return new Map<string, string>();
    return new Map(inputsNamedIn(answer.message, signature).map((name) => [name, answer.message]));
  }, [send, signature]);

  const open = (body: string | undefined): void => {
    openDraft(services, model.name, body);
    setLayer(undefined);
  };
  const examples = useExamples(model.name, open);
  const connected = useConnected();
  const steps = useHistorySteps(model.name, sending.kept, open);
  const isWaiting = send?.phase === 'waiting';
  const canWait = obstacle?.kind === 'coming' && invalidCells === 0 && !isWaiting;
  const doSend = (): void => {
    if (!obstacle) sending.send();
    else if (canWait) sending.sendWhenAvailable();
  };
  const doSendMany = (): void => {
    if (!obstacle) sending.sendMany();
  };
  const takeLabels = (file: ReadFile): void => {
    const names = parseLabels(new TextDecoder().decode(file.bytes));
    if (names.length === 0) {
      toasts.getState().show({ tone: 'bad', message: words.answer.noLabels(file.name) });
      return;
    }
    play.getState().setLabels(model.name, names);
    toasts.getState().show({ tone: 'neutral', message: words.answer.labelsTaken(formatCount(names.length)) });
  };
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const act = keyAction(event, {
      send: doSend,
      sendMany: doSendMany,
      savePreset: () => setLayer('preset'),
      form: () => setView('form'),
      json: () => setView('json'),
      older: steps.older,
      newer: steps.newer,
    });
    // A dialog has keys of its own.
    if (!act || layer !== undefined) return;
    // A focused button would take the Enter for a press of its own.
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  useEffect(() => {
    const listening = new AbortController();
    document.addEventListener('keydown', (event) => onKey(event), { capture: true, signal: listening.signal });
    return () => listening.abort();
  }, []);

  return (
    <div className="workspace min-h-0 flex-1 px-5 pb-5">
      <section
        aria-label={words.request.title}
        className="flex min-h-0 flex-col rounded-lg border border-line bg-surface shadow-raised"
      >
        <RequestPanel
          generation={generation}
          model={model.name}
          view={view}
          onView={setView}
          signature={signature}
          text={text}
          reading={reading}
          serverErrors={serverErrors}
          onText={(next, form) => play.getState().setDraft(model.name, next, form)}
          onReplaceAll={open}
          onInvalidCount={(cells) => setInvalid({ generation, view, cells })}
          actions={
            <>
              {examples && (
                <Button
                  size="sm"
                  variant="ghost"
                  icon={Sparkles}
                  disabled={!connected}
                  title={words.examples.hint(examples.name)}
                  onClick={() => void examples.open()}
                >
                  {words.examples.button}
                </Button>
              )}
              <PresetsMenu model={model.name} onOpen={open} onSave={() => setLayer('preset')} />
              <Button size="sm" variant="ghost" icon={History} onClick={() => setLayer('history')}>
                {words.history.button}
              </Button>
            </>
          }
        />
        <footer className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line px-4 py-2.5">
          {canWait ? (
            <Button
              variant="primary"
              icon={Clock}
              onClick={doSend}
              title={words.send.whenAvailableHint}
              aria-keyshortcuts="Control+Enter Meta+Enter"
            >
              {words.send.whenAvailable}
            </Button>
          ) : (
            <Button
              variant="primary"
              icon={Send}
              disabled={obstacle !== undefined}
              onClick={doSend}
              aria-keyshortcuts="Control+Enter Meta+Enter"
            >
              {words.request.send}
            </Button>
          )}
          <Button
            disabled={obstacle !== undefined}
            onClick={doSendMany}
            aria-label={words.request.sendTimesName(sending.times)}
            title={words.request.sendTimesName(sending.times)}
            aria-keyshortcuts="Control+Shift+Enter Meta+Shift+Enter"
          >
            {words.request.sendTimes(sending.times)}
          </Button>
          {!obstacle ? (
            <span className="min-w-0 truncate text-xs text-faint">
              <kbd className="font-sans">{server.platform === 'darwin' ? '⌘ Enter' : 'Ctrl+Enter'}</kbd>
              <span className="ms-3 font-mono text-2xs">POST {new URL(sending.url).pathname}</span>
            </span>
          ) : (
            <span className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
              <span role="status" className="flex min-w-0 items-center gap-1.5 text-xs text-warn">
                <Hourglass aria-hidden size={13} className="shrink-0" />
                {obstacle.text}
              </span>
              {obstacle.canStart && (
                <Button size="sm" icon={Play} onClick={() => startServing(services)}>
                  {words.obstacle.start}
                </Button>
              )}
            </span>
          )}
        </footer>
      </section>
      <section
        ref={answerPart}
        aria-label={words.answer.title}
        className="flex min-h-0 flex-col rounded-lg border border-line bg-surface shadow-raised"
      >
        {signature.inputs.length === 0 && (
          <Notice tone="idle" icon={CircleAlert}>
            {words.request.noInput}
          </Notice>
        )}
        {repeat && <RepeatBar state={repeat} onCancel={() => play.getState().cancel(model.name)} />}
        {sentBody !== undefined && sentBody !== text && (
          <p className="flex items-center gap-1.5 border-b border-line px-4 py-1.5 text-xs text-muted">
            <Info aria-hidden size={13} className="shrink-0" />
            {words.answer.earlier}
          </p>
        )}
        {rivalText !== '' && send?.phase === 'answered' && rival ? (
          <ComparePanel
            left={send}
            right={rival}
            rightVersion={rivalText}
            signature={signature}
            labels={labels}
            picture={picture}
          />
        ) : (
          <ResponsePanel
            send={send}
            signature={signature}
            labels={labels}
            picture={picture}
            onLabels={takeLabels}
            onCancel={() => play.getState().cancel(model.name)}
            actions={
              send?.phase === 'answered' &&
              send.status < 400 && (
                <Button size="sm" variant="ghost" icon={Flame} onClick={() => setLayer('warmUp')}>
                  {words.warmUp.button}
                </Button>
              )
            }
          />
        )}
        <SnippetPanel url={sending.url} body={text} platform={server.platform} />
      </section>
      {layer === 'preset' && <SavePresetDialog model={model.name} body={text} onClose={() => setLayer(undefined)} />}
      {layer === 'history' && (
        <HistorySheet
          model={model.name}
          onOpen={({ request }) => request !== undefined && open(request)}
          onClose={() => setLayer(undefined)}
        />
      )}
      {layer === 'warmUp' && send?.phase === 'answered' && (
        <WarmUpDialog answer={send} onClose={() => setLayer(undefined)} />
      )}
    </div>
  );
}
