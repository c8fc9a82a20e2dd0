import type { ReactNode } from 'react';

/** A box that scrolls by itself and that the keyboard can therefore reach. */
export function ScrollArea({
  label,
  className,
  children,
}: {
  readonly label: string;
  readonly className: string;
  readonly children: ReactNode;
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- without it a keyboard could not scroll the box
    <div tabIndex={0} role="group" aria-label={label} className={`overflow-auto ${className}`}>
      {children}
    </div>
  );
}
