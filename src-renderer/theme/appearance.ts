import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';

/** What each choice of appearance may be; the first is where everybody starts. */
const APPEARANCE_CHOICES = {
  /** `system` follows the operating system as it changes. */
  theme: ['system', 'light', 'dark'],
  /** `system` follows the operating system, `more` asks for the high contrast colours. */
  contrast: ['system', 'more'],
  density: ['comfortable', 'compact'],
  motion: ['system', 'reduced'],
  /** Whether single letters act on the row that has the focus. */
  letterKeys: ['on', 'off'],
} as const;

export type Appearance = {
  readonly [Name in keyof typeof APPEARANCE_CHOICES]: (typeof APPEARANCE_CHOICES)[Name][number];
};

export interface AppearanceState extends Appearance {
  /** Shows a choice at once and keeps it for the next start. */
  readonly choose: (change: Partial<Appearance>) => void;
}

export type AppearanceStore = StoreApi<AppearanceState>;

/** What the store needs of the page; tests bring their own. */
export interface AppearancePorts {
  /** May throw: storage can be blocked. */
  read(key: string): string | null;
  /** May throw: storage can be blocked. */
  write(key: string, value: string): void;
  /** Where the style sheet looks: a choice is `data-NAME` of the root element, and the first of its list is no attribute. */
  readonly attributes: DOMStringMap;
}

/** Height of one row of a list, in CSS pixels; the style sheet has the same as `--spacing-row`. */
export const ROW_HEIGHT_PX = { comfortable: 32, compact: 26 } as const satisfies Record<Appearance['density'], number>;

/** Read by public/boot.js too, before the first paint. */
const storageKey = (name: string): string => `slipway.${name}`;

/** How the page looks, by the user's choice. It belongs to this browser or window, not to the server. */
export function createAppearanceStore(ports: AppearancePorts): AppearanceStore {
  const stored = <Name extends keyof Appearance>(
    name: Name,
    choices: readonly Appearance[Name][],
    initial: Appearance[Name],
  ): Appearance[Name] => {
    try {
      const text = ports.read(storageKey(name));
      return choices.find((choice) => choice === text) ?? initial;
    } catch {
      return initial;
    }
  };
  return createStore<AppearanceState>((set) => ({
    theme: stored('theme', APPEARANCE_CHOICES.theme, 'system'),
    contrast: stored('contrast', APPEARANCE_CHOICES.contrast, 'system'),
    density: stored('density', APPEARANCE_CHOICES.density, 'comfortable'),
    motion: stored('motion', APPEARANCE_CHOICES.motion, 'system'),
    letterKeys: stored('letterKeys', APPEARANCE_CHOICES.letterKeys, 'on'),
    choose(change) {
      for (const [name, value] of Object.entries(change)) show(ports, name, value);
      set(change);
    },
  }));
}

function show(ports: AppearancePorts, name: string, value: string): void {
  const initial = Object.entries(APPEARANCE_CHOICES).find(([key]) => key === name)?.[1][0];
  if (value === initial) delete ports.attributes[name];
  else ports.attributes[name] = value;
  try {
    ports.write(storageKey(name), value);
  } catch {
    // Storage is blocked: the choice holds for this window.
  }
}

/** The browser's own storage and page. */
export const browserAppearancePorts = (): AppearancePorts => ({
  read: (key) => localStorage.getItem(key),
  write: (key, value) => localStorage.setItem(key, value),
  attributes: document.documentElement.dataset,
});

/** Whether dark colours are shown now, whoever decided it. */
export function isDark(theme: Appearance['theme']): boolean {
  return theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
}
