import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

export type Tone = 'ok' | 'busy' | 'warn' | 'bad' | 'idle';

/** The colour of its words and icon. */
export const TONE_TEXT: Readonly<Record<Tone, string>> = {
  ok: 'text-ok',
  busy: 'text-busy',
  warn: 'text-warn',
  bad: 'text-bad',
  idle: 'text-idle',
};

/** The background of a message of this tone. */
export const TONE_BOX: Readonly<Record<Tone, string>> = {
  ok: 'bg-ok-soft',
  busy: 'bg-busy-soft',
  warn: 'bg-warn-soft',
  bad: 'bg-bad-soft',
  idle: 'bg-idle-soft',
};

/** A message in place: icon, words, and what can be done about it. */
export function Notice({
  tone,
  icon: Icon,
  title,
  children,
  actions,
}: {
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly title?: ReactNode;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}) {
  return (
    <div className={`flex flex-wrap items-start gap-x-2.5 gap-y-2 rounded-md px-3 py-2 ${TONE_BOX[tone]}`}>
      <Icon aria-hidden size={15} className={`mt-0.5 shrink-0 ${TONE_TEXT[tone]}`} />
      <div className="min-w-48 flex-1 text-sm break-words">
        {title !== undefined && <p className={`font-medium ${TONE_TEXT[tone]}`}>{title}</p>}
        {children}
      </div>
      {actions}
    </div>
  );
}

/** Fills a pane that has nothing to show: what it is for, and the one thing to do now. */
export function EmptyState({
  icon: Icon,
  title,
  children,
  actions,
  hint,
}: {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
  /** Small print below the actions. */
  readonly hint?: ReactNode;
}) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center px-6 py-16 text-center">
      <span className="mb-4 flex size-11 items-center justify-center rounded-lg border border-line bg-surface text-muted shadow-raised">
        <Icon aria-hidden size={20} strokeWidth={1.75} />
      </span>
      <h2 className="text-md font-semibold">{title}</h2>
      <div className="mt-1.5 text-sm text-muted">{children}</div>
      {Boolean(actions) && <div className="mt-5 flex flex-wrap justify-center gap-2">{actions}</div>}
      {hint !== undefined && <p className="mt-5 text-xs text-faint">{hint}</p>}
    </div>
  );
}
