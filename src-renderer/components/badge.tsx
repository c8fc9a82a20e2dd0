import type { LucideIcon } from 'lucide-react';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Tone } from './notice.tsx';
import { TONE_BOX, TONE_TEXT } from './notice.tsx';

/** A state in a word, with its icon: never by colour alone. */
export function Badge({
  tone,
  icon: Icon,
  isSpinning = false,
  children,
}: {
  readonly tone: Tone;
  readonly icon?: LucideIcon;
  readonly isSpinning?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <span
      className={`inline-flex h-5 items-center gap-1 rounded-full px-2 text-xs font-medium whitespace-nowrap ${TONE_BOX[tone]} ${TONE_TEXT[tone]}`}
    >
      {Icon && <Icon aria-hidden size={12} strokeWidth={2.25} className={isSpinning ? 'animate-spin' : ''} />}
      {children}
    </span>
  );
}

/** One fact or filter, such as `model: resnet`; with `onRemove` it can be taken away. */
export function Chip({
  children,
  onRemove,
  removeLabel,
}: {
  readonly children: ReactNode;
  readonly onRemove?: () => void;
  /** Name of the button that removes it. */
  readonly removeLabel?: string;
}) {
  return (
    <span className="inline-flex h-5 max-w-full items-center gap-1 rounded-sm border border-line bg-surface px-1.5 text-xs text-muted">
      <span className="truncate">{children}</span>
      {onRemove && (
        <button
          type="button"
          aria-label={removeLabel}
          title={removeLabel}
          onClick={onRemove}
          className="-me-1 flex size-4 items-center justify-center rounded-sm hover:bg-hover hover:text-ink"
        >
          <X aria-hidden size={11} />
        </button>
      )}
    </span>
  );
}
