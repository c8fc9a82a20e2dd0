import { describe, expect, it } from 'vitest';
import { browserCommand } from './open-browser.ts';

const URL_WITH_QUERY = 'http://127.0.0.1:8510/ui/sign-in?token=a&b';

describe('browserCommand', () => {
  it.each([
    ['darwin', {}, ['open', URL_WITH_QUERY]],
    ['win32', {}, ['rundll32', 'url.dll,FileProtocolHandler', URL_WITH_QUERY]],
    ['linux', { DISPLAY: ':0' }, ['xdg-open', URL_WITH_QUERY]],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open', URL_WITH_QUERY]],
    ['linux', {}, undefined],
    ['linux', { DISPLAY: '' }, undefined],
  ] as const)('on %s with %j', (platform, env, expected) => {
    expect(browserCommand(URL_WITH_QUERY, platform, env)).toEqual(expected);
  });
});
