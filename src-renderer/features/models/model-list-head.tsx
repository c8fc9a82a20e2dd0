import { ArrowDown, ArrowUp } from 'lucide-react';
import { strings } from '../../strings/index.ts';
import type { ModelSort, SortKey } from './arrange-models.ts';

const words = strings.models;

interface HeadColumn {
  readonly key: SortKey | 'version' | 'actions';
  readonly className?: string;
}

/** As the cells of {@link ModelRow}; the state has a second track for the reason. */
const COLUMNS: readonly HeadColumn[] = [
  { key: 'name' },
  { key: 'version' },
  { key: 'state', className: 'col-span-2' },
  { key: 'memory', className: 'text-end' },
  { key: 'requests', className: 'model-requests' },
  { key: 'p95', className: 'model-p95' },
  { key: 'source', className: 'model-source' },
  { key: 'actions' },
];
export const COLUMN_COUNT = COLUMNS.length + 1;

/** Numbers are asked for by those who look for the highest. */
const FALLS_FIRST: ReadonlySet<SortKey> = new Set(['memory', 'requests', 'p95']);

/** The next of three: as the column is read first, the other way round, and the order of the server. */
function nextSort(sort: ModelSort | undefined, key: SortKey): ModelSort | undefined {
  const first = FALLS_FIRST.has(key) ? 'descending' : 'ascending';
  if (sort?.key !== key) return { key, direction: first };
  return sort.direction === first ? { key, direction: first === 'ascending' ? 'descending' : 'ascending' } : undefined;
}

const isSortKey = (key: HeadColumn['key']): key is SortKey => key !== 'version' && key !== 'actions';

/** The row of headers; in a narrow window that of the name alone, since the cells stand below each other. */
export function ModelListHead({
  sort,
  onSort,
  isAllSelected,
  isSomeSelected,
  onSelectAll,
}: {
  readonly sort: ModelSort | undefined;
  readonly onSort: (sort: ModelSort | undefined) => void;
  readonly isAllSelected: boolean;
  readonly isSomeSelected: boolean;
  readonly onSelectAll: (all: boolean) => void;
}) {
  return (
    <div role="rowgroup" className="model-head sticky top-0 z-10">
      <div role="row" aria-rowindex={1} className="model-columns data-head h-row items-center">
        <div role="columnheader" className="flex items-center">
          <input
            type="checkbox"
            aria-label={words.selectAll}
            checked={isAllSelected}
            ref={(box) => {
              if (box) box.indeterminate = isSomeSelected && !isAllSelected;
            }}
            onChange={(event) => onSelectAll(event.target.checked)}
            className="size-3.5"
          />
        </div>
        {COLUMNS.map(({ key, className = '' }) => {
          const direction = sort?.key === key ? sort.direction : undefined;
          const Arrow = direction === 'descending' ? ArrowDown : ArrowUp;
          return (
            <div
              key={key}
              role="columnheader"
              aria-sort={isSortKey(key) ? (direction ?? 'none') : undefined}
              className={`min-w-0 truncate ${className}`}
            >
              {isSortKey(key) ? (
                <button
                  type="button"
                  onClick={() => onSort(nextSort(sort, key))}
                  className={`inline-flex max-w-full items-center gap-1 rounded-sm hover:text-ink ${direction ? 'text-ink' : ''}`}
                >
                  {words.columns[key]}
                  {direction && <Arrow aria-hidden size={12} className="shrink-0" />}
                </button>
              ) : key === 'actions' ? (
                <span className="sr-only">{words.columns.actions}</span>
              ) : (
                words.columns[key]
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
