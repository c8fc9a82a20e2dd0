import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';

export interface Toast {
  readonly id: number;
  readonly tone: 'neutral' | 'bad';
  readonly message: string;
  readonly durationMs: number;
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Called once when the toast ends without its action: by time, by being dismissed, or by {@link ToastState.finishAll}. */
  readonly onExpire?: () => void;
}

export interface ToastState {
  readonly toasts: readonly Toast[];
  show(toast: Omit<Toast, 'id' | 'durationMs'> & { readonly durationMs?: number }): void;
  /** Ends a toast; with `act` its action runs, else its `onExpire`. */
  finish(id: number, how: 'act' | 'expire'): void;
  /** Stops the clocks of all toasts while the pointer or the focus is on them. */
  setPaused(paused: boolean): void;
  /** Ends all at once, as when the page is left. */
  finishAll(): void;
}

export type ToastStore = StoreApi<ToastState>;

const DEFAULT_DURATION_MS = 6000;

/** Short messages that go by themselves. Each time out is real time: a pause gives back what was left. */
export function createToastStore(now: () => number = () => Date.now()): ToastStore {
  interface Clock {
    leftMs: number;
    startedAtMs: number;
    timer: ReturnType<typeof setTimeout> | undefined;
  }
  const clocks = new Map<number, Clock>();
  let nextId = 1;
  let paused = false;
  return createStore<ToastState>((set, get) => {
    const start = (id: number, clock: Clock): void => {
      clock.startedAtMs = now();
      clock.timer = setTimeout(() => get().finish(id, 'expire'), clock.leftMs);
    };
    return {
      toasts: [],
      show({ durationMs = DEFAULT_DURATION_MS, ...toast }) {
        const id = nextId++;
        set((state) => ({ toasts: [...state.toasts, { ...toast, durationMs, id }] }));
        const clock: Clock = { leftMs: durationMs, startedAtMs: now(), timer: undefined };
        clocks.set(id, clock);
        if (!paused) start(id, clock);
      },
      finish(id, how) {
        const toast = get().toasts.find((candidate) => candidate.id === id);
        if (!toast) return;
        clearTimeout(clocks.get(id)?.timer);
        clocks.delete(id);
        set((state) => ({ toasts: state.toasts.filter((candidate) => candidate.id !== id) }));
        // The focus and the pointer leave without an event when the last toast goes.
        if (get().toasts.length === 0) paused = false;
        if (how === 'act') toast.action?.run();
        else toast.onExpire?.();
      },
      setPaused(value) {
        if (value === paused) return;
        paused = value;
        for (const [id, clock] of clocks) {
          if (!value) start(id, clock);
          else {
            clearTimeout(clock.timer);
            clock.leftMs = Math.max(0, clock.leftMs - (now() - clock.startedAtMs));
          }
        }
      },
      finishAll() {
        for (const { id } of get().toasts) get().finish(id, 'expire');
      },
    };
  });
}
