import type { ModelDirectory } from '../api/ui/model-directory.ts';
import type { UiBoard } from '../api/ui/ui-feed.ts';
import type { ConnectionId, ServableName } from '../contracts/ids.ts';
import type { ModelConfig } from '../contracts/model-config.ts';
import type { SourceReport } from '../contracts/source-report.ts';
import type { SourceRoot, SourcesBoard } from '../contracts/ui-sources.ts';
import type { Clock } from '../core/clock.ts';
import type { FileSystem, FileSystemRegistry } from '../storage/file-system.ts';
import { DEFAULT_INTERVAL_MS } from '../storage/storage-path-source.ts';
import { connectionFor } from '../storage/s3/s3-connections.ts';
import { parseS3Uri } from '../storage/s3/s3-uri.ts';
import type { CacheUse } from './cache-use.ts';
import type { ConnectionTests } from './connection-tests.ts';
import { type Connections, withoutConnection } from './connections.ts';

/** Each poll of each model is a change; nobody reads so fast. */
const TELL_MS = 1000;

export interface SourcesBoardDeps {
  readonly connections: Connections;
  readonly tests: Pick<ConnectionTests, 'current' | 'subscribe'>;
  readonly directory: Pick<ModelDirectory, 'models' | 'subscribe'>;
  readonly registry: FileSystemRegistry;
  /** As configured; undefined: as the file system advises. 0: looked at once. */
  readonly pollIntervalMs: number | undefined;
  readonly cache: CacheUse;
  readonly clock: Clock;
}

/** Where a model is. */
interface Place {
  readonly root: Pick<SourceRoot, 'path' | 'scheme' | 'connection'>;
  readonly fileSystem: FileSystem | undefined;
  /** As the file system knows it. */
  readonly path: string;
}

interface PlacedModel {
  readonly name: ServableName;
  readonly place: Place;
  readonly report: SourceReport;
}

/** What the user interface shows of stores. @param signal ends what it does by itself. */
export function createSourcesBoard(deps: SourcesBoardDeps, signal: AbortSignal): UiBoard<'sources'> {
  const { connections, tests, directory, registry, cache, clock } = deps;
  const listeners = new Set<() => void>();
  let places = new Map<string, Place>();
  let isPlanned = false;

  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const tellSoon = (): void => {
    if (isPlanned || listeners.size === 0) return;
    isPlanned = true;
    void clock.sleep(TELL_MS, signal).then(() => {
      isPlanned = false;
      if (!signal.aborted) tell();
      return undefined;
    });
  };

  function placedModels(): readonly PlacedModel[] {
    const before = places;
    places = new Map();
    return directory.models().map(({ config, report }) => {
      const place = before.get(config.basePath) ?? placeOf(config, registry);
      places.set(config.basePath, place);
      return { name: config.name, place, report };
    });
  }

  function current(): SourcesBoard {
    const models = placedModels();
    const reachedBy = (id: ConnectionId): readonly ServableName[] =>
      models.flatMap(({ name, place }) => (connectionOf(place, connections) === id ? [name] : []));
    return {
      connections: connections.current().map((connection) => {
        const problem = connections.problemOf(connection.id);
        return { ...connection, models: reachedBy(connection.id), ...(problem !== undefined && { problem }) };
      }),
      protection: connections.protection(),
      roots: rootsOf(models, deps),
      tests: tests.current(),
      ...(cache.current() && { cache: cache.current() }),
    };
  }

  return {
    current,
    subscribe(onChange) {
      listeners.add(onChange);
      const endings = [
        connections.subscribe(onChange),
        tests.subscribe(onChange),
        cache.subscribe(onChange),
        directory.subscribe(tellSoon),
      ];
      return () => {
        listeners.delete(onChange);
        for (const end of endings) end();
      };
    },
  };
}

/** Which connection a model is reached by, whether its base path names it or not. */
function connectionOf(
  place: { readonly path: string; readonly root: { readonly scheme: string } },
  connections: Pick<Connections, 'current'>,
): ConnectionId | undefined {
  if (place.root.scheme !== 's3') return undefined;
  const location = parseS3Uri(place.path);
  return location.connection ?? connectionFor(location, connections.current())?.id;
}

function placeOf({ basePath }: ModelConfig, registry: FileSystemRegistry): Place {
  try {
    const { fileSystem, path } = registry.resolve(basePath);
    const { uri, connection } = withoutConnection(fileSystem.parent(path) ?? path);
    const root = { path: uri, scheme: fileSystem.scheme, ...(connection !== undefined && { connection }) };
    return { root, fileSystem, path };
  } catch {
    // A base path that nothing can be made of; its model says why.
    return { root: { path: basePath, scheme: '' }, fileSystem: undefined, path: basePath };
  }
}

function rootsOf(models: readonly PlacedModel[], deps: SourcesBoardDeps): readonly SourceRoot[] {
  const groups = new Map<string, PlacedModel[]>();
  for (const model of models) {
    const { path, scheme } = model.place.root;
    const key = `${scheme} ${connectionOf(model.place, deps.connections) ?? ''} ${path}`;
    const group = groups.get(key);
    if (group) group.push(model);
    else groups.set(key, [model]);
  }
  return [...groups.values()].flatMap(([first, ...others]) => (first ? [rootOf(first, [first, ...others], deps)] : []));
}

function rootOf(first: PlacedModel, models: readonly PlacedModel[], deps: SourcesBoardDeps): SourceRoot {
  const { root, fileSystem } = first.place;
  const connection = connectionOf(first.place, deps.connections);
  const pollIntervalMs = intervalOf(fileSystem, deps.pollIntervalMs);
  const polledAtMs = least(models.map(({ report }) => report.polledAtMs));
  const nextPollAtMs = least(models.map(({ report }) => report.nextPollAtMs));
  const offlineSinceMs = least(models.map(({ place }) => place.fileSystem?.offline?.(place.path)?.seenMs));
  const failing = models.find(({ report }) => report.status === 'error');
  const wrong = failing ?? models.find(({ report }) => report.message !== undefined);
  const isPending = models.some(({ report }) => report.status === 'pending');
  return {
    path: root.path,
    scheme: root.scheme,
    ...(connection !== undefined && { connection }),
    models: models.map(({ name }) => name),
    ...(pollIntervalMs !== undefined && { pollIntervalMs }),
    ...(polledAtMs !== undefined && { polledAtMs }),
    ...(nextPollAtMs !== undefined && { nextPollAtMs }),
    versions: models.reduce((count, { report }) => count + report.versions.length, 0),
    status: failing ? 'error' : isPending ? 'pending' : 'ok',
    ...(wrong?.report.message !== undefined && { message: wrong.report.message }),
    ...(offlineSinceMs !== undefined && { offlineSinceMs }),
  };
}

/** How often a place is looked at while all is well. */
function intervalOf(fileSystem: FileSystem | undefined, configuredMs: number | undefined): number | undefined {
  if (configuredMs === 0) return undefined;
  const advice = fileSystem?.polling;
  if (!advice) return configuredMs ?? DEFAULT_INTERVAL_MS;
  return Math.max(configuredMs ?? advice.intervalMs, advice.leastIntervalMs);
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
