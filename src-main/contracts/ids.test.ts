import { describe, expect, it } from 'vitest';
import { compareVersions, parseServableVersion, ServableName, ServableVersion, servableKey } from './ids.ts';

describe('parseServableVersion', () => {
  it.each([
    ['1', '1'],
    ['001', '1'],
    ['0', '0'],
    ['000', '0'],
    ['20170111173521', '20170111173521'],
    ['9223372036854775807', '9223372036854775807'],
    ['00000000000000000000001', '1'],
  ])('reads %s as version %s', (text, version) => {
    expect(parseServableVersion(text)).toBe(version);
  });

  it.each(['', '-1', '+1', ' 1', '1 ', '1.0', '1e3', '0x10', '1_000', '9223372036854775808', '1\n', '٣'])(
    'refuses %j',
    (text) => {
      expect(parseServableVersion(text)).toBeUndefined();
    },
  );
});

describe('compareVersions', () => {
  it('orders by number where text order differs and where digits exceed 2^53', () => {
    const versions = ['10', '9', '9007199254740993', '9007199254740992', '0'].map((text) =>
      ServableVersion.parse(text),
    );
    expect(versions.toSorted(compareVersions)).toEqual(['0', '9', '10', '9007199254740992', '9007199254740993']);
  });
});

describe('ServableName', () => {
  it.each(['', 'a\u0000b', 'line\nbreak', 'x'.repeat(256)])('refuses %j', (name) => {
    expect(ServableName.safeParse(name).success).toBe(false);
  });

  it('keeps a key unique for a name that holds a slash', () => {
    const id = { name: ServableName.parse('a/1'), version: ServableVersion.parse('2') };
    expect(servableKey(id)).toBe('a/1/2');
  });
});
