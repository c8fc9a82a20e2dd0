import { describe, expect, it } from 'vitest';
import type { Appearance } from '../../theme/appearance.ts';
import { MAX_PREFERENCES_LENGTH, preferencesText, readPreferences } from './preferences-file.ts';

const start: Appearance = {
  theme: 'system',
  contrast: 'system',
  density: 'comfortable',
  motion: 'system',
  letterKeys: 'on',
};
const mine: Appearance = { theme: 'dark', contrast: 'more', density: 'compact', motion: 'reduced', letterKeys: 'off' };
const file = (preferences: unknown, over: object = {}): string =>
  JSON.stringify({ kind: 'slipway-preferences', formatVersion: 1, preferences, ...over });

describe('preferences as a file', () => {
  it('come back as they were', () => {
    expect(readPreferences(preferencesText(mine), start)).toEqual({ appearance: mine });
  });

  it('leave alone what the file does not name', () => {
    expect(readPreferences(file({ theme: 'dark' }), { ...start, density: 'compact' })).toEqual({
      appearance: { ...start, theme: 'dark', density: 'compact' },
    });
  });

  it('carry nothing but choices', () => {
    const more = { ...mine, choose: () => undefined, token: 'secret' };
    expect(preferencesText(more)).not.toMatch(/token|secret|choose/u);
  });

  it.each([
    ['no JSON', 'theme: dark', 'This file is not JSON.'],
    ['another file', '{"models":[]}', 'This file holds no preferences of Slipway.'],
    ['a list', '[]', 'This file holds no preferences of Slipway.'],
    ['a newer format', file({}, { formatVersion: 2 }), 'This file is from a newer version of Slipway.'],
    [
      'an unknown value',
      file({ theme: 'pink' }),
      '“preferences.theme” has a value that is not known here; nothing was changed.',
    ],
    [
      'an unknown name',
      file({ font: 'Comic' }),
      '“preferences.font” has a value that is not known here; nothing was changed.',
    ],
    ['no preferences', file(undefined), '“preferences” has a value that is not known here; nothing was changed.'],
    ['a huge file', ' '.repeat(MAX_PREFERENCES_LENGTH + 1), 'This file is too large to hold preferences.'],
  ])('say why they cannot be read: %s', (_what, text, problem) => {
    expect(readPreferences(text, start)).toEqual({ problem });
  });
});
