import { elementScroll, type Virtualizer, type VirtualizerOptions } from '@tanstack/react-virtual';

/** Scrolls, and has the rows of the new place drawn in the same frame. */
export const scrollAndDraw: VirtualizerOptions<HTMLDivElement, Element>['scrollToFn'] = (offset, options, virtual) => {
  elementScroll(offset, options, virtual);
  drawWhereItIs(virtual);
};

/**
 * The browser tells of a scrolling in the next frame. Until then the rows of the old place would be there, of which none may
 * be in view: the list would be empty for as long as a frame takes, and where two changes come within a frame, the second
 * would not know that its end is in view.
 */
export function drawWhereItIs(virtual: Virtualizer<HTMLDivElement, Element>): void {
  // Not at once, since React may be in the middle of a commit; a microtask comes before anything is drawn.
  queueMicrotask(() => {
    const { scrollElement, scrollOffset } = virtual;
    if (scrollElement === null || Math.abs(scrollElement.scrollTop - (scrollOffset ?? 0)) <= 1) return;
    scrollElement.dispatchEvent(new Event('scroll'));
  });
}
