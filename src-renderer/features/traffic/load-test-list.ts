import type { LoadTestReport } from '#contracts/ui-traffic.ts';
import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';
import type { Commands } from '../../stores/commands.ts';
import { errorText } from '../../stores/commands.ts';

export interface LoadTestListState {
  /** Newest first. */
  readonly reports: readonly LoadTestReport[];
  /** Why the last look failed; undefined after one that did not. */
  readonly problem: string | undefined;
}

/** The reports of load tests. One question at a time: an answer that is slow to come is waited for, not asked for again. */
export interface LoadTestList {
  readonly store: StoreApi<LoadTestListState>;
  /** Reads all of them. */
  reload(): void;
  /** Reads all where the states of tests are others, and that of the test that runs where its progress is another. */
  told(states: string, progress: string): void;
  close(): void;
}

export function createLoadTestList(commands: Commands): LoadTestList {
  const store = createStore<LoadTestListState>(() => ({ reports: [], problem: undefined }));
  const closed = new AbortController();
  /** What is still to be asked. */
  let wanted: 'nothing' | 'running' | 'all' = 'nothing';
  let known: { readonly states: string; readonly progress: string } | undefined;
  let asking = false;

  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    while (wanted !== 'nothing' && !closed.signal.aborted) {
      const running = store.getState().reports.find(({ state }) => state === 'running');
      const all = wanted === 'all';
      wanted = 'nothing';
      try {
        if (all) {
          const { reports } = await commands.run('listLoadTests', {}, closed.signal);
          store.setState({ reports, problem: undefined });
        } else if (running) {
          const report = await commands.run('loadTestResult', { id: running.id }, closed.signal);
          store.setState(({ reports }) => ({
            reports: reports.map((each) => (each.id === report.id ? report : each)),
            problem: undefined,
          }));
        }
      } catch (error) {
        if (!closed.signal.aborted) store.setState({ problem: errorText(error) });
      }
    }
    asking = false;
  };

  return {
    store,
    reload() {
      wanted = 'all';
      void ask();
    },
    told(states, progress) {
      if (states !== known?.states) wanted = 'all';
      else if (progress !== known.progress && wanted === 'nothing') wanted = 'running';
      known = { states, progress };
      void ask();
    },
    close: () => closed.abort(),
  };
}
