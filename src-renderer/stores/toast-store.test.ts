import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createToastStore } from './toast-store.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('createToastStore', () => {
  const shown = () => {
    const store = createToastStore();
    const [run, onExpire] = [vi.fn<() => void>(), vi.fn<() => void>()];
    store
      .getState()
      .show({ tone: 'neutral', message: 'Removed', durationMs: 8000, action: { label: 'Undo', run }, onExpire });
    return { store, run, onExpire };
  };

  it('expires once, by time', () => {
    const { store, onExpire } = shown();
    vi.advanceTimersByTime(7999);
    expect(onExpire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    vi.advanceTimersByTime(60_000);
    expect(onExpire).toHaveBeenCalledOnce();
    expect(store.getState().toasts).toEqual([]);
  });

  it('does not expire after its action', () => {
    const { store, run, onExpire } = shown();
    store.getState().finish(1, 'act');
    vi.advanceTimersByTime(60_000);
    expect(run).toHaveBeenCalledOnce();
    expect(onExpire).not.toHaveBeenCalled();
  });

  it('stops its clock while paused and gives back what was left', () => {
    const { store, onExpire } = shown();
    vi.advanceTimersByTime(5000);
    store.getState().setPaused(true);
    vi.advanceTimersByTime(60_000);
    store.getState().setPaused(false);
    vi.advanceTimersByTime(2999);
    expect(onExpire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onExpire).toHaveBeenCalledOnce();
  });

  it('does what is due when the page is left', () => {
    const { store, onExpire } = shown();
    store.getState().finishAll();
    expect(onExpire).toHaveBeenCalledOnce();
  });
});
