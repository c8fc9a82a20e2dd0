import { join, resolve } from 'node:path';
import type { Logger } from '../contracts/logger.ts';
import { createFileSystemRegistry } from '../storage/file-system-registry.ts';
import type { FileSystemRegistry } from '../storage/file-system.ts';
import { createHttpsFileSystem } from '../storage/https/https-file-system.ts';
import { createLocalFileSystem } from '../storage/local-file-system.ts';
import { createS3FileSystem, type S3FileSystem } from '../storage/s3/s3-file-system.ts';

/** Folder of local copies within the data directory, unless the settings name another. */
const CACHE_FOLDER = 's3cache';

export interface StoresOptions {
  /** Absolute path of the settings file's folder. */
  readonly dataDirectory: string;
  /** `directory`: of local copies; undefined: within the data directory. */
  readonly cache: { readonly directory: string | undefined; readonly maxBytes?: number };
  /** Absolute paths of the built threads that talk to stores; each is started when it is first needed. */
  readonly s3WorkerEntry: string;
  readonly httpsWorkerEntry: string;
}

/** All that models can come from. Dispose it once nothing uses it any more. */
export interface Stores extends AsyncDisposable {
  readonly registry: FileSystemRegistry;
  readonly s3: S3FileSystem;
  /** A base path without what must not be shown. */
  conceal(basePath: string): string;
  /** Where local copies are, and what they may take; undefined stands for the default. */
  readonly cache: { readonly directory: string; readonly capBytes: number | undefined };
}

/** Where the local copies of a command line are. */
export function cacheDirectoryOf({ dataDirectory, cache }: Pick<StoresOptions, 'dataDirectory' | 'cache'>): string {
  return resolve(cache.directory ?? join(dataDirectory, CACHE_FOLDER));
}

export function openStores(options: StoresOptions, log: Logger): Stores {
  const cache = { directory: cacheDirectoryOf(options), capBytes: options.cache.maxBytes };
  const remote = { environment: process.env, cache, log };
  const s3 = createS3FileSystem({ ...remote, workerEntry: options.s3WorkerEntry });
  const https = createHttpsFileSystem({ ...remote, workerEntry: options.httpsWorkerEntry });
  return {
    registry: createFileSystemRegistry([createLocalFileSystem({ log }), s3, https, https.plain]),
    s3,
    conceal: (basePath) => https.conceal(basePath),
    cache,
    async [Symbol.asyncDispose]() {
      await Promise.all([s3[Symbol.asyncDispose](), https[Symbol.asyncDispose]()]);
    },
  };
}
