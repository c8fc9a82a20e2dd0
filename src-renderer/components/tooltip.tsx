import type { ReactElement } from 'react';
import type { TooltipProps } from 'react-aria-components';
import { Tooltip as AriaTooltip, Focusable, TooltipTrigger } from 'react-aria-components';

/**
 * More about one control, on hover after a moment and on keyboard focus at once. Never the only place where something is
 * said, and never something to click. In lists of thousands a `title` does.
 */
export function Tooltip({
  text,
  placement = 'top',
  children,
}: {
  readonly text: string;
  readonly placement?: TooltipProps['placement'];
  /** One element that can have the focus. */
  readonly children: ReactElement<Record<string, unknown>, string>;
}) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      <Focusable>{children}</Focusable>
      <AriaTooltip
        placement={placement}
        offset={6}
        className="max-w-72 animate-enter rounded-md border border-line bg-raised px-2 py-1 text-xs text-ink shadow-overlay"
      >
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
