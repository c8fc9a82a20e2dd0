import type { FileSystem } from '../../storage/file-system.ts';
import { readVersionFolders } from '../../storage/version-folders.ts';
import { bytesInWords } from '../../storage/words.ts';
import { withoutConnection } from '../connections.ts';
import type { Stores } from '../stores.ts';
import { type Command, EXIT_OK, JSON_OPTION, PLACE_OPTIONS, table, timeText } from './command.ts';
import { openCommandStores } from './command-stores.ts';

/** One line of a listing. */
interface ListedEntry {
  readonly name: string;
  readonly kind: 'version' | 'folder' | 'file' | 'other';
  /** Of a version: all of its files together. Absent for a folder, which is not looked into. */
  readonly sizeBytes?: number;
  readonly files?: number;
  /** Of a version: of its newest file. */
  readonly modifiedMs?: number;
}

interface PlaceListing {
  readonly uri: string;
  readonly entries: readonly ListedEntry[];
  /** Whether there is more than is listed. */
  readonly isCut: boolean;
}

/** Enough to see what is there; more is for tools that are made for it. */
const MAX_ENTRIES = 10_000;
const AT_ONCE = 8;

/** `slipway ls URI`: what is at a place, as a server would see it. */
export const lsCommand: Command = {
  argument: 'URI',
  summary: 'lists versions, folders and files of a place that models come from, with their sizes',
  options: { ...PLACE_OPTIONS, ...JSON_OPTION, connection: { type: 'string' } },
  async run(given, context) {
    await using opened = await openCommandStores(given, context);
    const listing = await listPlace(opened.stores, await opened.place(given), context.signal);
    if (given.flag('json')) {
      context.print(JSON.stringify(listing));
      return EXIT_OK;
    }
    const rows = listing.entries.map(({ name, kind, sizeBytes, files, modifiedMs }) => [
      kind === 'folder' ? `${name}/` : name,
      kind,
      sizeBytes === undefined ? '-' : bytesInWords(sizeBytes),
      files === undefined ? '-' : String(files),
      timeText(modifiedMs ?? 0),
    ]);
    if (rows.length === 0) context.print('nothing is there');
    else for (const line of table(['NAME', 'KIND', 'SIZE', 'FILES', 'MODIFIED (UTC)'], rows)) context.print(line);
    if (listing.isCut) context.print(`... and more: only ${MAX_ENTRIES} are listed`);
    return EXIT_OK;
  },
};

async function listPlace({ registry, s3 }: Stores, place: string, signal: AbortSignal): Promise<PlaceListing> {
  const { fileSystem, path } = registry.resolve(place);
  const { uri } = withoutConnection(path);
  const status = await fileSystem.stat(path, signal);
  if (status.kind !== 'directory') {
    const { sizeBytes, modifiedMs } = status;
    return { uri, entries: [{ name: fileSystem.baseName(path), kind: 'file', sizeBytes, modifiedMs }], isCut: false };
  }
  const found =
    fileSystem.scheme === 's3' ? await browseAll(s3, path, signal) : await listAll(fileSystem, path, signal);
  const folders = found.entries.filter(({ kind }) => kind === 'folder');
  const { versions } = readVersionFolders(folders.map(({ name }) => ({ name, kind: 'directory' })));
  const names = new Set(versions.map(({ entry }) => entry));
  const measured = await inBatches(found.entries, (entry) =>
    names.has(entry.name) ? measure(fileSystem, path, entry.name, signal) : Promise.resolve(entry),
  );
  return { uri, entries: measured.toSorted(byKindAndName), isCut: found.isCut };
}

type Found = Pick<PlaceListing, 'entries' | 'isCut'>;

/** Of a store whose listings tell sizes. */
async function browseAll(s3: Stores['s3'], path: string, signal: AbortSignal): Promise<Found> {
  const entries: ListedEntry[] = [];
  let from: string | undefined;
  do {
    const page = await s3.browse(path, { from }, signal);
    entries.push(...page.folders.map(({ name }) => ({ name, kind: 'folder' as const })));
    for (const { name, sizeBytes, modifiedMs } of page.files)
      entries.push({ name, kind: 'file', sizeBytes, modifiedMs });
    from = page.next;
  } while (from !== undefined && entries.length < MAX_ENTRIES);
  return { entries: entries.slice(0, MAX_ENTRIES), isCut: from !== undefined };
}

async function listAll(fileSystem: FileSystem, path: string, signal: AbortSignal): Promise<Found> {
  const listed = await fileSystem.list(path, signal);
  const entries = await inBatches(listed.slice(0, MAX_ENTRIES), async ({ name, kind }): Promise<ListedEntry> => {
    if (kind === 'directory') return { name, kind: 'folder' };
    if (kind === 'other') return { name, kind };
    const { sizeBytes, modifiedMs } = await fileSystem.stat(fileSystem.join(path, name), signal);
    return { name, kind, sizeBytes, modifiedMs };
  });
  return { entries, isCut: listed.length > MAX_ENTRIES };
}

async function measure(fileSystem: FileSystem, path: string, name: string, signal: AbortSignal): Promise<ListedEntry> {
  const tree = await fileSystem.listRecursive(fileSystem.join(path, name), signal);
  const files = tree.filter(({ kind }) => kind === 'file');
  return {
    name,
    kind: 'version',
    files: files.length,
    sizeBytes: files.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    modifiedMs: files.reduce((newest, { modifiedMs }) => Math.max(newest, modifiedMs), 0),
  };
}

async function inBatches<From, To>(items: readonly From[], work: (item: From) => Promise<To>): Promise<readonly To[]> {
  const done: To[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    done.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  }
  return done;
}

const KINDS: readonly ListedEntry['kind'][] = ['version', 'folder', 'file', 'other'];
const natural = new Intl.Collator('en', { numeric: true });

/** Versions first, the highest on top, as they are served. */
function byKindAndName(one: ListedEntry, other: ListedEntry): number {
  const kinds = KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind);
  if (kinds !== 0) return kinds;
  return one.kind === 'version' ? natural.compare(other.name, one.name) : natural.compare(one.name, other.name);
}
