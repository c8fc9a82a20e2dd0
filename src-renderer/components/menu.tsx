import type { LucideIcon } from 'lucide-react';
import type { RefObject } from 'react';
import { useEffect } from 'react';
import { useMoves } from './use-moves.ts';
import { Menu as AriaMenu, MenuItem, Popover, Text } from 'react-aria-components';
import { focusOnOpen } from './focus-on-open.ts';

export interface MenuAction {
  readonly id: string;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly run: () => void;
  readonly disabled?: boolean;
  /** A second line, such as why the action is not possible. */
  readonly note?: string | undefined;
}

/** A menu that hangs on any element. One is enough for a whole list: it opens at the row that asked for it. */
export function ActionMenu({
  label,
  anchor,
  actions,
  onClose,
}: {
  readonly label: string;
  readonly anchor: RefObject<HTMLElement | null>;
  readonly actions: readonly MenuAction[];
  readonly onClose: () => void;
}) {
  const moves = useMoves(anchor, onClose);
  useFocusOfList(anchor);
  return (
    <Popover
      isOpen
      // It has no arrow: all that this does is to have its place found again.
      arrowBoundaryOffset={moves % 2}
      triggerRef={anchor}
      placement="bottom end"
      offset={4}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      className="popover min-w-52 animate-enter overflow-auto rounded-lg border border-line bg-raised p-1 shadow-overlay"
    >
      <AriaMenu
        ref={focusOnOpen}
        aria-label={label}
        autoFocus="first"
        onClose={onClose}
        className="rounded-md -outline-offset-2"
      >
        {actions.map(({ id, label: text, icon: Icon, run, disabled = false, note }) => (
          <MenuItem
            key={id}
            id={id}
            textValue={text}
            isDisabled={disabled}
            onAction={run}
            className="grid grid-cols-[auto_1fr] items-center gap-x-2.5 rounded-md px-2 py-1.5 text-sm -outline-offset-2 focus:bg-hover data-disabled:text-faint data-disabled:[&>svg]:opacity-50"
          >
            <Icon aria-hidden size={14} className="text-muted" />
            <Text slot="label">{text}</Text>
            {note !== undefined && (
              <Text slot="description" className="col-start-2 max-w-56 text-xs text-faint">
                {note}
              </Text>
            )}
          </MenuItem>
        ))}
      </AriaMenu>
    </Popover>
  );
}

/** What an entry took away, such as the row that the menu hung on, cannot get the focus back: its list gets it. */
function useFocusOfList(anchor: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const list = anchor.current?.closest('[role=grid]');
    return () => {
      // The popover gives the focus back in the next frame, if there is something to give it to.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (document.activeElement === document.body)
            list?.querySelector<HTMLElement>('[role=row][tabindex="0"]')?.focus();
        }),
      );
    };
  }, [anchor]);
}
