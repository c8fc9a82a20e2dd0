/** Somebody without a mouse: every step is a key, and after each it has to be seen where the focus is. */
import { expect, type Locator, type Page } from '@playwright/test';

/** More than the longest way through a screen. */
const MOST_TABS = 90;
/** What a focused control may be drawn by: itself, or the field or label around it. */
const RING_LEVELS = 4;

export class Hands {
  readonly page: Page;
  constructor(page: Page) {
    this.page = page;
  }

  /** Presses keys one after the other, as Playwright names them: `Control+K`. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.page.keyboard.press(key);
      await this.page.evaluate(nextFrame);
      await this.seesFocus(`after ${key}`);
    }
  }

  /** Types a text over what is in the field. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.type(text);
  }

  /** Goes to a control with Tab, from wherever the focus is. All that lies on the way has to be seen too. */
  async to(target: Locator): Promise<void> {
    await expect(target).toBeAttached();
    for (let tabs = 0; tabs <= MOST_TABS; tabs += 1) {
      if (await hasFocus(target)) return;
      await this.page.keyboard.press('Tab');
      // Behind the last control of the page comes the browser.
      if (await this.page.evaluate(() => document.activeElement !== document.body)) await this.seesFocus('after Tab');
    }
    throw new Error(`Tab does not lead to ${String(target)}`);
  }

  /** Goes to a control and presses Enter, or another key. */
  async use(target: Locator, key = 'Enter'): Promise<void> {
    await this.to(target);
    await this.press(key);
  }

  /** Goes to a group of radio buttons and chooses another one with the arrow keys, and Space where they only move. */
  async choose(group: Locator, option: string): Promise<void> {
    const radio = group.getByRole('radio', { name: option, exact: true });
    await this.to(group);
    const isAfter = await radio.evaluate(
      (element) =>
        ((document.activeElement?.compareDocumentPosition(element) ?? 0) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0,
    );
    for (let steps = 0; steps < 10 && !(await hasFocus(radio)); steps += 1)
      await this.press(isAfter ? 'ArrowRight' : 'ArrowLeft');
    if (!(await radio.isChecked())) await this.press('Space');
    await expect(radio).toBeChecked();
  }

  /** Opens a list of options, chooses one, and is back at the button. */
  async pick(button: Locator, option: string | RegExp): Promise<void> {
    await this.use(button);
    await this.item(this.page.getByRole('option', { name: option }));
    await this.isAt(button);
  }

  /** Goes with the arrow keys to an entry of the menu or list that is open, and presses Enter. */
  async item(entry: Locator): Promise<void> {
    await expect(entry).toBeVisible();
    await this.press('Home');
    for (let steps = 0; steps < 20 && !(await hasFocus(entry)); steps += 1) await this.press('ArrowDown');
    await this.press('Enter');
  }

  /**
   * Opens what lies over the page by the control that has the focus, does something in it, closes it, and is back.
   * @param inside what is done; it closes the layer where `close` is `itself`.
   */
  async layer(
    role: 'dialog' | 'menu',
    inside: (layer: Locator) => Promise<void>,
    { open = 'Enter', close = 'Escape' }: { readonly open?: string; readonly close?: 'Escape' | 'itself' } = {},
  ): Promise<void> {
    const opener = await this.page.evaluateHandle(() => document.activeElement);
    await this.page.keyboard.press(open);
    const layer = this.page.getByRole(role).last();
    await expect(layer).toBeVisible();
    await expect.poll(() => hasFocus(layer), 'the focus is in the layer').toBe(true);
    await this.seesFocus(`in the layer that ${open} opened`);
    await inside(layer);
    if (close === 'Escape') await this.page.keyboard.press(close);
    await expect(layer).toBeHidden();
    await expect
      .poll(() => opener.evaluate((element) => element === document.activeElement), 'the focus is back at its opener')
      .toBe(true);
    await this.seesFocus(`after the layer closed`);
  }

  /** Whether the focus is in a part of the page. */
  isIn(part: Locator): Promise<boolean> {
    return hasFocus(part);
  }

  /** Has the focus here. */
  async isAt(target: Locator): Promise<void> {
    await expect.poll(() => hasFocus(target), `the focus is at ${String(target)}`).toBe(true);
    await this.seesFocus(`at ${String(target)}`);
  }

  /** Goes to a screen by its key. */
  async screen(key: string, title: string): Promise<void> {
    await this.press(`ControlOrMeta+${key}`);
    await expect(this.page.getByRole('heading', { level: 1, name: title })).toBeVisible();
  }

  private async seesFocus(when: string): Promise<void> {
    await expect.poll(() => this.page.evaluate(focusFault, RING_LEVELS), `the focus is seen ${when}`).toBe('');
  }
}

const hasFocus = (target: Locator): Promise<boolean> =>
  target.evaluate((element) => element === document.activeElement || element.contains(document.activeElement));

/** In a list the focus follows in the next frame, since the row may come into the page only then. Runs in the page. */
const nextFrame = (): Promise<void> =>
  new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(() => done()));
  });

/** What is wrong with the focus as it is; empty where it can be seen. Runs in the page. */
function focusFault(levels: number): string {
  const at = document.activeElement;
  if (!at || at === document.body) return 'nothing has the focus';
  const name = `${at.tagName.toLowerCase()} ${at.getAttribute('aria-label') ?? at.textContent.slice(0, 40)}`;
  const { left, right, top, bottom } = at.getBoundingClientRect();
  if (right < 0 || bottom < 0 || left > innerWidth || top > innerHeight) return `${name} is out of the window`;
  // In a list that keeps the focus in its field, what would be chosen is marked.
  const virtual = at.getAttribute('aria-activedescendant');
  const shown = (virtual !== null && document.querySelector(`#${CSS.escape(virtual)}`)) || at;
  let element: Element | null = shown;
  for (let level = 0; element && level < levels; level += 1) {
    for (const pseudo of [undefined, '::after']) {
      const style = getComputedStyle(element, pseudo);
      if (pseudo !== undefined && style.content === 'none') continue;
      if (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0) return '';
      if (element === at && style.boxShadow !== 'none') return '';
    }
    element = element.parentElement;
  }
  return `${name} has the focus, and it does not show`;
}
