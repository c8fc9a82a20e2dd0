import type { VersionView } from '#contracts/ui.ts';
import { formatCountdown } from '../../format/time.ts';
import { useServer, useTimeText } from '../../stores/services.tsx';
import { retryText, STATUS_LOOK, versionStatus } from '../models/version-status.ts';

/** Why Send does not work now, in words; empty when it does. Ticks while it waits for a retry. */
export function useObstacle(target: VersionView | undefined, versionText: string, invalidCells: number): string {
  const live = useServer((state) => state.connection.phase === 'live');
  const stopping = useServer((state) => state.server?.isQuitting === true);
  return useTimeText((now) => {
    if (!live) return 'Disconnected. Your request is kept.';
    if (stopping) return 'Slipway is stopping. Your request is kept.';
    if (!target)
      return versionText === '' ? 'Waits for a first version.' : `Waits for v${versionText}, which is not there.`;
    if (target.phase !== 'available') {
      const retry =
        target.retryAtMs === undefined ? '' : `, ${retryText(target)} in ${formatCountdown(target.retryAtMs - now)}`;
      return `Waits for v${target.version}: ${STATUS_LOOK[versionStatus(target)].word.toLowerCase()}${retry}.`;
    }
    if (invalidCells > 0)
      return invalidCells === 1
        ? 'One field is not a valid value yet.'
        : `${invalidCells} fields are not valid values yet.`;
    return '';
  });
}
