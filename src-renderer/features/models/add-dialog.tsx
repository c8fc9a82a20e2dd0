import { Check, CircleAlert, CircleSlash2, Cloud, FolderOpen, FolderPlus, Info, TriangleAlert } from 'lucide-react';
import type { FormEvent } from 'react';
import { useEffect, useId, useMemo, useState } from 'react';
import type { ConnectionId, ServableName as ServableNameType } from '#contracts/ids.ts';
import { ServableName } from '#contracts/ids.ts';
import type { AddPreview } from '#contracts/ui-commands.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Field } from '../../components/field.tsx';
import { Notice } from '../../components/notice.tsx';
import { Select } from '../../components/select.tsx';
import { formatBytes, plural } from '../../format/quantity.ts';
import { fullStop, sentence } from '../../format/sentence.ts';
import { errorText } from '../../stores/commands.ts';
import { useBoard, useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { PathField } from './path-field.tsx';
import { isStoreUri, useStoreSuggestion } from './store-suggestion.ts';

type PreviewedModel = AddPreview['models'][number];

/** What the preview stands at for the path in the field. */
type Looking =
  | { readonly phase: 'idle' }
  | { readonly phase: 'looking' }
  | { readonly phase: 'found'; readonly preview: AddPreview }
  | { readonly phase: 'failed'; readonly message: string };

const PREVIEW_AFTER_MS = 250;

/** Adds models by path: shows first what would be served and what would be ignored, and adds only then. */
export function AddDialog({
  initialPath,
  initialConnection,
  notice,
  onAdded,
  onClose,
}: {
  /** Of this computer, or the URI of a place in a store. */
  readonly initialPath: string;
  /** By which to reach the store; undefined lets the server find one. */
  readonly initialConnection?: ConnectionId;
  readonly notice: string | undefined;
  readonly onAdded?: () => void;
  readonly onClose: () => void;
}) {
  const { commands, shell, toasts } = useServices();
  const connected = useConnected();
  const [path, setPath] = useState(initialPath);
  const [connection, setConnection] = useState(initialConnection);
  const looking = usePreview(path, isStoreUri(path) ? connection : undefined);
  const preview = looking.phase === 'found' ? looking.preview : undefined;
  // Keyed by base path: what the user changed stays while the preview is renewed.
  const [names, setNames] = useState<Readonly<Record<string, string>>>({});
  const [skipped, setSkipped] = useState<ReadonlySet<string>>(new Set());
  const [failure, setFailure] = useState<string | undefined>();
  const [adding, setAdding] = useState(false);
  const formId = useId();

  const offered = preview?.models.filter((model) => !model.alreadyServed) ?? [];
  const chosen = offered.filter((model) => !skipped.has(model.basePath));
  const problems = useNameProblems(chosen, names);
  const ready = connected && chosen.length > 0 && problems.size === 0 && !adding;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!ready) return;
    const models: { name: ServableNameType; basePath: string }[] = [];
    for (const model of chosen) {
      const name = ServableName.safeParse(names[model.basePath] ?? model.name);
      if (!name.success) return;
      models.push({ name: name.data, basePath: model.basePath });
    }
    setAdding(true);
    try {
      const { added } = await commands.run('addModels', { models });
      toasts.getState().show({
        tone: 'neutral',
        message: added.length === 1 ? `Added ${added[0]}.` : `Added ${plural(added.length, 'model')}.`,
      });
      onClose();
      onAdded?.();
    } catch (error) {
      setFailure(errorText(error));
      setAdding(false);
    }
  };

  return (
    <Dialog
      title={strings.sources.add.title}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" icon={FolderPlus} submit form={formId} disabled={!ready}>
            {adding ? 'Adding…' : chosen.length > 1 ? `Add ${chosen.length} models` : 'Add'}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        onSubmit={(event) => void submit(event)}
        className="flex min-h-64 flex-col gap-3 overflow-y-auto px-4 py-3"
      >
        {notice !== undefined && (
          <Notice tone="busy" icon={Info}>
            {notice}
          </Notice>
        )}
        <div className="flex items-start gap-2">
          <PathField path={path} connection={connection} onChange={setPath} />
          {shell && (
            <div className="pt-5.5">
              <Button
                icon={FolderOpen}
                onClick={() =>
                  void shell.pickFolder().then(
                    (picked) => picked !== undefined && setPath(picked),
                    (error: unknown) => setFailure(errorText(error)),
                  )
                }
              >
                Choose…
              </Button>
            </div>
          )}
        </div>
        {isStoreUri(path) && <ConnectionChoice chosen={connection} onChoose={setConnection} />}
        <StoreSuggestion
          path={path}
          isFound={preview !== undefined && preview.kind !== 'nothing'}
          onUse={(place) => {
            setPath(place.path);
            setConnection(place.connection);
          }}
        />
        {failure !== undefined && (
          <Notice tone="bad" icon={CircleAlert} title="Not added">
            {failure}
          </Notice>
        )}
        <div aria-live="polite" aria-busy={looking.phase === 'looking'} className="flex flex-col gap-3">
          {looking.phase === 'idle' && (
            <p className="text-xs text-muted">
              A model folder, a folder full of models, one version folder, or a single{' '}
              <span className="font-mono">.onnx</span> file, on this computer or in S3 (
              <span className="font-mono">s3://bucket/models</span>). Nothing is moved or copied, and nothing is added
              before you press Add.
            </p>
          )}
          {looking.phase === 'looking' && <p className="text-xs text-muted">Looking…</p>}
          {looking.phase === 'failed' && (
            <Notice tone="bad" icon={CircleAlert} title="Cannot look there">
              {looking.message}
            </Notice>
          )}
          {preview && (
            <>
              {preview.message !== undefined && (
                <Notice
                  tone={preview.kind === 'nothing' ? 'warn' : 'idle'}
                  icon={preview.kind === 'nothing' ? TriangleAlert : Info}
                >
                  {fullStop(sentence(preview.message))}
                </Notice>
              )}
              {preview.models.map((model) => (
                <PreviewCard
                  key={model.basePath}
                  model={model}
                  name={names[model.basePath] ?? model.name}
                  problem={problems.get(model.basePath)}
                  optional={preview.models.length > 1}
                  skipped={skipped.has(model.basePath)}
                  onName={(name) => setNames({ ...names, [model.basePath]: name })}
                  onSkip={(skip) => {
                    const next = new Set(skipped);
                    if (skip) next.add(model.basePath);
                    else next.delete(model.basePath);
                    setSkipped(next);
                  }}
                />
              ))}
              <Ignored title="Not a model" entries={preview.ignored} />
            </>
          )}
        </div>
      </form>
    </Dialog>
  );
}

const AUTOMATIC = '';

/** By which connection to reach the store; nothing while there is none to choose. */
function ConnectionChoice({
  chosen,
  onChoose,
}: {
  readonly chosen: ConnectionId | undefined;
  readonly onChoose: (connection: ConnectionId | undefined) => void;
}) {
  const words = strings.sources.add;
  const connections = useBoard('sources')?.connections ?? [];
  if (connections.length === 0) return null;
  return (
    <div className="max-w-80">
      <Select
        label={words.connection}
        selected={chosen ?? AUTOMATIC}
        onSelect={(key) => onChoose(connections.find(({ id }) => id === key)?.id)}
        options={[
          { key: AUTOMATIC, label: words.automatic, note: words.automaticNote },
          ...connections.map(({ id, name }) => ({ key: id, label: name })),
        ]}
      />
    </div>
  );
}

/** Offers the place in S3 that the address of a browser stands for. */
function StoreSuggestion({
  path,
  isFound,
  onUse,
}: {
  readonly path: string;
  /** Whether there is something under the address as it is. */
  readonly isFound: boolean;
  readonly onUse: (place: { readonly path: string; readonly connection: ConnectionId | undefined }) => void;
}) {
  const words = strings.sources.add;
  const place = useStoreSuggestion(path);
  if (!place || isFound) return null;
  return (
    <Notice
      tone="busy"
      icon={Cloud}
      actions={
        <Button size="sm" onClick={() => onUse(place)}>
          {words.takeUri}
        </Button>
      }
    >
      <p className="wrap-anywhere">{words.suggestion(place.path)}</p>
    </Notice>
  );
}

function usePreview(path: string, connection: ConnectionId | undefined): Looking {
  const { commands } = useServices();
  const [looking, setLooking] = useState<Looking>({ phase: 'idle' });
  const blank = path.trim() === '';
  useEffect(() => {
    if (blank) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      setLooking((before) => (before.phase === 'found' ? before : { phase: 'looking' }));
      commands.run('previewAdd', { path, ...(connection && { connection }) }, abort.signal).then(
        (preview) => setLooking({ phase: 'found', preview }),
        (error: unknown) => {
          if (!abort.signal.aborted) setLooking({ phase: 'failed', message: errorText(error) });
        },
      );
    }, PREVIEW_AFTER_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [path, connection, blank, commands]);
  return blank ? { phase: 'idle' } : looking;
}

/** What is wrong with each chosen model's name, by base path. */
function useNameProblems(
  chosen: readonly PreviewedModel[],
  names: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const served = useServer((state) => state.models);
  return useMemo(() => {
    const problems = new Map<string, string>();
    const counts = new Map<string, number>();
    const nameOf = (model: PreviewedModel): string => names[model.basePath] ?? model.name;
    for (const model of chosen) counts.set(nameOf(model), (counts.get(nameOf(model)) ?? 0) + 1);
    for (const model of chosen) {
      const name = nameOf(model);
      const parsed = ServableName.safeParse(name);
      const untouched = names[model.basePath] === undefined || name === model.name;
      if (!parsed.success) problems.set(model.basePath, parsed.error.issues[0]?.message ?? 'This is not a model name.');
      else if (name in served || (model.nameTaken && untouched))
        problems.set(model.basePath, `Another model is called ${name}. Choose another name.`);
      else if ((counts.get(name) ?? 0) > 1)
        problems.set(model.basePath, `Two models of this folder are called ${name}.`);
    }
    return problems;
  }, [chosen, names, served]);
}

function PreviewCard({
  model,
  name,
  problem,
  optional,
  skipped,
  onName,
  onSkip,
}: {
  readonly model: PreviewedModel;
  readonly name: string;
  readonly problem: string | undefined;
  readonly optional: boolean;
  readonly skipped: boolean;
  readonly onName: (name: string) => void;
  readonly onSkip: (skip: boolean) => void;
}) {
  return (
    <section aria-label={model.name} className="rounded-md border border-line bg-surface p-3">
      <div className="flex items-start gap-2.5">
        {optional && (
          <input
            type="checkbox"
            aria-label={`Add ${name}`}
            checked={!skipped && !model.alreadyServed}
            disabled={model.alreadyServed}
            onChange={(event) => onSkip(!event.target.checked)}
            className="mt-2 size-4"
          />
        )}
        <div className="min-w-0 flex-1">
          {model.alreadyServed ? (
            <p className="text-sm">
              <span className="font-semibold">{model.name}</span> <span className="text-muted">is served already</span>
            </p>
          ) : (
            <Field
              label={`Name of ${model.name}`}
              labelHidden
              value={name}
              disabled={skipped}
              error={problem}
              onChange={(event) => onName(event.target.value)}
            />
          )}
          <p className="mt-1 truncate font-mono text-2xs text-faint" title={model.basePath}>
            {model.basePath}
          </p>
        </div>
      </div>
      {!skipped && !model.alreadyServed && (
        <>
          <ul className="mt-2 flex flex-col gap-0.5 text-xs">
            {model.versions.map(({ version, served, reason, sizeBytes }) => {
              const Icon = served ? Check : CircleSlash2;
              return (
                <li key={version} className="flex items-baseline gap-2">
                  <Icon
                    aria-hidden
                    size={13}
                    className={`shrink-0 translate-y-0.5 ${served ? 'text-ok' : 'text-faint'}`}
                  />
                  <span className="shrink-0 font-mono font-medium">v{version}</span>
                  <span className={`min-w-0 flex-1 ${served ? 'text-ok' : 'text-muted'}`}>
                    {served ? 'would be served' : 'would not be served'}
                    {reason !== undefined && <span className="text-muted">: {reason}</span>}
                  </span>
                  {sizeBytes !== undefined && <span className="text-muted">{formatBytes(sizeBytes)}</span>}
                </li>
              );
            })}
            {model.versions.length === 0 && (
              <li className="text-muted">No version yet; it would be watched until one appears.</li>
            )}
          </ul>
          <Ignored title="Ignored" entries={model.ignored} />
        </>
      )}
    </section>
  );
}

function Ignored({ title, entries }: { readonly title: string; readonly entries: AddPreview['ignored'] }) {
  if (entries.length === 0) return null;
  return (
    <details className="mt-2 text-xs" open={entries.length <= 4}>
      <summary className="rounded-sm text-muted">
        {title}: {plural(entries.length, 'entry', 'entries')}
      </summary>
      <ul className="mt-1 grid grid-cols-[fit-content(12rem)_1fr] gap-x-4 gap-y-0.5 pl-4">
        {entries.map(({ entry, reason }) => (
          <li key={entry} className="col-span-2 grid grid-cols-subgrid">
            <span className="font-mono wrap-anywhere">{entry}</span>
            <span className="min-w-0 wrap-anywhere text-muted">{reason}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
