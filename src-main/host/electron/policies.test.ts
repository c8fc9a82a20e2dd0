import { describe, expect, it } from 'vitest';
import { decideNavigation, decideNewWindow } from './navigation-policy.ts';
import { isPermissionAllowed } from './permission-policy.ts';
import { mayReveal } from './reveal-policy.ts';

const UI = 'http://127.0.0.1:8510';

describe('decideNavigation', () => {
  it.each([
    [`${UI}/`, 'allow'],
    [`${UI}/#/models`, 'allow'],
    ['http://127.0.0.1:8501/v1/models', 'openInBrowser'],
    ['http://localhost:8510/', 'openInBrowser'],
    ['https://onnx.ai', 'openInBrowser'],
    ['mailto:someone@example.org', 'openInBrowser'],
    ['http://127.0.0.1:8510@evil.test/', 'openInBrowser'],
    ['http://user:pass@127.0.0.1:8510/', 'deny'],
    ['https://127.0.0.1:8510/', 'openInBrowser'],
    ['file:///etc/passwd', 'deny'],
    ['javascript:alert(1)', 'deny'],
    ['data:text/html,<p>', 'deny'],
    ['blob:http://127.0.0.1:8510/1', 'deny'],
    ['smb://server/share', 'deny'],
    ['ms-calculator:', 'deny'],
    ['', 'deny'],
    ['//evil.test', 'deny'],
  ])('%s: %s', (target, decision) => {
    expect(decideNavigation(target, UI)).toBe(decision);
  });

  it('never opens a second window of ours', () => {
    expect(decideNewWindow(`${UI}/`, UI)).toBe('openInBrowser');
    expect(decideNewWindow('file:///x', UI)).toBe('deny');
  });
});

describe('isPermissionAllowed', () => {
  it.each([
    ['clipboard-sanitized-write', `${UI}/`, true],
    ['clipboard-sanitized-write', 'http://evil.test/', false],
    ['clipboard-read', `${UI}/`, false],
    ['geolocation', `${UI}/`, false],
    ['media', `${UI}/`, false],
    ['clipboard-sanitized-write', '', false],
  ])('%s for %s: %s', (permission, url, allowed) => {
    expect(isPermissionAllowed(permission, url, UI)).toBe(allowed);
  });
});

describe('mayReveal', () => {
  it.each([
    ['/models/a', true],
    ['/models/a/1/model.onnx', true],
    ['/models/a/../a/1', true],
    ['/models/ab', false],
    ['/models/a/../b', false],
    ['/models', false],
    ['models/a', false],
    ['/models/a/..hidden', true],
    ['', false],
  ])('%s: %s', (path, allowed) => {
    expect(mayReveal(path, ['/models/a'], 'linux')).toBe(allowed);
  });

  it.each([
    [String.raw`C:\models\a\1`, true],
    [String.raw`D:\models\a`, false],
    [String.raw`\\server\share`, false],
  ])('on Windows %s: %s', (path, allowed) => {
    expect(mayReveal(path, [String.raw`C:\models\a`], 'win32')).toBe(allowed);
  });
});
