import type { RecordedRequest } from '#contracts/ui-traffic.ts';
import { openDraft } from '../../stores/open-draft.ts';
import type { Services } from '../../stores/services.tsx';
import { replayOf } from './replay.ts';

/**
 * Opens a recorded request as a new draft of the Playground.
 * @returns where to go to see it; undefined where it cannot be sent again, which the open request says why.
 */
export function replayRequest(
  services: Pick<Services, 'play' | 'toasts' | 'server'>,
  request: RecordedRequest,
): string | undefined {
  const { model, version } = request;
  const replay = replayOf(request, model in services.server.getState().models);
  if (!replay.ok) return undefined;
  openDraft(services, model, replay.body);
  const query = new URLSearchParams({ model, ...(version !== undefined && { version }) });
  return `/play?${query.toString()}`;
}
