import { createMemoryFileSystem } from './memory-file-system.ts';
import { fileSystemSuite } from './file-system-suite.ts';

fileSystemSuite('memory', () => {
  const fileSystem = createMemoryFileSystem();
  const rootUri = 'memory:///models';
  const absolute = (path: string): string => fileSystem.join(rootUri, path);
  fileSystem.makeDirectory(rootUri);
  return Promise.resolve({
    fileSystem,
    rootUri,
    write: (path, content) => Promise.resolve(fileSystem.writeFile(absolute(path), content)),
    remove: (path) => Promise.resolve(fileSystem.remove(absolute(path))),
    makeDirectory: (path) => Promise.resolve(fileSystem.makeDirectory(absolute(path))),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});
