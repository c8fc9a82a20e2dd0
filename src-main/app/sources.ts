import type { ModelDirectory } from '../api/ui/model-directory.ts';
import type { UiBoard } from '../api/ui/ui-feed.ts';
import type { ConnectionId, ServableName } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import type { SecretStore } from '../contracts/secret-store.ts';
import type { Clock } from '../core/clock.ts';
import { DEFAULT_CAP_BYTES } from '../storage/cache/version-cache.ts';
import type { FileSystemRegistry } from '../storage/file-system.ts';
import type { S3FileSystem } from '../storage/s3/s3-file-system.ts';
import { parseS3Uri } from '../storage/s3/s3-uri.ts';
import { type CacheUse, createCacheUse } from './cache-use.ts';
import { type ConnectionTests, createConnectionTests } from './connection-tests.ts';
import { type Connections, createConnections, withoutConnection } from './connections.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import type { SettingsStore } from './settings-store.ts';
import { createSourcesBoard } from './sources-board.ts';
import type { TaskBoard } from './task-board.ts';

export interface SourcesDeps {
  readonly store: SettingsStore;
  readonly secrets: SecretStore;
  readonly s3: S3FileSystem;
  readonly catalogue: ModelCatalogue;
  readonly directory: Pick<ModelDirectory, 'models' | 'subscribe'>;
  readonly registry: FileSystemRegistry;
  readonly tasks: TaskBoard;
  /** See SourcesBoardDeps. */
  readonly pollIntervalMs: number | undefined;
  /** Absolute path of the folder of local copies; `capBytes`: undefined stands for the default. */
  readonly cache: { readonly directory: string; readonly capBytes: number | undefined };
  /** Called for a model whose store is reached in another way from now on. */
  readonly onReachedAnew: (name: ServableName) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The stores that models come from: connections, their tests, and what the user interface shows of it all. */
export interface Sources {
  readonly connections: Connections;
  readonly tests: ConnectionTests;
  readonly cacheUse: CacheUse;
  readonly board: UiBoard<'sources'>;
  /** Takes over the connections of the settings, to be awaited before models are looked for; and follows them. */
  start(): Promise<void>;
}

/** @param signal ends what goes on by itself. */
export function createSources(deps: SourcesDeps, signal: AbortSignal): Sources {
  const { catalogue, s3, log } = deps;
  const basePaths = () => catalogue.models().map(({ config }) => config);
  const connections = createConnections({
    store: deps.store,
    secrets: deps.secrets,
    s3,
    log,
    namedBy: (id) =>
      basePaths().flatMap(({ name, basePath }) => (withoutConnection(basePath).connection === id ? [name] : [])),
  });
  const tests = createConnectionTests({ connections, s3, tasks: deps.tasks, clock: deps.clock });
  const { directory, capBytes = DEFAULT_CAP_BYTES } = deps.cache;
  const cacheUse = createCacheUse({ directory, capBytes }, log);

  function changed(ids: ReadonlySet<ConnectionId>): void {
    if (ids.size === 0) return;
    for (const { name, basePath } of basePaths()) if (isReachedBy(basePath, ids)) deps.onReachedAnew(name);
  }

  return {
    connections,
    tests,
    cacheUse,
    board: createSourcesBoard({ ...deps, connections, tests, cache: cacheUse }, signal),
    async start() {
      await connections.refresh();
      void cacheUse.look();
      const unsubscribe = [connections.subscribe(changed), catalogue.subscribe(() => void connections.refresh())];
      signal.addEventListener('abort', () => unsubscribe.forEach((end) => end()), { once: true });
    },
  };
}

/** Whether it may be; which connection a path without a name is reached by depends on all of them. */
function isReachedBy(basePath: string, ids: ReadonlySet<ConnectionId>): boolean {
  if (!/^s3:\/\//iu.test(basePath)) return false;
  try {
    const { connection } = parseS3Uri(basePath);
    return connection === undefined || ids.has(connection);
  } catch {
    return false;
  }
}
