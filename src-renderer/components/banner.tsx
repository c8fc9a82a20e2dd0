import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Tone } from './notice.tsx';
import { TONE_BOX, TONE_TEXT } from './notice.tsx';

/** A line across the whole screen for as long as something holds: it cannot be dismissed, only ended. */
export function Banner({
  tone,
  icon: Icon,
  title,
  isSpinning = false,
  isUrgent = false,
  children,
  actions,
}: {
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly title: string;
  readonly isSpinning?: boolean;
  /** Read out at once, whatever else is being read. */
  readonly isUrgent?: boolean;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}) {
  return (
    <div
      className={`flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-5 py-1.5 text-sm ${TONE_BOX[tone]}`}
    >
      <Icon aria-hidden size={15} className={`shrink-0 ${TONE_TEXT[tone]} ${isSpinning ? 'animate-spin' : ''}`} />
      <p role={isUrgent ? 'alert' : 'status'} className={`font-medium ${TONE_TEXT[tone]}`}>
        {title}
      </p>
      {children !== undefined && <div className="min-w-0 text-ink">{children}</div>}
      {actions !== undefined && <div className="ms-auto flex items-center gap-2">{actions}</div>}
    </div>
  );
}
