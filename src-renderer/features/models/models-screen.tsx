import { CloudDownload, FileWarning, FolderPlus, RefreshCw, SearchX, Unplug } from 'lucide-react';
import { useMemo } from 'react';
import { Button } from '../../components/button.tsx';
import { EmptyState, Notice } from '../../components/notice.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Select } from '../../components/select.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Countdown } from '../../components/time.tsx';
import { plural } from '../../format/quantity.ts';
import { formatAbsolute, formatClock } from '../../format/time.ts';
import { useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { NotServing } from '../serving/not-serving.tsx';
import type { Grouping } from './arrange-models.ts';
import { GROUPINGS, SORT_KEYS } from './arrange-models.ts';
import { EmptyModels } from './empty-models.tsx';
import { parseModelFilter } from './model-filter.ts';
import { ModelList } from './model-list.tsx';
import { useListRows } from './use-list-rows.ts';
import type { ListView } from './use-list-view.ts';
import { orderKey, sortOf, useListView } from './use-list-view.ts';
import { countText } from './use-model-actions.ts';
import { useOpenS3 } from './use-open-s3.ts';

const words = strings.models;

const ORDERS = [
  { key: '', label: words.unordered },
  ...SORT_KEYS.flatMap((key) =>
    (['ascending', 'descending'] as const).map((direction) => ({
      key: orderKey({ key, direction }),
      label: words.ordered(words.columns[key], direction === 'ascending'),
    })),
  ),
];

/** Every model, its versions and what they do. */
export function ModelsScreen() {
  const [view, setView] = useListView();
  const { rows, count: shown } = useListRows(view);
  const known = useServer((state) => state.server !== undefined);
  const count = useServer(
    ({ names, hidden }) => (hidden.size === 0 ? names : names.filter((name) => !hidden.has(name))).length,
  );
  return (
    <div className="@container flex h-full min-h-0 flex-col">
      <Toolbar view={view} setView={setView} count={count} shown={shown} />
      <NotServing className="px-4 pb-3" />
      <ConfigProblem />
      {known && count > 0 && rows.length > 0 ? (
        <ModelList rows={rows} sort={view.sort} onSort={(sort) => setView({ sort })} />
      ) : (
        <NoRows known={known} count={count} q={view.q} onClear={() => setView({ q: '' })} />
      )}
    </div>
  );
}

function Toolbar({
  view,
  setView,
  count,
  shown,
}: {
  readonly view: ListView;
  readonly setView: (change: Partial<ListView>) => void;
  readonly count: number;
  /** How many of them the filter lets through. */
  readonly shown: number;
}) {
  const { list } = useServices();
  const connected = useConnected();
  const openS3 = useOpenS3();
  const { problem } = useMemo(() => parseModelFilter(view.q), [view.q]);
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 pt-4 pb-3">
      <h1 className="text-lg font-semibold tracking-tight">{words.title}</h1>
      {count > 0 && (
        <>
          <span role="status" className="text-sm text-faint">
            {countText(shown, count)}
          </span>
          <div className="flex max-w-sm min-w-52 flex-1 max-[900px]:order-last max-[900px]:max-w-none max-[900px]:basis-full">
            <SearchField
              label={words.filter}
              placeholder={words.filterPlaceholder}
              text={view.q}
              onChange={(q) => setView({ q })}
              problem={problem}
            />
          </div>
          <Select<Grouping>
            label={words.group}
            labelHidden
            options={GROUPINGS.map((key) => ({ key, label: words.groups[key] }))}
            selected={view.grouping}
            onSelect={(grouping) => setView({ grouping })}
          />
          {/* Where there is no room for the headers of the columns. */}
          <div className="@min-[640px]:hidden">
            <Select
              label={words.order}
              labelHidden
              options={ORDERS}
              selected={orderKey(view.sort)}
              onSelect={(key) => setView({ sort: sortOf(key) })}
            />
          </div>
          <span className="flex-1" />
          <Button icon={CloudDownload} disabled={!connected} onClick={openS3}>
            {words.addS3}
          </Button>
          <Button
            variant="primary"
            icon={FolderPlus}
            disabled={!connected}
            onClick={() => list.getState().add({ paths: [] })}
          >
            {words.addFolder}
          </Button>
        </>
      )}
    </header>
  );
}

/** Stays as long as the configuration file is not what runs. */
function ConfigProblem() {
  const problem = useServer((state) => state.server?.configProblem);
  const offset = useServer((state) => state.clockOffsetMs);
  if (!problem) return null;
  return (
    <div role="status" className="px-4 pb-3">
      <Notice tone="bad" icon={FileWarning} title={words.configProblem.title}>
        <p className="text-xs wrap-anywhere whitespace-pre-line text-muted">{problem.message}</p>
        <p className="text-2xs text-faint">
          {words.configProblem.refusedAt}{' '}
          <time dateTime={new Date(problem.sinceMs).toISOString()} title={formatAbsolute(problem.sinceMs - offset)}>
            {formatClock(problem.sinceMs - offset)}
          </time>
        </p>
      </Notice>
    </div>
  );
}

/** What is in the place of the list: it is not known yet, there is no model, or none that the filter lets through. */
function NoRows({
  known,
  count,
  q,
  onClear,
}: {
  readonly known: boolean;
  readonly count: number;
  readonly q: string;
  readonly onClear: () => void;
}) {
  const { stream } = useServices();
  const connection = useServer((state) => state.connection);
  if (known && count === 0) return <EmptyModels />;
  if (known) {
    return (
      <EmptyState
        icon={SearchX}
        title={words.noMatch}
        actions={<Button onClick={onClear}>{words.clearFilter}</Button>}
        hint={words.filterHelp}
      >
        <p>{parseModelFilter(q).problem ?? words.noMatchText(plural(count, 'model'), q)}</p>
      </EmptyState>
    );
  }
  if (connection.phase !== 'lost') {
    return (
      <div className="px-4 pt-1">
        <Skeleton rows={5} label={words.loading} />
      </div>
    );
  }
  return (
    <EmptyState
      icon={Unplug}
      title={words.unreachable.title}
      actions={
        <Button variant="primary" icon={RefreshCw} onClick={() => stream.tryNow()}>
          {words.unreachable.tryNow}
        </Button>
      }
    >
      <p>{connection.reason}</p>
      <p className="mt-1">
        {words.unreachable.again} <Countdown untilMs={connection.retryAtMs} />.
      </p>
    </EmptyState>
  );
}
