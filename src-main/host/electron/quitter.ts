import type { Logger } from '../../contracts/logger.ts';

/** How the app ends. */
export interface Quitter {
  readonly isQuitting: boolean;
  /**
   * Stops the application, then ends the process. Asked again, only a shorter time counts.
   * @param withinMs ends the process after this time, whatever is still running; default: when the application is done.
   */
  quit(withinMs?: number): void;
  /** Ends the process at once; its workers end with it. */
  quitNow(): void;
}

export interface QuitterDeps {
  /** Finishes what is in flight and stops; resolved when there is nothing to stop. */
  readonly stop: () => Promise<void>;
  readonly exit: () => void;
  /** Called once, before the stop; never rejects. The process ends after it. */
  readonly onQuitting: () => Promise<void>;
  readonly log: Logger;
}

export function createQuitter({ stop, exit, onQuitting, log }: QuitterDeps): Quitter {
  let isQuitting = false;
  let hasExited = false;

  function exitOnce(): void {
    if (hasExited) return;
    hasExited = true;
    exit();
  }

  return {
    get isQuitting() {
      return isQuitting;
    },
    quit(withinMs) {
      if (withinMs !== undefined) setTimeout(exitOnce, withinMs);
      if (isQuitting) return;
      isQuitting = true;
      const prepared = onQuitting();
      void Promise.all([stop(), prepared])
        .catch((error: unknown) => log.error({ error }, 'stopping failed'))
        .finally(exitOnce);
    },
    quitNow() {
      isQuitting = true;
      log.warn({}, 'ended without waiting for running requests');
      exitOnce();
    },
  };
}
