import { CircleAlert, CloudOff, FolderSearch, SlidersHorizontal } from 'lucide-react';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import type { Connection, ConnectionView, SourcesBoard } from '#contracts/ui-sources.ts';
import { Button } from '../../components/button.tsx';
import { EmptyState, Notice } from '../../components/notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { fullStop, sentence } from '../../format/sentence.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { AddDialog } from '../models/add-dialog.tsx';
import { focusField, MoreFields, StoreFields } from './connection-fields.tsx';
import type { ConnectionForm } from './connection-form.ts';
import { isSameForm, withChange } from './connection-form.ts';
import { ConnectionTestPanel } from './connection-test-panel.tsx';
import { CredentialFields } from './credential-fields.tsx';
import { EditorHeader } from './editor-header.tsx';
import { PrefixBrowser } from './prefix-browser.tsx';
import { NEW, useSourcesMemory } from './sources-memory.ts';
import { useConnectionForm } from './use-connection-form.ts';
import { useConnectionTest } from './use-connection-test.ts';

const words = strings.sources.editor;

/** Query parameters of the route: where the browser stands, what is about to be served, and what to do on arrival. */
export const AT = 'at';
export const DO = 'do';
const SERVE = 'serve';

/** One connection, or the one that is being made: its fields, its test, and what is in the store. */
export function ConnectionEditor({ id, board }: { readonly id: string; readonly board: SourcesBoard }) {
  const saved = board.connections.find((connection) => connection.id === id);
  const isFresh = useSourcesMemory((state) => state.fresh.has(id));
  if (!saved && id !== NEW) return isFresh ? <Coming /> : <Gone />;
  return <Editor id={id} saved={saved} board={board} />;
}

/** Saved a moment ago. */
function Coming() {
  return (
    <div className="p-5">
      <Skeleton rows={3} label={strings.sources.loading} />
    </div>
  );
}

function Gone() {
  const [, navigate] = useLocation();
  return (
    <EmptyState
      icon={CloudOff}
      title={words.gone}
      actions={<Button onClick={() => navigate('/sources')}>{words.back}</Button>}
    >
      <p>{words.goneText}</p>
    </EmptyState>
  );
}

function Editor({
  id,
  saved,
  board,
}: {
  readonly id: string;
  readonly saved: ConnectionView | undefined;
  readonly board: SourcesBoard;
}) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const [, navigate] = useLocation();
  const [params, setParams] = useSearchParams();
  const editor = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const form = useConnectionForm(id, saved, board, editor);
  const test = useConnectionTest(id);
  const [saving, setSaving] = useState(false);
  const [failure, setFailure] = useState<string | undefined>();
  const at = params.get(AT);
  const serving = params.get(SERVE);
  const disabled = !connected;
  // A server that keeps no secrets would refuse.
  const unsavable = form.value.credentials === 'keys' && board.protection.kind === 'none' && !form.hasStoredKeys;

  const runTest = async (next: ConnectionForm = form.value): Promise<void> => {
    // What is wrong is said beside the fields, and what comes of it in the panel.
    if (at !== null) navigate(`/sources/${id}`);
    const draft = form.read(next, { needsStart: true });
    const uri = next.startUri.trim();
    if (!draft) return;
    const ended = test.start({ form: next, draft, uri, connection: saved?.id });
    panel.current?.scrollIntoView({ block: 'nearest' });
    await ended;
  };

  const hrefOf = (query: Readonly<Record<string, string>>, of: string = id): string =>
    `/sources/${of}?${new URLSearchParams(query).toString()}`;

  /** @returns the connection, or undefined when it was not saved, which the form then says. */
  const save = async (): Promise<Connection | undefined> => {
    const draft = form.read(form.value, { isSaved: true });
    if (!draft) return undefined;
    setSaving(true);
    setFailure(undefined);
    try {
      const { connection } = await commands.run('saveConnection', {
        connection: draft,
        ...(saved && { id: saved.id }),
      });
      form.saved(connection.id);
      toasts.getState().show({ tone: 'neutral', message: words.saved(connection.name), durationMs: 2500 });
      if (!saved)
        navigate(at === null ? `/sources/${connection.id}` : hrefOf({ [AT]: at }, connection.id), { replace: true });
      return connection;
    } catch (error) {
      setFailure(errorText(error));
      return undefined;
    } finally {
      setSaving(false);
    }
  };

  const serve = async (uri: string): Promise<void> => {
    const connection = form.isDirty || !saved ? await save() : saved;
    if (connection)
      navigate(hrefOf({ ...(at !== null && { [AT]: at }), [SERVE]: uri }, connection.id), { replace: !saved });
  };

  const asked = params.get(DO);
  const arrive = useEffectEvent(() => {
    setParams(at === null ? {} : { [AT]: at }, { replace: true });
    void runTest();
  });
  useEffect(() => {
    if (asked === 'test') arrive();
  }, [asked]);

  const shownTest = test.form !== undefined && !isSameForm(test.form, form.value);
  return (
    <div ref={editor} className="@container flex min-h-full flex-col gap-4 p-5">
      <EditorHeader
        title={form.value.name.trim() === '' ? (saved?.name ?? strings.sources.form.newTitle) : form.value.name}
        id={id}
        saved={saved}
        board={board}
        isDirty={form.isDirty}
        saving={saving}
        disabled={disabled}
        unsavable={unsavable}
        isTesting={test.isRunning}
        onTest={() => void runTest()}
        onSave={() => void save()}
        onDiscard={form.discard}
      />
      {saved?.problem !== undefined && (
        <Notice tone="bad" icon={CircleAlert} title={words.unusable}>
          {fullStop(sentence(saved.problem))}
        </Notice>
      )}
      {failure !== undefined && (
        <div role="alert">
          <Notice tone="bad" icon={CircleAlert} title={words.saveFailed}>
            {fullStop(sentence(failure))}
          </Notice>
        </div>
      )}
      <Tabs
        label={words.parts}
        current={at === null ? 'settings' : 'browse'}
        tabs={[
          { key: 'settings', label: words.settings, icon: SlidersHorizontal, href: `/sources/${id}` },
          {
            key: 'browse',
            label: words.browse,
            icon: FolderSearch,
            href: hrefOf({ [AT]: at ?? form.value.startUri.trim() }),
          },
        ]}
      />
      {/* Hidden, not gone: keys that were typed are in its inputs only. */}
      <div
        hidden={at !== null}
        className="grid grid-cols-1 items-start gap-4 [&[hidden]]:hidden @3xl:grid-cols-[minmax(0,1fr)_minmax(19rem,25rem)]"
      >
        <form
          aria-label={strings.sources.form.newTitle}
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
          className="@container rounded-lg border border-line bg-surface p-4"
        >
          <fieldset disabled={disabled} className="grid grid-cols-1 gap-x-4 gap-y-3.5 @sm:grid-cols-2">
            <StoreFields
              form={form.value}
              problems={form.problems}
              onChange={form.change}
              found={shownTest ? undefined : test.test?.found}
            />
            <CredentialFields
              key={form.keysVersion}
              form={form.value}
              problems={form.problems}
              onChange={form.change}
              protection={board.protection}
              stored={saved?.credentials}
              isReplacing={form.isReplacing}
              onReplace={form.replaceKeys}
              onKey={form.typeKey}
            />
            <MoreFields form={form.value} problems={form.problems} onChange={form.change} />
          </fieldset>
        </form>
        <div ref={panel} className="min-w-0 scroll-m-4">
          <ConnectionTestPanel
            shown={test}
            isStale={shownTest}
            disabled={disabled}
            onRun={() => void runTest()}
            onStop={test.stop}
            onFix={(change) => {
              const next = withChange(form.value, change);
              form.change(next);
              void runTest(next);
            }}
            onEdit={(field) => focusField(editor.current, field)}
          />
        </div>
      </div>
      {at !== null && (
        <PrefixBrowser
          key={id}
          owner={id}
          uri={at}
          through={() => {
            const draft = form.isDirty || !saved ? form.read(form.value, {}) : undefined;
            return saved || draft ? { ...(saved && { connection: saved.id }), ...(draft && { draft }) } : undefined;
          }}
          needsSave={form.isDirty || !saved}
          canServe={!unsavable}
          onGo={(uri) => navigate(hrefOf({ [AT]: uri }))}
          onServe={(uri) => void serve(uri)}
        />
      )}
      {serving !== null && saved && (
        <AddDialog
          initialPath={serving}
          initialConnection={saved.id}
          notice={undefined}
          onAdded={() => navigate('/sources')}
          onClose={() => navigate(at === null ? `/sources/${id}` : hrefOf({ [AT]: at }), { replace: true })}
        />
      )}
    </div>
  );
}
