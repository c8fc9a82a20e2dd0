import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../../../contracts/logger.ts';
import { createHttpsFileSystem, type HttpsFileSystem, type HttpsFileSystemOptions } from '../https-file-system.ts';
import { startWebServer, type WebServer } from './web-server.ts';

/** A web server, a file system that talks to it, and a folder for its cache. */
export interface WebWorld extends AsyncDisposable {
  readonly server: WebServer;
  readonly fileSystem: HttpsFileSystem;
  readonly directory: string;
  /** All that was logged, as text. */
  readonly logged: string[];
  /** A file system like that of another process, with the same cache. */
  another(change?: Partial<HttpsFileSystemOptions>): HttpsFileSystem;
}

export async function createWebWorld(options: Partial<HttpsFileSystemOptions> = {}): Promise<WebWorld> {
  const server = await startWebServer();
  const directory = await mkdtemp(join(tmpdir(), 'slipway https é-'));
  const systems: HttpsFileSystem[] = [];
  const logged: string[] = [];
  const note =
    (level: string): Logger['info'] =>
    (fields, message) =>
      void logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log: Logger = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    child: () => log,
  };
  const another = (change: Partial<HttpsFileSystemOptions> = {}): HttpsFileSystem => {
    const created = createHttpsFileSystem({
      workerEntry: join(import.meta.dirname, '..', 'worker', 'main.ts'),
      environment: {},
      cache: { directory: join(directory, 'cache'), minFreeBytes: 0 },
      log,
      ...options,
      ...change,
    });
    systems.push(created);
    return created;
  };
  return {
    server,
    fileSystem: another(),
    directory,
    logged,
    another,
    async [Symbol.asyncDispose]() {
      await Promise.all(systems.map((system) => system[Symbol.asyncDispose]()));
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
