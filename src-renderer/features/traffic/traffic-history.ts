import type { ServableName } from '#contracts/ids.ts';
import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';
import type { Commands } from '../../stores/commands.ts';
import { errorText } from '../../stores/commands.ts';
import type { TrafficWindow } from './use-traffic-view.ts';
import type { TrafficSteps } from './traffic-steps.ts';
import { addSteps, knownUntil, stepsOf } from './traffic-steps.ts';

const MINUTE_MS = 60_000;
/** As long as a step is that is wide enough to be seen. */
const STEP_MS: Readonly<Record<TrafficWindow, number>> = { '1': 1000, '5': 2000, '15': 5000 };

export interface TrafficHistoryState {
  /** Undefined until the first answer. */
  readonly steps: TrafficSteps | undefined;
  /** Why the last look failed; undefined after one that did not. */
  readonly problem: string | undefined;
}

/** The charts' numbers, of one model or of all. */
export interface TrafficHistoryReader {
  readonly store: StoreApi<TrafficHistoryState>;
  /** Begins anew where it is another. */
  setScope(scope: TrafficScope): void;
  /** Reads the steps that are new. */
  boardChanged(): void;
  close(): void;
}

export interface TrafficScope {
  readonly window: TrafficWindow;
  readonly model: ServableName | undefined;
}

export const windowMs = (window: TrafficWindow): number => Number(window) * MINUTE_MS;

/** @param now the server's time, in milliseconds since the Unix epoch. */
export function createTrafficHistory(commands: Commands, now: () => number): TrafficHistoryReader {
  const store = createStore<TrafficHistoryState>(() => ({ steps: undefined, problem: undefined }));
  const closed = new AbortController();
  let scope: TrafficScope | undefined;
  let reading = false;
  let isStale = false;

  const read = async (): Promise<void> => {
    if (!scope || closed.signal.aborted) return;
    isStale = true;
    if (reading) return;
    reading = true;
    while (isStale) {
      isStale = false;
      const { window, model } = scope;
      const mine: TrafficScope = scope;
      const fromMs = now() - windowMs(window);
      const { steps } = store.getState();
      const sinceMs = Math.max(0, Math.round(fromMs), steps ? knownUntil(steps) : 0);
      try {
        const history = await commands.run(
          'trafficHistory',
          { sinceMs, stepMs: STEP_MS[window], ...(model !== undefined && { model }) },
          closed.signal,
        );
        if (mine !== scope) isStale = true;
        else store.setState({ steps: addSteps(steps, stepsOf(history), fromMs), problem: undefined });
      } catch (error) {
        if (!closed.signal.aborted) store.setState({ problem: errorText(error) });
      }
    }
    reading = false;
  };

  return {
    store,
    setScope(next) {
      if (scope?.window === next.window && scope.model === next.model) return;
      scope = next;
      store.setState({ steps: undefined, problem: undefined });
      void read();
    },
    boardChanged: () => void read(),
    close: () => closed.abort(),
  };
}
