import type { Appearance } from '../../theme/appearance.ts';

/** What each preference of this page may be; the first is where everybody starts. */
export const CHOICES = {
  theme: ['system', 'light', 'dark'],
  density: ['comfortable', 'compact'],
  contrast: ['system', 'more'],
  motion: ['system', 'reduced'],
  letterKeys: ['on', 'off'],
} as const satisfies { readonly [Name in keyof Appearance]: readonly Appearance[Name][] };
