import { ChevronRight } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { useCallback, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import type { ModelView } from '#contracts/ui.ts';
import { VirtualRows } from '../../components/virtual-rows.tsx';
import { formatCount } from '../../format/quantity.ts';
import { cachedBy } from '../../stores/cached-by.ts';
import { useConnected, useList, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { ListRow, ModelSort } from './arrange-models.ts';
import { rowKey } from './arrange-models.ts';
import { BulkBar } from './bulk-bar.tsx';
import { logsHref, modelHref, playHref } from './model-links.ts';
import { COLUMN_COUNT, ModelListHead } from './model-list-head.tsx';
import { ModelRow } from './model-row.tsx';
import { RowMenu } from './row-menu.tsx';
import { retriable, useModelActions } from './use-model-actions.ts';
import { useVersionActions } from './use-version-actions.tsx';
import { toggleOf } from './version-action.ts';

const words = strings.models;

/** Before a row was measured: one line. */
const ROW_PX = 37;

/** The models as a table: one row each, its versions in it. */
export function ModelList({
  rows,
  sort,
  onSort,
}: {
  readonly rows: readonly ListRow[];
  readonly sort: ModelSort | undefined;
  readonly onSort: (sort: ModelSort | undefined) => void;
}) {
  const { list, server } = useServices();
  const [, navigate] = useLocation();
  const connected = useConnected();
  const isLive = useServer((state) => state.connection.phase === 'live');
  const versionWidth = useServer(longestVersion);
  const selected = useList((state) => state.selected);
  const actions = useModelActions();
  const byHand = useVersionActions();
  const [menu, setMenu] = useState<
    { readonly name: string; readonly anchor: { readonly current: HTMLElement } } | undefined
  >();
  const order = useMemo(() => rows.flatMap((row) => (row.kind === 'model' ? [row.name] : [])), [rows]);
  const { selectedModels, outOfView } = useSelected(order);

  const modelOf = (row: ListRow): ModelView | undefined =>
    row.kind === 'model' ? server.getState().models[row.name] : undefined;
  const fold = (row: ListRow): void => {
    const state = list.getState();
    if (row.kind === 'model') state.setOpen(row.name, !state.open.has(row.name));
    else state.setFolded(row.key, !row.folded);
  };
  const onSelect = useCallback(
    (name: string, extend: boolean): void => {
      if (extend) list.getState().selectTo(name, order);
      else list.getState().toggleSelected(name);
    },
    [list, order],
  );
  const onMenu = useCallback(
    (name: string, anchor: HTMLElement): void => setMenu({ name, anchor: { current: anchor } }),
    [],
  );
  const clearSelection = (): void => list.getState().select([]);

  /** The keys that the list adds to those of every list; it hears them before the rows do. */
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const at = event.target instanceof HTMLElement && event.target.getAttribute('role') === 'row' ? event.target : null;
    const row = at === null ? undefined : rows[Number(at.dataset['index'])];
    if (event.altKey || !keyRuns(event, row)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  /** @returns whether the key was one of the list's. */
  const keyRuns = ({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent, row: ListRow | undefined): boolean => {
    if (key === 'Escape' && selected.size > 0) clearSelection();
    else if (row === undefined) return false;
    else if ((ctrlKey || metaKey) && !shiftKey && key.toLowerCase() === 'a') list.getState().select(order);
    else if (ctrlKey || metaKey || shiftKey) return false;
    else if (key === 'Enter' && row.kind === 'model') navigate(modelHref(row.name));
    else if (key === 'ArrowRight' || key === 'ArrowLeft') {
      const isRtl = document.dir === 'rtl';
      const opens = (key === 'ArrowRight') !== isRtl;
      if (row.kind === 'model') list.getState().setOpen(row.name, opens);
      else list.getState().setFolded(row.key, !opens);
    } else return false;
    return true;
  };

  const menuModel = useServer((state) => (menu ? state.models[menu.name] : undefined));
  return (
    <div className={`model-list flex min-h-0 flex-1 flex-col ${isLive ? '' : 'is-old'}`} onKeyDownCapture={onKeyDown}>
      <VirtualRows
        label={words.list}
        items={rows}
        keyOf={rowKey}
        rowHeight={ROW_PX}
        isMeasured
        columnCount={COLUMN_COUNT}
        rowClass="model-list-row"
        style={{ '--version-width': `${versionWidth * CHARACTER_PX}px` }}
        onOpen={fold}
        onSelect={(row, extend) => row.kind === 'model' && onSelect(row.name, extend)}
        isSelected={(row) => row.kind === 'model' && selected.has(row.name)}
        onMenu={(row, anchor) => row.kind === 'model' && onMenu(row.name, anchor)}
        letters={{
          a: () => connected && list.getState().add({ paths: [] }),
          p: (row) => row.kind === 'model' && navigate(playHref(row.name)),
          l: (row) => row.kind === 'model' && navigate(logsHref(row.name)),
          r(row) {
            const model = modelOf(row);
            if (!model || !connected) return;
            if (retriable(model).length > 0) actions.retry([model]);
            else byHand.start('reload', [model]);
          },
          u(row) {
            const model = modelOf(row);
            if (model && connected) byHand.start(toggleOf(model.versions), [model]);
          },
        }}
        header={
          <ModelListHead
            sort={sort}
            onSort={onSort}
            isAllSelected={order.length > 0 && selectedModels.length - outOfView === order.length}
            isSomeSelected={selectedModels.length > 0}
            onSelectAll={(all) => list.getState().select(all ? order : [])}
          />
        }
        renderCells={(row, isActive) =>
          row.kind === 'group' ? (
            <GroupHeading row={row} />
          ) : (
            <ModelRow
              name={row.name}
              isActive={isActive}
              isSelected={selected.has(row.name)}
              actions={actions}
              onSelect={onSelect}
              onMenu={onMenu}
            />
          )
        }
      />
      {selectedModels.length > 0 && (
        <BulkBar
          selected={selectedModels}
          shownCount={order.length}
          outOfView={outOfView}
          actions={actions}
          byHand={byHand.start}
          onSelectAll={() => list.getState().select(order)}
          onClear={clearSelection}
        />
      )}
      {menu && menuModel && (
        <RowMenu
          model={menuModel}
          anchor={menu.anchor}
          actions={actions}
          byHand={byHand.start}
          onClose={() => setMenu(undefined)}
        />
      )}
      {byHand.dialog}
    </div>
  );
}

/** The selected models that still are there, and how many of them the list does not show now. */
function useSelected(order: readonly string[]): {
  readonly selectedModels: readonly ModelView[];
  readonly outOfView: number;
} {
  const selected = useList((state) => state.selected);
  // While nothing is selected, what happens to the models is not of interest.
  const models = useServer((state) => (selected.size === 0 ? undefined : state.models));
  const hidden = useServer((state) => state.hidden);
  return useMemo(() => {
    const shown = new Set(order);
    const selectedModels = [...selected].flatMap((name) => (hidden.has(name) ? [] : (models?.[name] ?? [])));
    return { selectedModels, outOfView: selectedModels.filter(({ name }) => !shown.has(name)).length };
  }, [order, selected, models, hidden]);
}

function GroupHeading({ row }: { readonly row: Extract<ListRow, { kind: 'group' }> }) {
  const { title, count, errors, folded } = row;
  return (
    <div role="gridcell" aria-colspan={COLUMN_COUNT} className="model-group">
      <ChevronRight
        aria-hidden
        size={15}
        className={`shrink-0 text-faint transition-transform ${folded ? 'rtl:rotate-180' : 'rotate-90'}`}
      />
      <span className="truncate font-semibold" title={title}>
        {title}
      </span>
      <span className="sr-only">, {folded ? words.folded : words.unfolded}, </span>
      <span className="text-xs whitespace-nowrap text-faint">
        {words.groupCount(formatCount(count), errors === 0 ? undefined : formatCount(errors))}
      </span>
    </div>
  );
}

/** Width of a character of the version column: monospaced at 12 px, the widest of the font stack. */
const CHARACTER_PX = 7.5;
const SHORTEST = 5;
const LONGEST = 14;

const longestOf = cachedBy(({ versions }: ModelView) =>
  versions.reduce((longest, { version }) => Math.max(longest, version.length + 1), 0),
);

/** Characters that the column of versions needs, so that it lines up across all models. */
function longestVersion({ models }: { readonly models: Readonly<Record<string, ModelView>> }): number {
  let longest = SHORTEST;
  for (const model of Object.values(models)) longest = Math.max(longest, longestOf(model));
  return Math.min(longest, LONGEST);
}
