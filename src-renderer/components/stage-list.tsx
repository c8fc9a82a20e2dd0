import type { LucideIcon } from 'lucide-react';
import { Circle, CircleCheck, CircleMinus, CircleX, LoaderCircle } from 'lucide-react';
import type { ReactNode } from 'react';
import { strings } from '../strings/index.ts';
import type { Tone } from './notice.tsx';
import { TONE_TEXT } from './notice.tsx';

export type StageState = 'pending' | 'running' | 'ok' | 'failed' | 'skipped';

export interface Stage {
  readonly key: string;
  readonly label: string;
  readonly state: StageState;
  /** What came of it in a word or two, such as `2 ms`. */
  readonly note?: string | undefined;
  /** Below the line: why it failed, and what to do. */
  readonly detail?: ReactNode;
}

const LOOK: Readonly<Record<StageState, { readonly icon: LucideIcon; readonly tone: Tone }>> = {
  pending: { icon: Circle, tone: 'idle' },
  running: { icon: LoaderCircle, tone: 'busy' },
  ok: { icon: CircleCheck, tone: 'ok' },
  failed: { icon: CircleX, tone: 'bad' },
  skipped: { icon: CircleMinus, tone: 'idle' },
};

/** Steps that are done one after the other and tick as they are; each change is read out. */
export function StageList({ label, stages }: { readonly label: string; readonly stages: readonly Stage[] }) {
  return (
    <ol aria-label={label} aria-live="polite" className="flex flex-col">
      {stages.map(({ key, label: text, state, note, detail }) => {
        const { icon: Icon, tone } = LOOK[state];
        const word = strings.components.stages[state];
        return (
          <li key={key} data-state={state} className="flex flex-col py-1">
            <div className="flex items-center gap-2.5 text-sm">
              <Icon
                aria-hidden
                size={15}
                className={`shrink-0 ${TONE_TEXT[tone]} ${state === 'running' ? 'animate-spin' : ''} ${state === 'pending' ? 'opacity-50' : ''}`}
              />
              <span className={state === 'pending' || state === 'skipped' ? 'text-muted' : ''}>{text}</span>
              <span className={`text-xs ${state === 'failed' ? 'font-medium text-bad' : 'text-faint'}`}>
                {note === undefined ? (
                  word
                ) : (
                  <>
                    <span className="sr-only">{word}: </span>
                    {note}
                  </>
                )}
              </span>
            </div>
            {detail !== undefined && <div className="ps-6.5 pt-1 text-sm">{detail}</div>}
          </li>
        );
      })}
    </ol>
  );
}
