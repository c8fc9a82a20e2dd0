import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepFocus } from './keep-focus.ts';

let end = (): void => undefined;

beforeEach(() => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  document.body.innerHTML = `
    <nav><a href="#x">rail</a></nav>
    <main data-region="main" tabindex="-1">
      <section><div><button id="start">start</button></div><button id="beside">beside</button></section>
      <article><button id="alone">alone</button></article>
    </main>`;
  end = keepFocus();
});
afterEach(() => {
  end();
  vi.restoreAllMocks();
});

const element = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};
/** A browser tells that the focus was lost with an element; jsdom only forgets it. */
function takeAway(selector: string, focused: string): void {
  const at = element(focused);
  at.focus();
  at.dispatchEvent(new FocusEvent('focusout', { bubbles: true, relatedTarget: null }));
  element(selector).remove();
}
const key = (): boolean => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));

describe('keepFocus', () => {
  it('goes to the next control around what went away', async () => {
    key();
    takeAway('#start', '#start');
    await vi.waitFor(() => expect(document.activeElement).toBe(element('#beside')));
  });

  it('goes to the screen where nothing is left around it', async () => {
    key();
    takeAway('article', '#alone');
    await vi.waitFor(() => expect(document.activeElement).toBe(element('main')));
  });

  it('leaves alone who uses a pointer', async () => {
    key();
    document.body.dispatchEvent(new Event('pointerdown', { bubbles: true }));
    takeAway('#start', '#start');
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))));
    expect(document.activeElement).toBe(document.body);
  });

  it('comes after whoever moves the focus itself', async () => {
    key();
    takeAway('#start', '#start');
    requestAnimationFrame(() => element('a').focus());
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))));
    expect(document.activeElement).toBe(element('a'));
  });
});
