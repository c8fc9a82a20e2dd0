import {
  type Copy,
  pruneCopies,
  readCopies,
  removeCopies,
  type VerifiedCopy,
  verifyCopies,
} from '../../storage/cache/cache-maintenance.ts';
import { DEFAULT_CAP_BYTES } from '../../storage/cache/version-cache.ts';
import { bytesInWords } from '../../storage/words.ts';
import { cacheDirectoryFor } from './command-stores.ts';
import {
  type Command,
  countOption,
  EXIT_FAILED,
  EXIT_OK,
  JSON_OPTION,
  PLACE_OPTIONS,
  table,
  timeText,
} from './command.ts';

/** `slipway cache ls`: the local copies of versions that came from stores. */
export const cacheLsCommand: Command = {
  argument: '',
  summary: 'lists the local copies of versions that came from stores, those used longest ago first',
  options: { ...PLACE_OPTIONS, ...JSON_OPTION },
  async run(given, { print }) {
    const folder = cacheDirectoryFor(given);
    const copies = await readCopies(folder);
    const usedBytes = copies.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
    if (given.flag('json')) {
      print(JSON.stringify({ folder, usedBytes, copies }));
      return EXIT_OK;
    }
    const rows = copies.map((copy) => [
      copy.source,
      copy.version,
      bytesInWords(copy.sizeBytes),
      String(copy.files),
      copy.verified,
      timeText(copy.usedMs),
    ]);
    for (const line of table(['SOURCE', 'VERSION', 'SIZE', 'FILES', 'VERIFIED', 'USED (UTC)'], rows)) print(line);
    print(`${countOf(copies)}, ${bytesInWords(usedBytes)} in ${folder}`);
    return EXIT_OK;
  },
};

/** `slipway cache verify`: whether the bytes on the disk are still those that came. */
export const cacheVerifyCommand: Command = {
  argument: '',
  summary: 'reads all local copies and compares their checksums; --remove deletes broken ones that are not in use',
  options: { ...PLACE_OPTIONS, ...JSON_OPTION, remove: { type: 'boolean' } },
  async run(given, { print }) {
    const folder = cacheDirectoryFor(given);
    const isJson = given.flag('json');
    const copies: VerifiedCopy[] = [];
    await verifyCopies(folder, (copy) => {
      copies.push(copy);
      if (isJson) return;
      print(`[${copy.faults.length === 0 ? ' ok ' : 'FAIL'}] ${nameOf(copy)}  ${bytesInWords(copy.sizeBytes)}`);
      for (const fault of copy.faults) print(`       ${fault}`);
    });
    const broken = copies.filter(({ faults }) => faults.length > 0);
    const removed = given.flag('remove')
      ? await removeCopies(
          folder,
          broken.map(({ name }) => name),
        )
      : [];
    if (isJson) print(JSON.stringify({ folder, copies, removed }));
    else {
      print(
        `${countOf(copies)} read, ${broken.length} broken${given.flag('remove') ? `, ${removed.length} removed` : ''}`,
      );
      if (broken.length > removed.length) {
        print(
          'To do: run it again with --remove; what is removed comes from its store again. One in use goes once its model is unloaded.',
        );
      }
    }
    return broken.length > removed.length ? EXIT_FAILED : EXIT_OK;
  },
};

/** `slipway cache prune`: makes room. */
export const cachePruneCommand: Command = {
  argument: '',
  summary: 'removes local copies that are not in use: the oldest down to --cache_max_bytes, or --all of them',
  options: { ...PLACE_OPTIONS, ...JSON_OPTION, cache_max_bytes: { type: 'string' }, all: { type: 'boolean' } },
  async run(given, { print }) {
    const folder = cacheDirectoryFor(given);
    const mostBytes = given.flag('all') ? 0 : (countOption(given, 'cache_max_bytes') ?? DEFAULT_CAP_BYTES);
    const { removed, inUse, leftBytes } = await pruneCopies(folder, mostBytes);
    if (given.flag('json')) {
      print(JSON.stringify({ folder, removed, inUse, leftBytes }));
      return EXIT_OK;
    }
    for (const copy of removed) print(`removed ${nameOf(copy)}  ${bytesInWords(copy.sizeBytes)}`);
    for (const copy of inUse) print(`in use  ${nameOf(copy)}  ${bytesInWords(copy.sizeBytes)}`);
    print(`${countOf(removed)} removed, ${bytesInWords(leftBytes)} left in ${folder}`);
    return EXIT_OK;
  },
};

function nameOf({ source, version }: Copy): string {
  return `${source} version ${version}`;
}

function countOf(copies: readonly Copy[]): string {
  return copies.length === 1 ? '1 copy' : `${copies.length} copies`;
}
