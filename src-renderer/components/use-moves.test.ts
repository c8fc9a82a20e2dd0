import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useMoves } from './use-moves.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it('counts how often what a menu hangs on has moved, and tells when it is gone', () => {
  const anchor = document.createElement('button');
  document.body.append(anchor);
  let top = 10;
  vi.spyOn(anchor, 'getBoundingClientRect').mockImplementation(() => new DOMRect(0, top, 20, 20));
  const onGone = vi.fn<() => void>();
  const { result } = renderHook(() => useMoves({ current: anchor }, onGone));
  const frame = (): void =>
    act(() => {
      vi.advanceTimersToNextFrame();
    });
  frame();
  frame();
  expect(result.current).toBe(0);
  // A lane came in above it.
  top = 46;
  frame();
  frame();
  expect([result.current, onGone.mock.calls.length]).toEqual([1, 0]);
  anchor.remove();
  frame();
  expect(onGone).toHaveBeenCalled();
});
