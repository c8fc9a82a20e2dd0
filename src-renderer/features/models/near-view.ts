/** Tells once when an element comes near the visible part of the list it scrolls in. */
export interface NearView {
  /** @returns a function that ends the watch. */
  watch(element: Element, onNear: () => void): () => void;
}

/** How far outside of the visible part counts as near: about a page, so that scrolling rarely meets an empty row. */
const MARGIN = '900px 0px';

/** One observer for a whole list. */
export function createNearView(): NearView {
  const waiting = new Map<Element, () => void>();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) waiting.get(target)?.();
    },
    { scrollMargin: MARGIN },
  );
  return {
    watch(element, onNear) {
      waiting.set(element, onNear);
      observer.observe(element);
      return () => {
        waiting.delete(element);
        observer.unobserve(element);
      };
    },
  };
}
