import { describe, expect, it } from 'vitest';
import { defaultDataDirectory } from './data-directory.ts';

describe('defaultDataDirectory', () => {
  it.each([
    ['linux', {}, '/home/ann', '/home/ann/.config/slipway'],
    ['linux', { XDG_CONFIG_HOME: '/conf' }, '/home/ann', '/conf/slipway'],
    ['linux', { XDG_CONFIG_HOME: 'relative' }, '/home/ann', '/home/ann/.config/slipway'],
    ['darwin', {}, '/Users/ann', '/Users/ann/Library/Application Support/Slipway'],
    [
      'win32',
      { APPDATA: String.raw`C:\Users\ann\AppData\Roaming` },
      String.raw`C:\Users\ann`,
      String.raw`C:\Users\ann\AppData\Roaming\Slipway`,
    ],
    ['win32', {}, String.raw`C:\Users\ann`, String.raw`C:\Users\ann\AppData\Roaming\Slipway`],
  ] as const)('on %s with %j', (platform, env, homeDirectory, expected) => {
    expect(defaultDataDirectory({ platform, env, homeDirectory })).toBe(expected);
  });
});
