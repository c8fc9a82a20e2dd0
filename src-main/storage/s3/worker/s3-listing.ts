import type { RemoteObject } from '../../download/object-reader.ts';
import { refuseUnsafePaths } from '../../download/safe-paths.ts';
import type { Children } from '../../remote/worker/answers.ts';
import { S3Error } from '../s3-error.ts';
import { describeS3Location, formatS3Uri, type S3Location } from '../s3-uri.ts';
import type { ListedObject, ListPage, S3Requests } from './s3-requests.ts';

/** Listings of prefixes. Each method rejects with S3_PREFIX_NOT_FOUND where there is nothing: never with nothing. */
export interface S3Listing {
  children(location: S3Location, signal: AbortSignal): Promise<Children>;
  /**
   * All objects below a prefix, with their paths below it. What {@link children} has seen of it just now is taken from
   * there, once: a poll of a model then costs one request.
   * @param mayReuse false where the present counts.
   */
  objects(location: S3Location, mayReuse: boolean, signal: AbortSignal): Promise<readonly RemoteObject[]>;
  /** An object, or a prefix that has objects; undefined where it is neither. */
  stat(location: S3Location, signal: AbortSignal): Promise<ListedObject | 'directory' | undefined>;
}

/** More are a mistake, and cutting them off in silence would be another. */
const MAX_KEYS = 200_000;
const MAX_PAGES = MAX_KEYS / 1000;
/** For how long the versions of a base path may be taken from the listing of the base path. */
const REUSE_MS = 2000;
const MAX_SNAPSHOTS = 64;

/** Objects below a prefix by the first segment of their path, seen together. */
interface Snapshot {
  readonly takenMs: number;
  readonly byChild: Map<string, readonly ListedObject[]>;
}

/** @param now milliseconds of a clock that never goes back. */
export function createS3Listing(requests: S3Requests, now: () => number = () => performance.now()): S3Listing {
  /** By URI; only the newest ones. */
  const snapshots = new Map<string, Snapshot>();
  /** Prefixes with more than a page of keys: there the children are asked for alone. */
  const large = new Set<string>();

  async function* pages(
    location: S3Location,
    query: Parameters<S3Requests['list']>[1],
    signal: AbortSignal,
    first?: ListPage,
  ): AsyncGenerator<ListPage> {
    let page = first ?? (await requests.list(location, query, signal));
    let keys = 0;
    for (let count = 1; ; count += 1) {
      keys += page.objects.length + page.prefixes.length;
      // A store may put as many keys on a page as it likes.
      if (keys > MAX_KEYS || (count >= MAX_PAGES && page.next !== undefined)) {
        throw new S3Error(
          'S3_TOO_MANY_KEYS',
          `${describeS3Location(location)}: holds more than ${MAX_KEYS} keys. Use a prefix that holds one model only.`,
        );
      }
      yield page;
      if (page.next === undefined) return;
      page = await requests.list(location, { ...query, from: page.next }, signal);
    }
  }

  async function notFound(location: S3Location, signal: AbortSignal): Promise<S3Error> {
    const { key } = location;
    const place = describeS3Location(location);
    // An object sorts before all others that its key is the beginning of.
    const found = key === '' ? undefined : await requests.list(location, { prefix: key, maxKeys: 1 }, signal);
    if (found?.objects[0]?.key === key) {
      return new S3Error('S3_WRONG_KIND', `${place}: this is an object, not a folder.`);
    }
    return new S3Error(
      'S3_PREFIX_NOT_FOUND',
      `${place}: does not exist, no key begins with it. Check the prefix; it is looked for again by itself.`,
    );
  }

  function remember(uri: string, byChild: Map<string, readonly ListedObject[]>): void {
    snapshots.delete(uri);
    snapshots.set(uri, { takenMs: now(), byChild });
    const [oldest] = snapshots.keys();
    if (snapshots.size > MAX_SNAPSHOTS && oldest !== undefined) snapshots.delete(oldest);
  }

  /** What a listing of the folder above has just seen. */
  function recall({ key, ...place }: S3Location): readonly ListedObject[] | undefined {
    if (key === '') return undefined;
    const cut = key.lastIndexOf('/');
    const snapshot = snapshots.get(formatS3Uri({ ...place, key: key.slice(0, Math.max(cut, 0)) }));
    const name = key.slice(cut + 1);
    const objects = snapshot?.byChild.get(name);
    if (!snapshot || !objects || now() - snapshot.takenMs > REUSE_MS) return undefined;
    snapshot.byChild.delete(name);
    return objects;
  }

  async function listObjects(location: S3Location, signal: AbortSignal): Promise<readonly ListedObject[]> {
    const prefix = prefixOf(location);
    const found: ListedObject[] = [];
    for await (const page of pages(location, { prefix }, signal)) for (const object of page.objects) found.push(object);
    if (!found.some(({ archivedIn }) => archivedIn !== undefined)) return found;
    // Restored objects are still of their storage class; asked separately, since not every store knows the question.
    const restored: ListedObject[] = [];
    const query = { prefix, withRestoreStatus: true };
    for await (const page of pages(location, query, signal)) for (const object of page.objects) restored.push(object);
    return restored;
  }

  const api: S3Listing = {
    async children(location, signal) {
      const prefix = prefixOf(location);
      const uri = formatS3Uri(location);
      snapshots.delete(uri);
      if (!large.has(uri)) {
        const page = await requests.list(location, { prefix }, signal);
        if (page.next === undefined) {
          const byChild = groupByChild(page.objects, prefix);
          const children = childrenOf(byChild, prefix);
          if (children.files.length + children.directories.length === 0) throw await notFound(location, signal);
          for (const name of children.files) byChild.delete(name);
          remember(uri, byChild);
          return children;
        }
        large.add(uri);
      }
      const files: string[] = [];
      const directories: string[] = [];
      for await (const page of pages(location, { prefix, delimiter: '/' }, signal)) {
        for (const { key } of page.objects) if (key !== prefix) files.push(key.slice(prefix.length));
        for (const below of page.prefixes) directories.push(below.slice(prefix.length, -1));
      }
      const named = { files, directories: directories.filter((name) => name !== '') };
      if (files.length + named.directories.length === 0) throw await notFound(location, signal);
      return named;
    },

    async objects(location, mayReuse, signal) {
      const prefix = prefixOf(location);
      const seen = mayReuse ? recall(location) : undefined;
      const isArchived = seen?.some(({ archivedIn }) => archivedIn !== undefined) ?? false;
      const listed = seen && !isArchived ? seen : await listObjects(location, signal);
      // Consoles make "folders" of objects whose key ends in a slash.
      const objects = listed.filter(({ key }) => !key.endsWith('/'));
      if (objects.length === 0) throw await notFound(location, signal);
      const archived = objects.find(({ archivedIn }) => archivedIn !== undefined);
      if (archived) {
        throw new S3Error(
          'S3_ARCHIVED',
          `${describeS3Location(location)}: archived (${archived.archivedIn}). Restore it first.`,
        );
      }
      const remote = objects.map(({ key, sizeBytes, modifiedMs, revision }) => ({
        key,
        path: key.slice(prefix.length),
        sizeBytes,
        modifiedMs,
        revision,
      }));
      refuseUnsafePaths(remote);
      return remote;
    },

    async stat(location, signal) {
      const { key } = location;
      if (key !== '') {
        // An object sorts before all others that its key is the beginning of.
        const { objects } = await requests.list(location, { prefix: key, maxKeys: 1 }, signal);
        const [first] = objects;
        if (!first) return undefined;
        if (first.key === key) return first;
        if (first.key.startsWith(`${key}/`)) return 'directory';
      }
      const below = await requests.list(location, { prefix: prefixOf(location), maxKeys: 1 }, signal);
      return below.objects.length > 0 ? 'directory' : undefined;
    },
  };
  return api;
}

function prefixOf({ key }: S3Location): string {
  return key === '' ? '' : `${key}/`;
}

function groupByChild(objects: readonly ListedObject[], prefix: string): Map<string, ListedObject[]> {
  const byChild = new Map<string, ListedObject[]>();
  for (const object of objects) {
    const [name = ''] = object.key.slice(prefix.length).split('/', 1);
    const known = byChild.get(name);
    if (known) known.push(object);
    else byChild.set(name, [object]);
  }
  // The marker of the folder itself, and keys with two slashes in a row, which no path can name.
  byChild.delete('');
  return byChild;
}

/** A folder that nothing but markers make is none. */
function childrenOf(byChild: ReadonlyMap<string, readonly ListedObject[]>, prefix: string): Children {
  const files: string[] = [];
  const directories: string[] = [];
  for (const [name, objects] of byChild) {
    const own = prefix + name;
    if (objects.some(({ key }) => key !== own && !key.endsWith('/'))) directories.push(name);
    else if (objects.some(({ key }) => key === own)) files.push(name);
  }
  return { files, directories };
}
