import type { ReactNode, RefObject } from 'react';
import { useRef, useState } from 'react';
import type { PopoverProps } from 'react-aria-components';
import { Popover as AriaPopover, Dialog } from 'react-aria-components';
import type { ButtonVariant } from './button.tsx';
import { buttonClass } from './button.tsx';
import { focusOnOpen } from './focus-on-open.ts';

/** A small dialog that hangs on an element. Closes with Escape or a click elsewhere and gives the focus back. */
function Popover({
  label,
  anchor,
  isOpen,
  onClose,
  placement = 'bottom start',
  children,
}: {
  readonly label: string;
  readonly anchor: RefObject<HTMLElement | null>;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly placement?: PopoverProps['placement'];
  readonly children: ReactNode;
}) {
  return (
    <AriaPopover
      triggerRef={anchor}
      isOpen={isOpen}
      placement={placement}
      offset={4}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      className="popover max-w-[calc(100vw-1rem)] animate-enter overflow-auto rounded-lg border border-line bg-raised shadow-overlay"
    >
      <Dialog ref={focusOnOpen} aria-label={label} className="rounded-lg -outline-offset-2">
        {children}
      </Dialog>
    </AriaPopover>
  );
}

/** A button that opens a {@link Popover}. The content gets the way to close it. */
export function PopoverButton({
  label,
  renderContent,
  placement,
  variant = 'secondary',
  size = 'md',
  className,
  children,
}: {
  /** Name of the popover. */
  readonly label: string;
  readonly renderContent: (close: () => void) => ReactNode;
  readonly placement?: PopoverProps['placement'];
  readonly variant?: ButtonVariant;
  readonly size?: 'sm' | 'md';
  /** Instead of the look of a button. */
  readonly className?: string;
  /** Of the button. */
  readonly children: ReactNode;
}) {
  const anchor = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  return (
    <>
      <button
        ref={anchor}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className={className ?? buttonClass(variant, size)}
      >
        {children}
      </button>
      <Popover
        label={label}
        anchor={anchor}
        isOpen={isOpen}
        onClose={close}
        {...(placement === undefined ? {} : { placement })}
      >
        {renderContent(close)}
      </Popover>
    </>
  );
}
