import { isDeepStrictEqual } from 'node:util';
import { ConnectionId } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import type { SecretProtection, SecretStore } from '../contracts/secret-store.ts';
import { asServingError, ServingError } from '../contracts/serving-error.ts';
import {
  AccessKeys,
  type Connection,
  type ConnectionCredentials,
  type ConnectionDraft,
  type PrefixPage,
} from '../contracts/ui-sources.ts';
import type { S3FileSystem } from '../storage/s3/s3-file-system.ts';
import type { S3Connection } from '../storage/s3/s3-protocol.ts';
import { formatS3Uri, parseS3Uri } from '../storage/s3/s3-uri.ts';
import type { SettingsStore } from './settings-store.ts';

/** By which connection: a stored one, one that is being tried, or one that is being changed. */
export interface Through {
  readonly connection?: ConnectionId | undefined;
  readonly draft?: ConnectionDraft | undefined;
}

export interface ConnectionsDeps {
  readonly store: SettingsStore;
  readonly secrets: SecretStore;
  readonly s3: Pick<S3FileSystem, 'connect' | 'browse'>;
  /** @returns names of the models whose base paths name a connection. */
  readonly namedBy: (id: ConnectionId) => readonly string[];
  readonly log: Logger;
  /** How long a store may take to tell one page of what it has; default 60 s. */
  readonly browseTimeoutMs?: number;
}

const BROWSE_TIMEOUT_MS = 60_000;

/** The connections to S3 stores: kept in the settings, their keys where the host keeps secrets. */
export interface Connections {
  current(): readonly Connection[];
  /** Why a connection cannot be used as it is; undefined where it can. */
  problemOf(id: ConnectionId): string | undefined;
  /** How secrets are kept, as of the last look. */
  protection(): SecretProtection;
  /**
   * Adds one, or changes the one with this id.
   * @throws ServingError NOT_FOUND, INVALID_ARGUMENT, and as {@link SecretStore.set} and {@link SettingsStore.update}.
   */
  save(id: ConnectionId | undefined, draft: ConnectionDraft): Promise<Connection>;
  /** @throws ServingError NOT_FOUND, FAILED_PRECONDITION while models name it, and as {@link SettingsStore.update}. */
  remove(id: ConnectionId): Promise<void>;
  /** @throws ServingError NOT_FOUND, INVALID_ARGUMENT, DEADLINE_EXCEEDED, S3Error. */
  browse(
    request: Through & { readonly uri: string; readonly from?: string | undefined },
    signal: AbortSignal,
  ): Promise<PrefixPage>;
  /**
   * What a request is to go through; undefined where the URI decides.
   * @throws ServingError NOT_FOUND, INVALID_ARGUMENT for a draft whose keys are neither in it nor stored.
   */
  resolve(through: Through): Promise<S3Connection | undefined>;
  /** Takes over what is in the settings now, also what other processes wrote. Never rejects. */
  refresh(): Promise<void>;
  /** Calls back after a change; `ids` are those by which stores are reached in another way than before. */
  subscribe(onChange: (ids: ReadonlySet<ConnectionId>) => void): () => void;
}

/** The name of a connection's keys among the secrets. */
const secretOf = (id: ConnectionId): string => `connection:${id}`;
const MAX_ID = 48;
const NONE: readonly Connection[] = [];

export function createConnections({
  store,
  secrets,
  s3,
  namedBy,
  log,
  browseTimeoutMs = BROWSE_TIMEOUT_MS,
}: ConnectionsDeps): Connections {
  const listeners = new Set<(ids: ReadonlySet<ConnectionId>) => void>();
  let protection: SecretProtection = { kind: 'none', label: '' };
  let connected: ReadonlyMap<ConnectionId, S3Connection> = new Map();
  /** The settings that {@link connected} is of. */
  let known: readonly Connection[] | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const current = (): readonly Connection[] => store.current().connections ?? NONE;

  function find(id: ConnectionId): Connection {
    const connection = current().find((each) => each.id === id);
    if (!connection) throw new ServingError('NOT_FOUND', `there is no connection "${id}"`);
    return connection;
  }

  async function keysOf(id: ConnectionId): Promise<AccessKeys | undefined> {
    const text = await secrets.get(secretOf(id));
    if (text === undefined) return undefined;
    const keys = AccessKeys.safeParse(parseJson(text));
    return keys.success ? keys.data : undefined;
  }

  async function withSecrets(connection: Connection): Promise<S3Connection> {
    const { credentials, ...fields } = connection;
    if (credentials.kind !== 'keys') return { ...fields, credentials };
    try {
      const keys = await keysOf(connection.id);
      if (keys) return { ...fields, credentials: { kind: 'keys', keys } };
      const problem = 'the keys of the connection are not stored here; enter them again, or choose other credentials';
      return { ...fields, credentials: { kind: 'missing', problem } };
    } catch (error) {
      return { ...fields, credentials: { kind: 'missing', problem: asServingError(error).message } };
    }
  }

  async function resolve({ connection: id, draft }: Through): Promise<S3Connection | undefined> {
    if (draft === undefined) return id === undefined ? undefined : withSecrets(find(id));
    const { credentials, ...fields } = draft;
    const named = id === undefined ? {} : { id };
    if (credentials.kind !== 'keys') return { ...fields, ...named, credentials };
    const keys = credentials.keys ?? (id === undefined ? undefined : await keysOf(id));
    if (!keys) throw new ServingError('INVALID_ARGUMENT', 'enter the access key and its secret');
    return { ...fields, ...named, credentials: { kind: 'keys', keys } };
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  }

  /** @param changed whose keys are others, though the settings may say the same. */
  async function apply(changed?: ConnectionId): Promise<void> {
    protection = await secrets.available();
    const wanted = current();
    if (wanted === known && changed === undefined) return;
    const before = connected;
    const resolved = await Promise.all(wanted.map(withSecrets));
    known = wanted;
    connected = new Map(resolved.flatMap((each) => (each.id === undefined ? [] : [[each.id, each] as const])));
    s3.connect(resolved);
    const ids = new Set([...before.keys(), ...connected.keys()]);
    for (const id of ids) if (isDeepStrictEqual(before.get(id), connected.get(id))) ids.delete(id);
    for (const listener of listeners) listener(ids);
  }

  async function save(id: ConnectionId | undefined, draft: ConnectionDraft): Promise<Connection> {
    const before = id === undefined ? undefined : find(id);
    const place = before?.id ?? freeId(draft.name, current());
    const checked = { ...draft, ...checkedStart(draft) };
    const { credentials, ...fields } = checked;
    const shown = shownCredentials(credentials, before?.credentials);
    const connection: Connection = { ...fields, id: place, credentials: shown };
    // First the keys: without them the connection would be there and of no use.
    if (credentials.kind === 'keys' && credentials.keys) {
      const { allowPlain } = credentials;
      await secrets.set(secretOf(place), JSON.stringify(credentials.keys), {
        ...(allowPlain !== undefined && { allowPlain }),
      });
    }
    await store.update(({ connections = NONE, ...settings }) => ({
      ...settings,
      connections: connections.some((each) => each.id === place)
        ? connections.map((each) => (each.id === place ? connection : each))
        : [...connections, connection],
    }));
    if (credentials.kind !== 'keys') await forget(place);
    await apply(place);
    return connection;
  }

  /** Keys that nobody uses any more do no harm where they cannot be removed, but they are a secret too many. */
  async function forget(id: ConnectionId): Promise<void> {
    await secrets.delete(secretOf(id)).catch((error: unknown) => {
      log.warn({ connection: id, error }, 'the keys of a connection could not be removed');
    });
  }

  return {
    current,
    problemOf(id) {
      const credentials = connected.get(id)?.credentials;
      return credentials?.kind === 'missing' ? credentials.problem : undefined;
    },
    protection: () => protection,
    save: (id, draft) => inTurn(() => save(id, draft)),
    remove: (id) =>
      inTurn(async () => {
        find(id);
        const models = namedBy(id);
        if (models.length > 0) {
          throw new ServingError(
            'FAILED_PRECONDITION',
            `the connection "${id}" is named by ${models.slice(0, 3).join(', ')}${models.length > 3 ? ' and others' : ''}; remove these models first`,
          );
        }
        await store.update(({ connections = NONE, ...settings }) => ({
          ...settings,
          connections: connections.filter((each) => each.id !== id),
        }));
        await forget(id);
        await apply(id);
      }),
    async browse({ uri, from, ...through }, signal) {
      const connection = await resolve(through);
      const late = AbortSignal.timeout(browseTimeoutMs);
      const page = await s3
        .browse(uri, { through: connection, from }, AbortSignal.any([signal, late]))
        .catch((error: unknown) => {
          if (!late.aborted || signal.aborted) throw error;
          const cause = `the store has not told what is there within ${Math.ceil(browseTimeoutMs / 1000)} s`;
          throw new ServingError('DEADLINE_EXCEEDED', `${uri}: ${cause}. Test the connection. [S3_STALLED]`);
        });
      return through.connection === undefined ? page : namedPage(page, through.connection);
    },
    resolve,
    refresh: () =>
      inTurn(async () => {
        try {
          await apply();
        } catch (error) {
          log.error({ error }, 'the connections of the settings could not be taken over');
        }
      }),
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

/** The entry URIs of a page with the connection in front, as models have to name it. */
function namedPage(page: PrefixPage, connection: ConnectionId): PrefixPage {
  const named = (uri: string): string => withConnection(uri, connection);
  return {
    ...page,
    uri: named(page.uri),
    ...(page.parent !== undefined && { parent: named(page.parent) }),
    folders: page.folders.map((folder) => ({ ...folder, uri: named(folder.uri) })),
    files: page.files.map((file) => ({ ...file, uri: named(file.uri) })),
  };
}

/**
 * A URI that names the connection it is reached by; anything but an S3 URI, and one that says already, is left alone. An
 * endpoint in it gives way to the connection's.
 * @throws ServingError INVALID_ARGUMENT for an S3 URI that is none.
 */
export function withConnection(uri: string, connection: ConnectionId | undefined): string {
  if (connection === undefined || !/^\s*s3:\/\//iu.test(uri)) return uri;
  const { connection: own = connection, bucket, key } = parseS3Uri(uri.trim());
  return formatS3Uri({ connection: own, bucket, key });
}

/** An S3 URI without the connection that it names; anything else as it is. */
export function withoutConnection(uri: string): { readonly uri: string; readonly connection?: ConnectionId } {
  if (!/^s3:\/\//iu.test(uri)) return { uri };
  try {
    const { connection, ...place } = parseS3Uri(uri);
    return { uri: formatS3Uri(place), ...(connection !== undefined && { connection }) };
  } catch {
    return { uri }; // a base path that cannot be served is shown as it is
  }
}

/** The id of a new connection: its name in small letters, with a number where that is taken. */
function freeId(name: string, taken: readonly Connection[]): ConnectionId {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .slice(0, MAX_ID)
    .replaceAll(/^-+|-+$/gu, '');
  // An address of the user interface has `new` in this place for one that is not there yet.
  const base = plain === '' || plain === 'new' ? 'connection' : plain;
  for (let number = 1; ; number += 1) {
    const id = ConnectionId.parse(number === 1 ? base : `${base}-${number}`);
    if (!taken.some((each) => each.id === id)) return id;
  }
}

/** @throws ServingError INVALID_ARGUMENT for a start that is no place in S3, or names a connection. */
function checkedStart({ startUri }: ConnectionDraft): { readonly startUri?: string } {
  if (startUri === undefined) return {};
  const { bucket, key } = parseS3Uri(startUri);
  return { startUri: formatS3Uri({ bucket, key }) };
}

function shownCredentials(
  credentials: ConnectionDraft['credentials'],
  before: ConnectionCredentials | undefined,
): ConnectionCredentials {
  if (credentials.kind !== 'keys') return credentials;
  if (credentials.keys) {
    const { accessKeyId, sessionToken } = credentials.keys;
    return { kind: 'keys', accessKeyIdEnd: accessKeyId.slice(-4), hasSessionToken: sessionToken !== undefined };
  }
  if (before?.kind === 'keys') return before;
  throw new ServingError('INVALID_ARGUMENT', 'enter the access key and its secret');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
