import type { StatusLook } from './version-status.ts';
import { TONE_TEXT } from '../../components/notice.tsx';

/** Icon, word and colour of a state; never colour alone. */
export function StatusBadge({ look }: { readonly look: StatusLook }) {
  const Icon = look.icon;
  return (
    <span className={`inline-flex items-baseline gap-1.5 whitespace-nowrap font-medium ${TONE_TEXT[look.tone]}`}>
      <Icon
        aria-hidden
        size={14}
        strokeWidth={2.25}
        className={`shrink-0 self-center ${look.spins ? 'animate-spin' : ''}`}
      />
      {look.word}
    </span>
  );
}
