import { CircleCheck, CircleX, LoaderCircle, Power, type LucideIcon } from 'lucide-react';
import type { ServingState } from '#contracts/ui-serving.ts';
import type { Tone } from '../../components/notice.tsx';

/** How each state of the switch looks; its words are in the catalogue. */
export const SERVING_LOOK: Readonly<
  Record<ServingState, { readonly icon: LucideIcon; readonly tone: Tone; readonly isSpinning: boolean }>
> = {
  stopped: { icon: Power, tone: 'idle', isSpinning: false },
  starting: { icon: LoaderCircle, tone: 'busy', isSpinning: true },
  running: { icon: CircleCheck, tone: 'ok', isSpinning: false },
  draining: { icon: LoaderCircle, tone: 'warn', isSpinning: true },
  failed: { icon: CircleX, tone: 'bad', isSpinning: false },
};
