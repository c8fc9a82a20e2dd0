import type { FileSystem } from '../file-system.ts';
import type { Environment } from '../remote/connection-options.ts';
import {
  createRemoteFileSystem,
  type RemoteFileSystem,
  type RemoteFileSystemOptions,
} from '../remote/remote-file-system.ts';
import { HttpsError, isHttpsCode } from './https-error.ts';
import { type HttpsWorkerSettings, readHttpsOptions } from './https-options.ts';
import {
  concealQuery,
  describeHttpsLocation,
  formatHttpsUri,
  type HttpsLocation,
  nameOf,
  parentOf,
  parseHttpsUri,
} from './https-uri.ts';

export interface HttpsFileSystemOptions extends RemoteFileSystemOptions {
  /** Where proxy, authorities and time-outs come from: `process.env`. Read at the first use. */
  readonly environment: Environment;
}

/** Web servers, over TLS and, on this computer, without. Nothing is started before the first call that needs a server. */
export interface HttpsFileSystem extends RemoteFileSystem {
  /** The same for the scheme `http`, which {@link FileSystem.parse} takes for this computer only. Shares the thread. */
  readonly plain: FileSystem;
  /**
   * A base path as it may be shown, logged and kept: the query of an address can be a secret, so it is remembered here and
   * `?…` with eight digits put in its place, which this file system understands for as long as it lives. Other base
   * paths are given back as they are. Never throws.
   */
  conceal(basePath: string): string;
}

/** As for other stores over a network. A look that finds nothing new is one request with an empty answer. */
const POLLING = { intervalMs: 30_000, leastIntervalMs: 5000, settleMs: 10_000 };

/**
 * Web servers as a file system: scheme `https`. A manifest is a folder with the versions that it lists; a model file is a
 * file, or, in a folder that is called by a number, a folder with that version. Paths are URIs without secrets; what is
 * within a manifest follows `#/`. Errors are HttpsError, whose message ends in a stable code.
 */
export function createHttpsFileSystem(options: HttpsFileSystemOptions): HttpsFileSystem {
  const { environment, cache, offline = true } = options;
  /** By what stands for them and the address that they belong to. */
  const queries = new Map<string, string>();

  function concealed(location: HttpsLocation): string {
    const query = concealQuery(location.query);
    if (query !== location.query) queries.set(location.url + query, location.query);
    return formatHttpsUri({ ...location, query });
  }

  const fileSystem = createRemoteFileSystem(
    {
      scheme: 'https',
      label: 'web servers',
      polling: POLLING,
      parse: (uri) => concealed(parseHttpsUri(uri)),
      join(directory, ...names) {
        const location = parseHttpsUri(directory);
        return formatHttpsUri({ ...location, inside: [...location.inside, ...names] });
      },
      parent(path) {
        const parent = parentOf(parseHttpsUri(path));
        return parent && formatHttpsUri(parent);
      },
      baseName: (path) => nameOf(parseHttpsUri(path)),
      thread() {
        const workerData: HttpsWorkerSettings = { connection: readHttpsOptions(environment), cache, offline };
        return { workerData };
      },
      uriOf(path) {
        const location = parseHttpsUri(path);
        return formatHttpsUri({ ...location, query: queries.get(location.url + location.query) ?? location.query });
      },
      errorOf: (storeCode, message) => (isHttpsCode(storeCode) ? new HttpsError(storeCode, message) : undefined),
      notAFile: (path) =>
        new HttpsError('HTTPS_WRONG_KIND', `${describeHttpsLocation(parseHttpsUri(path))}: this is not a file.`),
    },
    options,
  );
  return {
    ...fileSystem,
    plain: { ...fileSystem, scheme: 'http' },
    conceal(basePath) {
      if (!/^https?:\/\//iu.test(basePath)) return basePath;
      try {
        const location = parseHttpsUri(basePath);
        return location.query === '' ? basePath : concealed(location);
      } catch {
        // What is wrong with it is told when it is used; what may be a secret in it is told nobody.
        return basePath.replace(/\?[^#]*/u, '?…').replace(/\/\/[^/]*@/u, '//…@');
      }
    },
  };
}
