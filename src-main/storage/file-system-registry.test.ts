import { describe, expect, it } from 'vitest';
import { createFileSystemRegistry } from './file-system-registry.ts';
import { createLocalFileSystem } from './local-file-system.ts';
import { createMemoryFileSystem } from './testing/memory-file-system.ts';

describe('the registry of file systems', () => {
  const posix = createLocalFileSystem({ platform: 'linux' });
  const windows = createLocalFileSystem({ platform: 'win32' });
  const memory = createMemoryFileSystem();

  it.each([
    { uri: '/models/a', on: posix, chosen: posix, path: '/models/a' },
    { uri: '/odd/mem://x', on: posix, chosen: posix, path: '/odd/mem:/x' },
    { uri: 'file:///models/a', on: posix, chosen: posix, path: '/models/a' },
    { uri: 'memory:///models/a', on: posix, chosen: memory, path: 'memory:///models/a' },
    { uri: 'C:\\models', on: windows, chosen: windows, path: 'C:\\models' },
    { uri: 'C://models', on: windows, chosen: windows, path: 'C:\\models' },
    { uri: '\\\\host\\share\\a', on: windows, chosen: windows, path: '\\\\host\\share\\a' },
  ])('sends $uri to $chosen.scheme', ({ uri, on, chosen, path }) => {
    expect(createFileSystemRegistry([on, memory]).resolve(uri)).toEqual({ fileSystem: chosen, path });
  });

  it('names what it has when it has not what is wanted', () => {
    const registry = createFileSystemRegistry([memory, posix]);
    expect(() => registry.resolve('gs://bucket/models')).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: "File system scheme 'gs' is not supported; use a path or URI of one of these: file, memory",
      }),
    );
  });

  it('does not mind the case of a scheme', () => {
    const registry = createFileSystemRegistry([memory, posix]);
    expect(() => registry.resolve('MEMORY:///models')).toThrow('memory:///models/my_model');
    expect(registry.resolve('FILE:///models').fileSystem).toBe(posix);
  });

  it('refuses a relative path with the fix', () => {
    expect(() => createFileSystemRegistry([posix]).resolve('models/a')).toThrow(
      '"models/a" is not an absolute path; write the whole path, like /models/my_model',
    );
  });

  it('takes each scheme once', () => {
    expect(() => createFileSystemRegistry([posix, windows])).toThrow('two file systems');
  });
});
