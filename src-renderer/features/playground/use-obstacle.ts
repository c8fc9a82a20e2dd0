import type { VersionView } from '#contracts/ui.ts';
import { formatCountdown } from '../../format/time.ts';
import { useServer, useTimeText } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { retryText, STATUS_LOOK, versionStatus } from '../models/version-status.ts';
import { isComing } from './await-version.ts';

const words = strings.playground.obstacle;

/** Why Send does not work now. */
export interface Obstacle {
  /** `serving`: the endpoints are closed. `coming`: the version is on its way, so that waiting for it makes sense. */
  readonly kind: 'disconnected' | 'stopping' | 'serving' | 'coming' | 'version' | 'cells';
  readonly text: string;
  /** Whether the endpoints can be opened now. */
  readonly canStart: boolean;
}

/** What keeps a request from being sent; undefined where nothing does. Ticks while a version waits for a retry. */
export function useObstacle(
  target: VersionView | undefined,
  versionText: string,
  invalidCells: number,
): Obstacle | undefined {
  const live = useServer((state) => state.connection.phase === 'live');
  const stopping = useServer((state) => state.server?.isQuitting === true);
  const serving = useServer((state) => state.server?.serving.state ?? 'running');
  const problem = useServer((state) => state.server?.serving.problem?.message);
  const retryIn = useTimeText((now) =>
    target?.retryAtMs === undefined ? '' : formatCountdown(target.retryAtMs - now),
  );
  const because = (kind: Obstacle['kind'], text: string): Obstacle => ({
    kind,
    text,
    canStart: kind === 'serving' && (serving === 'stopped' || serving === 'failed'),
  });

  if (!live) return because('disconnected', words.disconnected);
  if (stopping) return because('stopping', words.stopping);
  if (target && target.phase !== 'available') {
    const retry = retryIn === '' ? '' : words.retry(retryText(target), retryIn);
    const text = words.version(target.version, STATUS_LOOK[versionStatus(target)].word.toLowerCase(), retry);
    return because(isComing(target) ? 'coming' : 'version', text);
  }
  if (!target) return because('version', versionText === '' ? words.noVersion : words.unknownVersion(versionText));
  if (serving !== 'running') return because('serving', words.serving[serving](problem));
  if (invalidCells > 0) return because('cells', words.cells(invalidCells));
  return undefined;
}
