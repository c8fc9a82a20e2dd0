import { describe, expect, it } from 'vitest';
import { refuseUnsafePaths } from './safe-paths.ts';

const objects = (paths: readonly string[]): { path: string }[] => paths.map((path) => ({ path }));

describe('refuseUnsafePaths', () => {
  it.each([
    { what: 'up and out', paths: ['../x'], says: 'segment ".."' },
    { what: 'up in the middle', paths: ['a/../x'], says: 'segment ".."' },
    { what: 'here', paths: ['a/./x'], says: 'segment "."' },
    { what: 'absolute', paths: ['/abs'], says: 'begins or ends with "/"' },
    { what: 'two slashes', paths: ['a//b'], says: 'two in a row' },
    { what: 'a directory marker', paths: ['a/'], says: 'begins or ends with "/"' },
    { what: 'nothing', paths: [''], says: 'begins or ends with "/"' },
    { what: 'backslashes', paths: ['a\\..\\b'], says: 'backslash' },
    { what: 'a drive', paths: ['C:/x'], says: 'drive letter' },
    { what: 'NUL', paths: ['a\u0000b'], says: 'control characters' },
    { what: 'half a character', paths: ['a\ud83db'], says: 'not valid Unicode' },
    { what: 'a long name', paths: ['é'.repeat(128)], says: '255 bytes' },
    { what: 'twins in case', paths: ['Model.onnx', 'model.onnx'], says: 'only in case' },
    { what: 'twins in accents', paths: ['\u00e9', 'e\u0301'], says: 'accents' },
    { what: 'one key twice', paths: ['a', 'a'], says: 'only in case' },
    { what: 'folders that are twins in case', paths: ['Data/a', 'data/b'], says: 'in a folder that differs' },
    { what: 'a file that is a folder', paths: ['a', 'a/b'], says: 'a file and a folder' },
    { what: 'a file after the folder', paths: ['a/b', 'A'], says: 'a file and a folder' },
  ])('refuses $what', ({ paths, says }) => {
    const expected = { fault: 'unsafe key', code: 'FAILED_PRECONDITION', message: expect.stringContaining(says) };
    expect(() => refuseUnsafePaths(objects(['ok.bin', ...paths]), 'linux')).toThrow(expect.objectContaining(expected));
  });

  const odd = ['a b+c%20ü&', '🙂/model.onnx', '🙂/..data', 'a/b.', 'a/c', 'CON', 'x'.repeat(255), 'a?b', "it's"];

  it('takes what is odd and harmless', () => {
    expect(() => refuseUnsafePaths(objects(odd), 'linux')).not.toThrow();
  });

  it.each(['a?b', 'a/b.', 'b /c', 'CON', 'nul.txt', 'com1', 'LPT²', 'ab:c', 'a<b', 'a|b'])(
    'refuses %s on Windows',
    (path) => {
      expect(() => refuseUnsafePaths(objects([path]), 'linux')).not.toThrow();
      expect(() => refuseUnsafePaths(objects([path]), 'win32')).toThrow(
        expect.objectContaining({ fault: 'unsafe key' }),
      );
    },
  );

  it('shows no more than the beginning of a long key', () => {
    expect(() => refuseUnsafePaths(objects([`../${'x'.repeat(1000)}`]))).toThrow(/^.{0,220}$/u);
  });
});
