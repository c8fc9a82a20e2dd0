import { ServingControl } from './serving-control.tsx';
import { Notice } from '../../components/notice.tsx';
import { fullStop, sentence } from '../../format/sentence.ts';
import { useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { SERVING_LOOK } from './serving-look.ts';
import { servingText, useDrainProgress } from './use-serving.ts';

const words = strings.serving;

/** Says on a screen that is about calls why there can be none now, with the way to start. Nothing while there can be. */
export function NotServing({ className = '' }: { readonly className?: string }) {
  const serving = useServer((state) => state.server?.serving);
  const live = useServer((state) => state.connection.phase === 'live');
  const drain = useDrainProgress();
  if (!serving || !live || serving.state === 'running') return null;
  const { state, problem } = serving;
  const { icon, tone } = SERVING_LOOK[state];
  const { title, text } = words.notServing[state];
  return (
    <div role="status" className={className}>
      <Notice
        tone={tone}
        icon={icon}
        title={title}
        actions={(state === 'stopped' || state === 'failed') && <ServingControl />}
      >
        <p className="text-xs text-muted">
          {state === 'draining'
            ? servingText(serving, drain)
            : state === 'failed' && problem
              ? fullStop(sentence(problem.message))
              : text}
        </p>
      </Notice>
    </div>
  );
}
