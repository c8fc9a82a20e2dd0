import {
  ClipboardCopy,
  FileWarning,
  FolderOpen,
  FolderPlus,
  Layers,
  Play,
  RefreshCw,
  SearchX,
  SquareTerminal,
  Trash2,
  Unplug,
} from 'lucide-react';
import { useMemo, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import type { ModelView } from '#contracts/ui.ts';
import { Button } from '../../components/button.tsx';
import { useCopy } from '../../components/copy.tsx';
import type { MenuAction } from '../../components/menu.tsx';
import { ActionMenu } from '../../components/menu.tsx';
import { EmptyState, Notice } from '../../components/notice.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Countdown } from '../../components/time.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { formatAbsolute, formatClock } from '../../format/time.ts';
import { errorText } from '../../stores/commands.ts';
import { removeModelWithUndo } from '../../stores/remove-model.ts';
import { latestKnownInfo } from '../../stores/server-store.ts';
import { useConnected, useServer, useServices } from '../../stores/services.tsx';
import { AddDialog } from './add-dialog.tsx';
import { exampleCommand } from './example-snippet.ts';
import { parseModelFilter } from './model-filter.ts';
import type { ModelRowActions } from './model-row.tsx';
import { ModelRow, playHref } from './model-row.tsx';
import { createNearView } from './near-view.ts';
import { useFileDrop } from './use-file-drop.ts';
import { ORIGIN_TEXT } from './version-status.ts';

/** Opened with what was dropped on the window: paths from the shell, or a word why there are none. */
interface AddRequest {
  readonly path: string;
  readonly notice?: string;
}

const BROWSER_DROP =
  'A browser does not tell where a dropped file lives. Type or paste its path here; in the desktop app a drop is enough.';

/** Every model, its versions and what they do. */
export function ModelsScreen() {
  const { shell } = useServices();
  const known = useServer((state) => state.server !== undefined);
  const count = useServer((state) => state.names.length - state.hidden.size);
  const connected = useConnected();
  const [dropped, setAdding] = useState<AddRequest | undefined>();
  const [params, setParams] = useSearchParams();
  // `?add=PATH` opens the dialog with a path, `?add=` an empty one: for commands and links.
  const asked = params.get('add');
  const adding = dropped ?? (asked === null ? undefined : { path: asked });
  const filterText = params.get('q') ?? '';
  const setFilter = (text: string): void => setParams(text === '' ? {} : { q: text }, { replace: true });
  const closeAdding = (): void => {
    setAdding(undefined);
    if (asked !== null) setFilter(filterText);
  };

  const dragging = useFileDrop(connected, (files) => {
    const paths = shell?.pathsOfDroppedFiles(files) ?? [];
    const [path] = paths;
    if (path === undefined)
      setAdding({ path: '', notice: shell ? 'What was dropped has no path on this computer.' : BROWSER_DROP });
    else
      setAdding({
        path,
        ...(paths.length > 1
          ? {
              notice: `${plural(paths.length, 'item')} were dropped; this is the first. Add the others one by one, or the folder that holds them all.`,
            }
          : {}),
      });
  });

  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-2 px-5 pt-4 pb-3">
        <h1 className="text-lg font-semibold tracking-tight">Models</h1>
        {count > 0 && <FilterBox text={filterText} onChange={setFilter} />}
        <span className="flex-1" />
        {known && count > 0 && (
          <Button variant="primary" icon={FolderPlus} disabled={!connected} onClick={() => setAdding({ path: '' })}>
            Add folder
          </Button>
        )}
      </header>
      <ConfigProblem />
      <ModelList filterText={filterText} onClearFilter={() => setFilter('')} onAdd={() => setAdding({ path: '' })} />
      {adding && <AddDialog initialPath={adding.path} notice={adding.notice} onClose={closeAdding} />}
      {dragging && (
        <div className="pointer-events-none fixed inset-3 z-30 flex items-center justify-center rounded-lg border-2 border-dashed border-accent bg-accent-soft/90">
          <p className="flex items-center gap-2 text-md font-semibold text-accent">
            <FolderPlus aria-hidden size={20} /> Drop a model folder to see what would be served
          </p>
        </div>
      )}
    </div>
  );
}

/** Stays as long as the configuration file is not what runs. */
function ConfigProblem() {
  const problem = useServer((state) => state.server?.configProblem);
  const offset = useServer((state) => state.clockOffsetMs);
  if (!problem) return null;
  return (
    <div role="status" className="px-5 pb-3">
      <Notice tone="bad" icon={FileWarning} title="The configuration file was refused; what ran before it runs on">
        <p className="text-xs wrap-anywhere whitespace-pre-line text-muted">{problem.message}</p>
        <p className="text-2xs text-faint">
          Refused at{' '}
          <time dateTime={new Date(problem.sinceMs).toISOString()} title={formatAbsolute(problem.sinceMs - offset)}>
            {formatClock(problem.sinceMs - offset)}
          </time>
        </p>
      </Notice>
    </div>
  );
}

function FilterBox({ text, onChange }: { readonly text: string; readonly onChange: (text: string) => void }) {
  const { problem } = parseModelFilter(text);
  return (
    <div className="flex max-w-sm min-w-52 flex-1 max-[700px]:order-last max-[700px]:max-w-none max-[700px]:basis-full">
      <SearchField
        label="Filter models"
        placeholder="Filter by name, or state:error"
        text={text}
        onChange={onChange}
        problem={problem}
      />
    </div>
  );
}

function ModelList({
  filterText,
  onClearFilter,
  onAdd,
}: {
  readonly filterText: string;
  readonly onClearFilter: () => void;
  readonly onAdd: () => void;
}) {
  const services = useServices();
  const { commands, toasts, server: serverStore } = services;
  const connection = useServer((state) => state.connection);
  const server = useServer((state) => state.server);
  const names = useServer((state) => state.names);
  const models = useServer((state) => state.models);
  const hidden = useServer((state) => state.hidden);
  const connected = useConnected();
  const copy = useCopy();
  const [menu, setMenu] = useState<
    { readonly model: ModelView; readonly anchor: { readonly current: HTMLElement } } | undefined
  >();

  // One object for the whole life of the list: rows are memoised by it.
  const actions = useMemo<ModelRowActions>(
    () => ({
      pollNow({ name }) {
        commands.run('pollNow', { name }).then(
          () =>
            toasts
              .getState()
              .show({ tone: 'neutral', message: `Looking for versions of ${name} now.`, durationMs: 2500 }),
          (error: unknown) => toasts.getState().show({ tone: 'bad', message: `${name}: ${errorText(error)}` }),
        );
      },
      copyCurl(model) {
        const state = serverStore.getState();
        if (!state.server) return;
        const command = exampleCommand(state.server, model, latestKnownInfo(state.knownInfo, model)?.info);
        void copy(command, 'the command').then((copied) => {
          if (copied)
            toasts
              .getState()
              .show({ tone: 'neutral', message: `Copied a command that asks ${model.name}.`, durationMs: 2500 });
        });
      },
      openMenu: (model, anchor) => setMenu({ model, anchor: { current: anchor } }),
    }),
    // `copy` only closes over the toasts.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [commands, toasts, serverStore],
  );

  const [nearView] = useState(createNearView);
  const filter = useMemo(() => parseModelFilter(filterText), [filterText]);
  const visible = names.filter((name) => {
    const model = models[name];
    return model !== undefined && !hidden.has(name) && filter.matches(model);
  });

  if (!server) {
    if (connection.phase === 'lost') {
      return <Unreachable reason={connection.reason} retryAtMs={connection.retryAtMs} />;
    }
    return (
      <div className="px-5 pt-1">
        <Skeleton rows={5} label="Loading models" />
      </div>
    );
  }
  if (names.every((name) => hidden.has(name))) {
    return (
      <EmptyState
        icon={Layers}
        title="No models yet"
        actions={
          <Button variant="primary" icon={FolderPlus} disabled={!connected} onClick={onAdd}>
            Add folder
          </Button>
        }
        hint={
          <>
            Only looking around? The samples are in <span className="font-mono">resources/models</span> in
            Slipway&apos;s own folder.
          </>
        }
      >
        <p>
          Slipway serves ONNX models from folders on this computer. A model is a folder; each of its numbered
          sub-folders is a version. Files stay where they are.
        </p>
      </EmptyState>
    );
  }
  if (visible.length === 0) {
    return (
      <EmptyState
        icon={SearchX}
        title="No model matches"
        actions={<Button onClick={onClearFilter}>Clear filter</Button>}
      >
        <p>
          {filter.problem ??
            `None of ${plural(names.length - hidden.size, 'model')} has “${filterText}” in its name or path.`}
        </p>
      </EmptyState>
    );
  }
  return (
    <div
      className={`model-list flex min-h-0 flex-1 flex-col ${connection.phase === 'live' ? '' : 'is-stale'}`}
      style={{ '--version-width': `${longestVersion(visible.map((name) => models[name])) * CHARACTER_PX}px` }}
    >
      <div aria-hidden className="version-head version-grid px-9 pb-1 text-2xs font-medium text-faint">
        <span>Version</span>
        <span>State</span>
        <span>Why</span>
        <span>Since</span>
        <span className="version-number">Load</span>
        <span className="version-number">In flight</span>
        <span className="version-number">Size</span>
        <span>Worker</span>
      </div>
      <ul aria-label="Models" className="flex min-h-0 flex-1 flex-col gap-2 overflow-y-auto px-5 pb-5">
        {visible.map((name, index) => (
          <ModelRow key={name} name={name} nearView={index < EAGER_ROWS ? undefined : nearView} actions={actions} />
        ))}
      </ul>
      {filterText !== '' && (
        <p role="status" className="border-t border-line px-5 py-1 text-xs text-faint">
          {formatCount(visible.length)} of {plural(names.length - hidden.size, 'model')}
        </p>
      )}
      {menu && <RowMenu model={menu.model} anchor={menu.anchor} actions={actions} onClose={() => setMenu(undefined)} />}
    </div>
  );
}

function RowMenu({
  model,
  anchor,
  actions,
  onClose,
}: {
  readonly model: ModelView;
  readonly anchor: { readonly current: HTMLElement };
  readonly actions: ModelRowActions;
  readonly onClose: () => void;
}) {
  const services = useServices();
  const connected = useConnected();
  const copy = useCopy();
  const [, navigate] = useLocation();
  const { shell, toasts } = services;
  const configured = model.origin === 'flags' || model.origin === 'config';
  const items: MenuAction[] = [
    { id: 'play', label: 'Open in Playground', icon: Play, run: () => navigate(playHref(model.name)) },
    { id: 'poll', label: 'Poll now', icon: RefreshCw, run: () => actions.pollNow(model), disabled: !connected },
    { id: 'curl', label: 'Copy curl', icon: SquareTerminal, run: () => actions.copyCurl(model) },
    { id: 'path', label: 'Copy folder path', icon: ClipboardCopy, run: () => void copy(model.basePath, 'the path') },
    ...(shell
      ? [
          {
            id: 'reveal',
            label: 'Show in file manager',
            icon: FolderOpen,
            run: () =>
              void shell
                .revealInFolder(model.basePath)
                .catch((error: unknown) => toasts.getState().show({ tone: 'bad', message: errorText(error) })),
          },
        ]
      : []),
    {
      id: 'remove',
      label: 'Remove',
      icon: Trash2,
      run: () => removeModelWithUndo(services, model.name),
      disabled: !connected || configured,
      note: configured ? `It comes from the ${ORIGIN_TEXT[model.origin]}; remove it there.` : undefined,
    },
  ];
  return <ActionMenu label={`Actions for ${model.name}`} anchor={anchor} actions={items} onClose={onClose} />;
}

function Unreachable({ reason, retryAtMs }: { readonly reason: string; readonly retryAtMs: number }) {
  const { stream } = useServices();
  return (
    <EmptyState
      icon={Unplug}
      title="Cannot reach the Slipway server"
      actions={
        <Button variant="primary" icon={RefreshCw} onClick={() => stream.tryNow()}>
          Try now
        </Button>
      }
    >
      <p>{reason}</p>
      <p className="mt-1">
        Trying again <Countdown untilMs={retryAtMs} />.
      </p>
    </EmptyState>
  );
}

/** Rows that are shown in full at once: more than fit a large screen. */
const EAGER_ROWS = 30;

/** Width of a character of the version column: monospaced at 12 px, the widest of the font stack. */
const CHARACTER_PX = 7.5;

/** Characters that the column of versions needs, so that it lines up across all models. */
function longestVersion(models: readonly (ModelView | undefined)[]): number {
  const lengths = models.flatMap((model) => model?.versions.map(({ version }) => version.length + 1) ?? []);
  // Not spread into Math.max: a thousand models may have many thousand versions.
  return lengths.reduce((longest, length) => Math.max(longest, length), 'Version'.length);
}
