/**
 * The `ref` of a layer that takes the focus when it opens, unless something in it has taken it. The library's own way waits
 * until nothing in the page is in transition, and something may always be.
 */
export function focusOnOpen(layer: HTMLElement | null): void {
  if (layer && !layer.contains(document.activeElement)) layer.focus({ preventScroll: true });
}
