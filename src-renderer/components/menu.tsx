import type { LucideIcon } from 'lucide-react';
import type { RefObject } from 'react';
import { Menu as AriaMenu, MenuItem, Popover, Text } from 'react-aria-components';

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
  return (
    <Popover
      isOpen
      triggerRef={anchor}
      placement="bottom end"
      offset={4}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      className="popover min-w-52 animate-enter overflow-auto rounded-lg border border-line bg-raised p-1 shadow-overlay"
    >
      <AriaMenu aria-label={label} autoFocus="first" onClose={onClose} className="outline-none">
        {actions.map(({ id, label: text, icon: Icon, run, disabled = false, note }) => (
          <MenuItem
            key={id}
            id={id}
            textValue={text}
            isDisabled={disabled}
            onAction={run}
            className="grid grid-cols-[auto_1fr] items-center gap-x-2.5 rounded-md px-2 py-1.5 text-sm outline-none focus:bg-hover data-disabled:text-faint data-disabled:[&>svg]:opacity-50"
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
