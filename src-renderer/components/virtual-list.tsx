import type { ReactNode } from 'react';
import { useCallback } from 'react';
import type { VirtualRowsProps } from './virtual-rows.tsx';
import { VirtualRows } from './virtual-rows.tsx';

/**
 * A list of any length. Arrows, Page keys, Home and End move; Enter opens; what is in view stays there when rows are added
 * before or behind it.
 */
export function VirtualList<T>({
  renderRow,
  ...rest
}: VirtualRowsProps<T> & {
  /**
   * The content of one row. Controls in a row that is not active should take no part in the order of Tab. Rows are drawn
   * anew where it is another function.
   */
  readonly renderRow: (item: T, isActive: boolean) => ReactNode;
}) {
  const renderCells = useCallback(
    (item: T, isActive: boolean): ReactNode => (
      <div role="gridcell" className="min-w-0 flex-1">
        {renderRow(item, isActive)}
      </div>
    ),
    [renderRow],
  );
  return <VirtualRows {...rest} columnCount={1} rowClass="flex items-center px-3" renderCells={renderCells} />;
}
