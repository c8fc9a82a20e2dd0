import { z } from 'zod';

/** Which theme is shown; `system` follows the operating system as it changes. */
export const ThemePreference = z.enum(['system', 'light', 'dark']);
export type ThemePreference = z.infer<typeof ThemePreference>;

/** Read by public/theme-boot.js too, before the first paint. */
const STORAGE_KEY = 'slipway.theme';

/** What was chosen last; `system` where nothing was, or where storage is blocked. */
export function storedTheme(): ThemePreference {
  try {
    return ThemePreference.catch('system').parse(localStorage.getItem(STORAGE_KEY));
  } catch {
    return 'system';
  }
}

/** Shows a theme at once and keeps the choice for the next start. */
export function chooseTheme(preference: ThemePreference): void {
  if (preference === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = preference;
  try {
    localStorage.setItem(STORAGE_KEY, preference);
  } catch {
    // Storage is blocked: the choice holds for this window.
  }
}
