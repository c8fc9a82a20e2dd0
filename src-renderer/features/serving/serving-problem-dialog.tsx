import { useEffect, useState } from 'react';
import type { ServingProblem } from '#contracts/ui-serving.ts';
import { Dialog } from '../../components/dialog.tsx';
import { useApp, useServer } from '../../stores/services.tsx';
import { problemTitle, useServingProblem } from './serving-problem.tsx';

/**
 * Opens by itself when serving failed to start, once for each failure, and closes when it runs. Afterwards the status bar
 * has the same. While a way out is tried it stays, so that it can say how that went.
 */
export function ServingProblemDialog() {
  const serving = useServer((state) => state.server?.serving);
  const instanceId = useServer((state) => state.server?.instanceId);
  const isLive = useServer((state) => state.connection.phase === 'live');
  const seen = useApp((state) => state.seenFailure);
  const saw = useApp((state) => state.sawFailure);
  const [shown, setShown] = useState<{ readonly key: string; readonly problem: ServingProblem }>();

  const state = serving?.state;
  const problem = state === 'failed' ? serving?.problem : undefined;
  const key = `${instanceId ?? ''} ${serving?.sinceMs ?? 0}`;
  if (problem && isLive && key !== seen && key !== shown?.key) setShown({ key, problem });
  if (shown && (state === 'running' || state === 'stopped' || state === 'draining')) setShown(undefined);
  const shownKey = shown?.key;
  useEffect(() => {
    if (shownKey !== undefined) saw(shownKey);
  }, [shownKey, saw]);

  return shown && <ProblemDialog problem={shown.problem} onClose={() => setShown(undefined)} />;
}

function ProblemDialog({ problem, onClose }: { readonly problem: ServingProblem; readonly onClose: () => void }) {
  const { text, actions } = useServingProblem(problem, onClose);
  return (
    <Dialog title={problemTitle(problem)} isOpen onClose={onClose} footer={actions}>
      <div className="overflow-y-auto px-4 py-3">{text}</div>
    </Dialog>
  );
}
