import type { RefObject } from 'react';
import { useEffect, useLayoutEffect, useRef } from 'react';
import type { SendState } from '../../stores/play-store.ts';

/** So much of the answer says what came of the request, in CSS pixels. */
const HEAD_PX = 80;

/**
 * Where there is no room beside the request, its answer is below it and out of sight: the begin of it is scrolled to when it
 * comes. One that was there when the screen was opened stays where it is, as does the screen of who works on meanwhile.
 * @param isRepeating whether the request is sent many times; that is told above the answer.
 * @returns for the part of the screen that has the answer.
 */
export function useAnswerInView(send: SendState | undefined, isRepeating: boolean): RefObject<HTMLElement | null> {
  const part = useRef<HTMLElement>(null);
  const shown = useRef({ send, isRepeating });
  const worksOn = useRef(false);
  const isAwaited = isUnderWay(send);
  useLayoutEffect(() => {
    const before = shown.current;
    shown.current = { send, isRepeating };
    const hasCome = send !== before.send && send !== undefined && !isUnderWay(send) && !worksOn.current;
    const element = part.current;
    if (!element?.parentElement || !(hasCome || (isRepeating && !before.isRepeating))) return;
    const view = element.parentElement.getBoundingClientRect();
    const { top } = element.getBoundingClientRect();
    if (top > view.bottom - HEAD_PX) element.scrollIntoView({ block: 'nearest' });
    else if (top < view.top) element.scrollIntoView({ block: 'start' });
  }, [send, isRepeating]);
  useEffect(() => {
    const screen = part.current?.parentElement;
    if (!isAwaited || !screen) return undefined;
    const listening = new AbortController();
    for (const kind of ['pointerdown', 'wheel', 'keydown'] as const) {
      const onInput = (event: Event): void => {
        // Keys that are held down were pressed to send.
        if (!(event instanceof KeyboardEvent && event.repeat)) worksOn.current = true;
      };
      screen.addEventListener(kind, onInput, { signal: listening.signal, passive: true });
    }
    return () => {
      listening.abort();
      worksOn.current = false;
    };
  }, [isAwaited]);
  return part;
}

const isUnderWay = (send: SendState | undefined): boolean => send?.phase === 'sending' || send?.phase === 'waiting';
