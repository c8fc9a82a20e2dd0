import type { RefObject } from 'react';
import { useEffect, useEffectEvent, useState } from 'react';

/**
 * How often the anchor has moved since: rows may come and go around it while the menu is open.
 * @param onGone called when the anchor itself is no longer there.
 */
export function useMoves(anchor: RefObject<HTMLElement | null>, onGone: () => void): number {
  const [moves, setMoves] = useState(0);
  const whenGone = useEffectEvent(onGone);
  useEffect(() => {
    let before = anchor.current?.getBoundingClientRect();
    const look = (): void => {
      const now = anchor.current?.getBoundingClientRect();
      if (anchor.current?.isConnected === false) whenGone();
      else if (now?.top !== before?.top || now?.left !== before?.left) setMoves((count) => count + 1);
      before = now;
      frame = requestAnimationFrame(look);
    };
    let frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [anchor]);
  return moves;
}
