import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { useCallback } from 'react';
import { strings } from '../strings/index.ts';
import type { VirtualRowsProps } from './virtual-rows.tsx';
import { VirtualRows } from './virtual-rows.tsx';

type Align = 'start' | 'end';

export interface Column<T> {
  readonly key: string;
  readonly header: string;
  /** A track of CSS grid, such as `6rem` or `minmax(10rem, 1fr)`. */
  readonly width: string;
  readonly align?: Align;
  readonly isSortable?: boolean;
  /**
   * Whatever it shows is narrower than its track, at any size of text. Its cells are not cut off then: a clip of each cell
   * is what a browser spends a third of its time on while one scrolls.
   */
  readonly isBounded?: boolean;
  readonly render: (item: T, isActive: boolean) => ReactNode;
}

export interface Sort {
  readonly key: string;
  readonly direction: 'ascending' | 'descending';
}

const CELL = 'min-w-0 px-2 first:ps-4 last:pe-4';

const cellClass = (align: Align | undefined, isBounded: boolean): string =>
  `${CELL} ${isBounded ? 'whitespace-nowrap' : 'truncate'} ${align === 'end' ? 'text-end' : ''}`;

/**
 * A table of any length; the header stays in view. Sorting is asked for, not done here: whoever has all rows does it.
 */
export function DataTable<T>({
  columns,
  sort,
  onSort,
  ...rest
}: VirtualRowsProps<T> & {
  readonly columns: readonly Column<T>[];
  readonly sort?: Sort | undefined;
  readonly onSort?: (sort: Sort) => void;
}) {
  // One function for as long as the columns are the same, so that rows need not be drawn again.
  const renderCells = useCallback(
    (item: T, isActive: boolean): ReactNode =>
      columns.map(({ key, align, isBounded = false, render }) => (
        <div key={key} role="gridcell" className={cellClass(align, isBounded)}>
          {render(item, isActive)}
        </div>
      )),
    [columns],
  );
  return (
    <VirtualRows
      {...rest}
      columnCount={columns.length}
      rowClass="data-row"
      style={{ '--columns': columns.map(({ width }) => width).join(' ') }}
      header={
        <div role="rowgroup" className="sticky top-0 z-10">
          <div role="row" aria-rowindex={1} className="data-row data-head h-row">
            {columns.map((column) => (
              <Header key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </div>
        </div>
      }
      renderCells={renderCells}
    />
  );
}

function Header<T>({
  column: { key, header, align, isSortable = false },
  sort,
  onSort,
}: {
  readonly column: Column<T>;
  readonly sort: Sort | undefined;
  readonly onSort: ((sort: Sort) => void) | undefined;
}) {
  const direction = sort?.key === key ? sort.direction : undefined;
  const Arrow = direction === 'descending' ? ArrowDown : ArrowUp;
  return (
    <div
      role="columnheader"
      aria-sort={isSortable ? (direction ?? 'none') : undefined}
      className={cellClass(align, false)}
    >
      {isSortable && onSort ? (
        <button
          type="button"
          onClick={() => onSort({ key, direction: direction === 'ascending' ? 'descending' : 'ascending' })}
          className={`inline-flex max-w-full items-center gap-1 rounded-sm hover:text-ink ${align === 'end' ? 'flex-row-reverse' : ''}`}
        >
          <span className="truncate">{header}</span>
          {direction && (
            <>
              <Arrow aria-hidden size={12} className="shrink-0" />
              <span className="sr-only">, {strings.components.sort[direction]}</span>
            </>
          )}
        </button>
      ) : (
        header
      )}
    </div>
  );
}
