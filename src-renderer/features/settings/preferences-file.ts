import { z } from 'zod';
import { strings } from '../../strings/index.ts';
import type { Appearance } from '../../theme/appearance.ts';
import { CHOICES } from './appearance-choices.ts';

const words = strings.settings.advanced.importPreferences;
const KIND = 'slipway-preferences';
const FORMAT_VERSION = 1;

/** Characters; the file is some hundred. */
export const MAX_PREFERENCES_LENGTH = 64 * 1024;

const Header = z.looseObject({ kind: z.literal(KIND), formatVersion: z.number().int().min(1) });
/** What is left out stays as it is. Strict, so that a slip in a name is told and not passed over. */
const Preferences = z.strictObject({
  theme: z.enum(CHOICES.theme).optional(),
  contrast: z.enum(CHOICES.contrast).optional(),
  density: z.enum(CHOICES.density).optional(),
  motion: z.enum(CHOICES.motion).optional(),
  letterKeys: z.enum(CHOICES.letterKeys).optional(),
});
const Body = z.object({ preferences: Preferences });

/** The choices of this page as the text of a file; there is nothing secret among them. */
export function preferencesText({ theme, contrast, density, motion, letterKeys }: Appearance): string {
  const preferences: Appearance = { theme, contrast, density, motion, letterKeys };
  return `${JSON.stringify({ kind: KIND, formatVersion: FORMAT_VERSION, preferences }, undefined, 2)}\n`;
}

/** All choices after a file was read, or in words why it cannot be: then nothing of it counts. */
export function readPreferences(
  text: string,
  current: Appearance,
): { readonly appearance: Appearance } | { readonly problem: string } {
  if (text.length > MAX_PREFERENCES_LENGTH) return { problem: words.tooLarge };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { problem: words.notJson };
  }
  const header = Header.safeParse(content);
  if (!header.success) return { problem: words.otherKind };
  if (header.data.formatVersion > FORMAT_VERSION) return { problem: words.newer };
  const body = Body.safeParse(content);
  if (!body.success) {
    const [issue] = body.error.issues;
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : [];
    return { problem: words.bad([...(issue?.path ?? []), ...unknown.slice(0, 1)].join('.')) };
  }
  const { theme, contrast, density, motion, letterKeys } = body.data.preferences;
  return {
    appearance: {
      theme: theme ?? current.theme,
      contrast: contrast ?? current.contrast,
      density: density ?? current.density,
      motion: motion ?? current.motion,
      letterKeys: letterKeys ?? current.letterKeys,
    },
  };
}

/** How many choices differ. */
export function differences(before: Appearance, after: Appearance): number {
  return [
    before.theme !== after.theme,
    before.contrast !== after.contrast,
    before.density !== after.density,
    before.motion !== after.motion,
    before.letterKeys !== after.letterKeys,
  ].filter(Boolean).length;
}
