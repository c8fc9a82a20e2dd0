import type { ServableName, ServableVersion } from '#contracts/ids.ts';
import type { VersionView } from '#contracts/ui.ts';
import { errorText } from '../../stores/commands.ts';
import { useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

const words = strings.models;

/** What the button says that loads a version again, by the state it is offered in. */
export const RETRY_LABEL = { retrying: words.retry.now, failed: words.retry.again, held: words.byHand.load } as const;

/**
 * Loads a version again that waits for a retry, failed, or was unloaded by hand (`held`); says so in a toast where the
 * server refuses.
 */
export function useRetry(): (name: ServableName, version: ServableVersion, held?: VersionView['held']) => void {
  const { commands, toasts } = useServices();
  return (name, version, held) => {
    commands.run(held === undefined ? 'retryVersion' : 'loadVersion', { name, version }).catch((error: unknown) => {
      toasts.getState().show({ tone: 'bad', message: words.failed(`${name} v${version}`, errorText(error)) });
    });
  };
}
