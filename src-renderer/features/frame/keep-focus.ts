import { FOCUSABLE } from './regions.ts';

/** How far around what went away the focus stays: what is further off has nothing to do with it. */
const LEVELS = 6;

/**
 * Gives whoever works by keyboard a place to go on from when what had the focus goes away, as a button does that is replaced
 * by what it started, or all of a screen by another: the next control around it, else the screen as a whole. Whatever
 * moves the focus itself, as a layer does that closes, comes first.
 * @returns ends it.
 */
export function keepFocus(): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  let byKeyboard = false;
  let around: readonly Element[] = [];
  let frame = 0;
  const look = (): void => {
    if (document.activeElement !== document.body || !document.hasFocus()) return;
    const main = document.querySelector<HTMLElement>('[data-region=main]');
    const near = around.slice(0, LEVELS).find((element) => element.isConnected && element.querySelector(FOCUSABLE));
    if (near !== undefined && near !== main && main?.contains(near) === true)
      near.querySelector<HTMLElement>(FOCUSABLE)?.focus();
    // What is only hidden does not take it.
    if (document.activeElement === document.body) main?.focus({ preventScroll: true });
  };
  // A layer that closes gives the focus back in the next frame, and a list to another row.
  const lookSoon = (): void => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => (frame = requestAnimationFrame(look)));
  };
  document.addEventListener(
    'keydown',
    ({ key }) => {
      // Tab may lead out of the page, and has to.
      byKeyboard = key !== 'Tab';
      // What is hidden, as a screen is while the next one is on its way, loses the focus without a word.
      if (byKeyboard && document.activeElement !== document.body) lookSoon();
    },
    { capture: true, signal },
  );
  document.addEventListener('pointerdown', () => (byKeyboard = false), { capture: true, signal });
  document.addEventListener(
    'focusin',
    ({ target }) => {
      around = target instanceof Element ? ancestorsOf(target) : [];
    },
    { signal },
  );
  document.addEventListener(
    'focusout',
    ({ relatedTarget }) => {
      if (byKeyboard && relatedTarget === null) lookSoon();
    },
    { signal },
  );
  return () => {
    listening.abort();
    cancelAnimationFrame(frame);
  };
}

function ancestorsOf(element: Element): readonly Element[] {
  const found: Element[] = [];
  for (let at = element.parentElement; at; at = at.parentElement) found.push(at);
  return found;
}
