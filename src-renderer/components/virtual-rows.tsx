import { defaultRangeExtractor, useVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import type { CSSProperties, KeyboardEvent, MouseEvent, ReactNode } from 'react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { formatCount } from '../format/quantity.ts';
import { useAppearance } from '../stores/services.tsx';
import { strings } from '../strings/index.ts';
import { ROW_HEIGHT_PX } from '../theme/appearance.ts';
import { buttonClass } from './button.tsx';
import { indexOfKey, movedRow, rowsAfter } from './row-motion.ts';
import { drawWhereItIs, scrollAndDraw } from './virtual-scroll.ts';

export type RowKey = string | number;

/** What a list of any length can do; {@link VirtualList} and {@link DataTable} share it. */
export interface VirtualRowsProps<T> {
  /** Name of the list for screen readers. */
  readonly label: string;
  readonly items: readonly T[];
  /**
   * Stays the same while rows come and go around it: the focus and the place in view are kept by it. Best a function
   * outside of the component, since with a new one all rows are measured anew.
   */
  readonly keyOf: (item: T) => RowKey;
  /** CSS pixels; one row of text in the chosen density where it is left out. */
  readonly rowHeight?: number;
  /** Rows are as high as what is in them; `rowHeight` is then a guess. */
  readonly isMeasured?: boolean;
  /** Where `items` are a part of more: how many there are, and the place of the first. */
  readonly totalCount?: number;
  readonly firstIndex?: number;
  /** Enter, or a click on the row itself. */
  readonly onOpen?: (item: T) => void;
  /** Space. With Shift, also by an arrow, `extend` asks for all rows since the one that was selected before. */
  readonly onSelect?: (item: T, extend: boolean) => void;
  readonly isSelected?: (item: T) => boolean;
  /** Shift+F10, the menu key, or the right button. The menu then opens at the element. */
  readonly onMenu?: (item: T, anchor: HTMLElement) => void;
  /** Single letters that act on the row with the focus; the user can switch them off. */
  readonly letters?: Readonly<Record<string, (item: T) => void>>;
  /** Whether the end is kept in view as rows are added; undefined for a list that does not follow. */
  readonly follow?: boolean;
  /** Scrolling up asks to stop, coming back to the end to start again. */
  readonly onFollowChange?: (follow: boolean) => void;
  /** The first or last rows came into view: more may be asked for. */
  readonly onNearStart?: () => void;
  readonly onNearEnd?: () => void;
  /** Brings a row into view and makes it the one that the focus comes to; each new object is a new wish. */
  readonly reveal?: { readonly key: RowKey } | undefined;
  /** Shown instead of rows. */
  readonly empty?: ReactNode;
  /** For the state of a row: `data-tone` is what the style sheet knows. */
  readonly toneOf?: (item: T) => 'bad' | 'warn' | undefined;
}

interface Parts<T> {
  /** The cells of a row; they are drawn anew where it is another function. */
  readonly renderCells: (item: T, isActive: boolean) => ReactNode;
  readonly columnCount: number;
  /** The row of headers, as high as a row. */
  readonly header?: ReactNode;
  readonly rowClass: string;
  readonly style?: CSSProperties;
}

/** Rows this near to an end count as there. */
const NEAR_ROWS = 20;
const END_THRESHOLD_PX = 24;
const INTERACTIVE = 'a, button, input, select, textarea, label, summary, [role=checkbox], [role=switch]';

/** The grid behind lists and tables: only what is in view is in the page; one row at a time takes the focus. */
export function VirtualRows<T>(props: VirtualRowsProps<T> & Parts<T>) {
  const { items, keyOf, onOpen, onSelect, onMenu, letters, follow, onFollowChange, header } = props;
  const density = useAppearance((state) => state.density);
  const letterKeys = useAppearance((state) => state.letterKeys);
  const rowPx = props.rowHeight ?? ROW_HEIGHT_PX[density];
  const headerPx = header === undefined ? 0 : ROW_HEIGHT_PX[density];
  const scroller = useRef<HTMLDivElement>(null);
  const [activeKey, setActiveKey] = useState<RowKey>();
  const lastIndex = useRef(0);
  const lastTop = useRef(0);
  const hasFocus = useRef(false);

  // One function for as long as the rows are the same: a new one has all of them measured anew, at each scroll.
  const keyAt = useCallback(
    (index: number): RowKey => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
    [items, keyOf],
  );
  // What was active and is gone leaves its place to the row that is there now.
  const active =
    indexOfKey(activeKey, lastIndex.current, items.length, keyAt) ?? Math.min(lastIndex.current, items.length - 1);

  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    // Until the list is measured it is as large as the window: its rows are there when the page is laid out first.
    initialRect: { width: window.innerWidth, height: window.innerHeight },
    estimateSize: () => rowPx,
    getItemKey: keyAt,
    scrollToFn: scrollAndDraw,
    paddingStart: headerPx,
    scrollPaddingStart: headerPx,
    overscan: 8,
    anchorTo: 'end',
    followOnAppend: follow === true,
    // A list that follows nothing stays where it is when a row grows, even where its end is in view.
    scrollEndThreshold: follow === undefined ? -1 : END_THRESHOLD_PX,
    rangeExtractor(range) {
      const indexes = defaultRangeExtractor(range);
      // The row with the focus stays in the page, or the focus would be lost by scrolling.
      return active < 0 || indexes.includes(active) ? indexes : [...indexes, active].toSorted((a, b) => a - b);
    },
  });
  const shown = virtual.getVirtualItems();
  const total = virtual.getTotalSize();

  const rowElement = (index: number): HTMLElement | undefined =>
    scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`) ?? undefined;
  const activate = (index: number): void => {
    lastIndex.current = index;
    setActiveKey(keyAt(index));
  };
  const focusRow = (index: number): void => {
    activate(index);
    virtual.scrollToIndex(index);
    // The row may come into the page only by the scrolling.
    requestAnimationFrame(() => rowElement(index)?.focus({ preventScroll: true }));
  };

  useLayoutEffect(() => {
    // A list that became shorter may have been scrolled to what is beyond its end now.
    drawWhereItIs(virtual);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the virtualizer is one object for life
  }, [items.length]);
  const firstItemKey = items.length > 0 ? keyAt(0) : undefined;
  useLayoutEffect(() => {
    // Who looks at the very start sees what comes there; everybody else keeps their place.
    if (follow === undefined && lastTop.current <= 1) virtual.scrollToOffset(0);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the virtualizer is one object for life
  }, [firstItemKey]);
  useLayoutEffect(() => {
    lastIndex.current = Math.max(0, active);
    // The row with the focus was taken away: the focus stays in the list.
    if (hasFocus.current && document.activeElement === document.body)
      rowElement(active)?.focus({ preventScroll: true });
  });
  useEffect(() => {
    if (follow !== true) return undefined;
    // Who was on a row goes along, or the focus would be out of view.
    if (hasFocus.current && items.length > 0) focusRow(items.length - 1);
    virtual.scrollToEnd();
    // Where there is less room than before, the end goes out of view, and the library follows only what was at the end.
    const resizing = new ResizeObserver(() => virtual.scrollToEnd());
    if (scroller.current) resizing.observe(scroller.current);
    return () => resizing.disconnect();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the virtualizer is one object for life
  }, [follow]);
  const measuredFor = useRef({ rowPx, headerPx });
  useEffect(() => {
    const before = measuredFor.current;
    if (before.rowPx === rowPx && before.headerPx === headerPx) return;
    measuredFor.current = { rowPx, headerPx };
    virtual.measure();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the virtualizer is one object for life
  }, [rowPx, headerPx]);
  const { reveal } = props;
  useEffect(() => {
    if (!reveal) return;
    const index = indexOfKey(reveal.key, 0, items.length, keyAt);
    if (index === undefined) return;
    activate(index);
    virtual.scrollToIndex(index, { align: 'center' });
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- a wish is granted once
  }, [reveal]);

  // Not those of `shown`: the row with the focus is among them wherever it is.
  const firstShown = virtual.range?.startIndex ?? 0;
  const lastShown = virtual.range?.endIndex ?? 0;
  const { onNearStart, onNearEnd } = props;
  const nearStart = items.length > 0 && firstShown <= NEAR_ROWS;
  const nearEnd = items.length > 0 && lastShown >= items.length - NEAR_ROWS;
  const firstKey = items.length > 0 ? keyAt(0) : undefined;
  const lastKey = items.length > 0 ? keyAt(items.length - 1) : undefined;
  useEffect(() => {
    if (nearStart) onNearStart?.();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- asks once for each row that was the first
  }, [nearStart, firstKey]);
  useEffect(() => {
    if (nearEnd) onNearEnd?.();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- asks once for each row that was the last
  }, [nearEnd, lastKey]);

  const onScroll = (): void => {
    const element = scroller.current;
    if (!element) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    const fromEnd = scrollHeight - clientHeight - scrollTop;
    if (follow === true && scrollTop < lastTop.current && fromEnd > END_THRESHOLD_PX) onFollowChange?.(false);
    if (follow === false && scrollTop > lastTop.current && fromEnd <= 1) onFollowChange?.(true);
    lastTop.current = scrollTop;
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const item = items[active];
    const isOnRow = event.target instanceof HTMLElement && event.target.getAttribute('role') === 'row';
    if (event.altKey || item === undefined) return;
    const page = Math.floor(((scroller.current?.clientHeight ?? 0) - headerPx) / rowPx);
    const moves = isOnRow && (!event.shiftKey || onSelect !== undefined);
    const target = moves ? movedRow(event.key, active, items.length, page) : undefined;
    if (target !== undefined) {
      event.preventDefault();
      const reached = items[target];
      if (event.shiftKey && reached !== undefined) onSelect?.(reached, true);
      if (event.key === 'End' && follow === false) onFollowChange?.(true);
      focusRow(target);
    } else if (onMenu && (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey))) {
      event.preventDefault();
      const anchor = rowElement(active);
      if (anchor) onMenu(item, anchor);
    } else if (!isOnRow || event.ctrlKey || event.metaKey) {
      // The keys of a control in the row are its own.
    } else if (event.key === 'Enter' && onOpen) {
      event.preventDefault();
      onOpen(item);
    } else if (event.key === ' ') {
      event.preventDefault();
      onSelect?.(item, event.shiftKey);
    } else if (letterKeys === 'on' && event.key.length === 1 && !event.repeat) {
      letters?.[event.key.toLowerCase()]?.(item);
    }
  };

  /** The rows have no listeners of their own: they would be new ones, and with them the rows, at each scroll. */
  const rowOf = (target: EventTarget): { readonly index: number; readonly element: HTMLElement } | undefined => {
    const element = target instanceof Element ? target.closest<HTMLElement>('[data-index]') : null;
    return element ? { index: Number(element.dataset['index']), element } : undefined;
  };

  const onClick = (event: MouseEvent<HTMLElement>): void => {
    const row = rowOf(event.target);
    const item = row && items[row.index];
    if (!row || item === undefined || (event.target instanceof Element && event.target.closest(INTERACTIVE))) return;
    activate(row.index);
    // Who marks text wants to copy it.
    if (window.getSelection()?.isCollapsed !== false) onOpen?.(item);
  };

  const onContextMenu = (event: MouseEvent<HTMLElement>): void => {
    const row = rowOf(event.target);
    const item = row && items[row.index];
    if (!onMenu || !row || item === undefined) return;
    event.preventDefault();
    activate(row.index);
    onMenu(item, row.element);
  };

  const renderRow = ({ index, key, start }: VirtualItem): ReactNode => {
    const item = items[index];
    if (item === undefined) return null;
    return (
      <Row
        key={key}
        item={item}
        index={index}
        place={(props.firstIndex ?? 0) + index + (header === undefined ? 1 : 2)}
        start={start}
        height={props.isMeasured ? undefined : rowPx}
        measure={props.isMeasured ? virtual.measureElement : undefined}
        tone={props.toneOf?.(item)}
        isActive={index === active}
        isSelected={props.isSelected?.(item)}
        className={`virtual-row ${onOpen ? 'is-openable' : ''} ${props.rowClass}`}
        renderCells={props.renderCells}
      />
    );
  };

  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- its rows take the focus */}
      <div
        ref={scroller}
        role="grid"
        aria-label={props.label}
        aria-rowcount={(props.totalCount ?? items.length) + (header === undefined ? 0 : 1)}
        aria-colcount={props.columnCount}
        aria-multiselectable={onSelect ? true : undefined}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onContextMenu={onContextMenu}
        onFocus={(event) => {
          hasFocus.current = true;
          const row = rowOf(event.target);
          if (row) activate(row.index);
        }}
        onBlur={(event) => {
          // A row that is taken away blurs without saying where the focus goes.
          if (event.relatedTarget !== null || document.hasFocus())
            hasFocus.current = event.currentTarget.contains(event.relatedTarget);
        }}
        className="min-h-0 flex-1 overflow-auto overscroll-contain"
        style={props.style}
      >
        <div role="presentation" className="relative w-max min-w-full" style={{ height: total }}>
          {header}
          <div role="rowgroup">{shown.map(renderRow)}</div>
        </div>
      </div>
      {items.length === 0 && props.empty !== undefined && (
        <div className="absolute inset-0 flex items-center justify-center overflow-auto">{props.empty}</div>
      )}
      {follow === false && onFollowChange && (
        <NewRows count={items.length} keyAt={keyAt} onFollow={() => onFollowChange(true)} />
      )}
    </div>
  );
}

/** Drawn anew only where something of the row is another: while one scrolls, those that stay in view are not. */
function Row<T>({
  item,
  index,
  place,
  start,
  height,
  measure,
  tone,
  isActive,
  isSelected,
  className,
  renderCells,
}: {
  readonly item: T;
  readonly index: number;
  /** Among all rows, the header with them, from 1. */
  readonly place: number;
  /** CSS pixels from the start of the list, and the row's own; undefined for one that is as high as what is in it. */
  readonly start: number;
  readonly height: number | undefined;
  readonly measure: ((element: HTMLElement | null) => void) | undefined;
  readonly tone: 'bad' | 'warn' | undefined;
  readonly isActive: boolean;
  readonly isSelected: boolean | undefined;
  readonly className: string;
  readonly renderCells: (item: T, isActive: boolean) => ReactNode;
}): ReactNode {
  const cells = useMemo(() => renderCells(item, isActive), [item, isActive, renderCells]);
  return useMemo(
    () => (
      <div
        role="row"
        data-index={index}
        data-tone={tone}
        ref={measure}
        aria-rowindex={place}
        aria-selected={isSelected}
        tabIndex={isActive ? 0 : -1}
        className={className}
        style={{ top: start, ...(height !== undefined && { height }) }}
      >
        {cells}
      </div>
    ),
    [index, place, start, height, measure, tone, isActive, isSelected, className, cells],
  );
}

/** Counts what came since the list stopped following; mounted when it does. */
function NewRows({
  count,
  keyAt,
  onFollow,
}: {
  readonly count: number;
  readonly keyAt: (index: number) => RowKey;
  readonly onFollow: () => void;
}) {
  const [lastSeen] = useState(() => (count === 0 ? undefined : keyAt(count - 1)));
  const fresh = useMemo(
    () => (lastSeen === undefined ? count : rowsAfter(lastSeen, count, keyAt)),
    [lastSeen, count, keyAt],
  );
  if (fresh === 0) return null;
  return (
    <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
      <button
        type="button"
        onClick={onFollow}
        className={`${buttonClass('secondary', 'sm')} pointer-events-auto animate-enter rounded-full shadow-overlay`}
      >
        <ArrowDown aria-hidden size={13} />
        {strings.components.jumpToEnd(formatCount(fresh))}
      </button>
    </div>
  );
}
