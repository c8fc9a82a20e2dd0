import type { LucideIcon } from 'lucide-react';
import type { ComponentProps, FocusEvent, KeyboardEvent, MouseEvent, ReactNode } from 'react';
import { useState } from 'react';

export type ButtonVariant = 'primary' | 'secondary' | 'ghost' | 'danger';

const BASE =
  'inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors disabled:opacity-50 aria-disabled:opacity-50';
const SIZES = { sm: 'h-control-sm px-2 text-xs', md: 'h-control px-3 text-sm' } as const;
const VARIANTS: Readonly<Record<ButtonVariant, string>> = {
  primary: 'bg-accent-fill text-on-accent forced-colors:border enabled:not-aria-disabled:hover:bg-accent-fill-hover',
  secondary: 'border border-line-strong bg-surface text-ink enabled:not-aria-disabled:hover:bg-hover',
  ghost: 'text-muted enabled:not-aria-disabled:hover:bg-hover enabled:not-aria-disabled:hover:text-ink',
  /** What cannot be undone. */
  danger: 'bg-bad-fill text-on-accent forced-colors:border enabled:not-aria-disabled:hover:bg-bad-fill-hover',
};

/** The classes of a button, for links and library components that look like one. */
export const buttonClass = (variant: ButtonVariant = 'secondary', size: keyof typeof SIZES = 'md'): string =>
  `${BASE} ${SIZES[size]} ${VARIANTS[variant]}`;

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'className' | 'type'> {
  readonly variant?: ButtonVariant;
  readonly size?: keyof typeof SIZES;
  readonly icon?: LucideIcon;
  readonly submit?: boolean;
  readonly children: ReactNode;
}

/**
 * Switches a button off so that it keeps the focus that it has, as when a press starts what it waits for: a browser takes
 * the focus from what is disabled, and the keyboard would be nowhere. One press of Enter is one click.
 */
function useSwitchedOff({
  disabled = false,
  onFocus,
  onBlur,
  onClick,
  onKeyDown,
}: Pick<ComponentProps<'button'>, 'disabled' | 'onFocus' | 'onBlur' | 'onClick' | 'onKeyDown'>) {
  const [hasFocus, setHasFocus] = useState(false);
  return {
    disabled: disabled && !hasFocus,
    'aria-disabled': disabled && hasFocus ? true : undefined,
    onFocus: (event: FocusEvent<HTMLButtonElement>): void => {
      setHasFocus(true);
      onFocus?.(event);
    },
    onBlur: (event: FocusEvent<HTMLButtonElement>): void => {
      setHasFocus(false);
      onBlur?.(event);
    },
    onClick: (event: MouseEvent<HTMLButtonElement>): void => {
      // Nor does it send the form that it is in.
      if (disabled) event.preventDefault();
      else onClick?.(event);
    },
    onKeyDown: (event: KeyboardEvent<HTMLButtonElement>): void => {
      // Whoever holds the key that opened a dialog has not answered it.
      if (event.repeat && event.key === 'Enter') event.preventDefault();
      onKeyDown?.(event);
    },
  } as const;
}

/** A plain HTML button: a list may hold thousands of them. Switched off while it has the focus, it keeps it. */
export function Button({
  variant = 'secondary',
  size = 'md',
  icon: Icon,
  submit = false,
  children,
  ...rest
}: ButtonProps) {
  const switched = useSwitchedOff(rest);
  return (
    <button {...rest} {...switched} type={submit ? 'submit' : 'button'} className={buttonClass(variant, size)}>
      {Icon && <Icon aria-hidden size={size === 'sm' ? 13 : 15} strokeWidth={2} />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<
  ComponentProps<'button'>,
  'className' | 'type' | 'aria-label' | 'children'
> {
  /** Read by screen readers and shown on hover. */
  readonly label: string;
  readonly icon: LucideIcon;
}

/** A button that is only an icon; it always has a name. */
export function IconButton({ label, icon: Icon, ...rest }: IconButtonProps) {
  const switched = useSwitchedOff(rest);
  return (
    <button
      title={label}
      {...rest}
      {...switched}
      type="button"
      aria-label={label}
      className="inline-flex size-control-icon shrink-0 items-center justify-center rounded-md text-muted transition-colors enabled:not-aria-disabled:hover:bg-hover enabled:not-aria-disabled:hover:text-ink disabled:opacity-40 aria-disabled:opacity-40 aria-pressed:bg-active aria-pressed:text-ink"
    >
      <Icon aria-hidden size={15} strokeWidth={2} />
    </button>
  );
}
