/** The parts of the window that F6 goes through, in this order: what has `data-region`. */
const REGION = '[data-region]';
/** What Tab leads to. */
export const FOCUSABLE =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]:not([tabindex="-1"])';

/**
 * Moves the focus to the next part of the window: to where it was when it left that part, else to its first control.
 * @param lastIn where the focus was in each part; kept by the caller, changed here.
 */
export function focusNextRegion(backwards: boolean, lastIn: WeakMap<Element, HTMLElement>): void {
  const regions = [...document.querySelectorAll<HTMLElement>(REGION)].filter(hasControl);
  const { activeElement } = document;
  const at = regions.findIndex((region) => region.contains(activeElement));
  const from = regions[at];
  if (from && activeElement instanceof HTMLElement) lastIn.set(from, activeElement);
  // From nowhere the first step leads to the screen itself, not to the rail.
  const start = at === -1 ? regions.findIndex((region) => region.dataset['region'] === 'main') - 1 : at;
  const step = backwards && at !== -1 ? -1 : 1;
  const to = regions[(start + step + regions.length) % regions.length];
  if (!to) return;
  const before = lastIn.get(to);
  if (before?.isConnected && to.contains(before)) before.focus();
  else to.querySelector<HTMLElement>(FOCUSABLE)?.focus();
}

const hasControl = (region: HTMLElement): boolean => region.querySelector(FOCUSABLE) !== null;
