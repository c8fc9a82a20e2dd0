import type { BigIntStats } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';

/** Whether the times of directories would tell that something in them was added, removed or renamed. */
export type Telling = 'never' | 'not yet' | 'yes';

/** How a directory is read. */
export interface Reading<T> {
  /**
   * Reads it; `tells` is about the directories below it and the links in it.
   * @param self what it looked like just before; undefined when `tells` is of no use.
   */
  read(self?: BigIntStats): Promise<{ readonly entries: readonly T[]; readonly tells: Telling }>;
  /** Whether what was in it is as it was, given that no directory says otherwise. */
  isUnchanged(entries: readonly T[]): Promise<boolean>;
  isSame(one: T, other: T): boolean;
}

/** Makes one call to the operating system. */
type Ask = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Linux file systems of this computer, which stamp a directory at each change in it: ext2 to ext4, XFS, Btrfs, F2FS, ZFS,
 * tmpfs, overlayfs. Others, above all network drives and buckets in the guise of a folder, may not. Source: linux/magic.h.
 */
const STAMPING: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0x01021994, 0x794c7630,
]);
/** Changes within one tick of the kernel's clock have one stamp: only an older stamp is of the last change for certain. */
const QUIET_MS = 2000;

/** Spares reading directories again that can be seen to hold what they held. */
export interface Rereading {
  /**
   * @param before what an earlier reading of the directory gave.
   * @returns the same object where nothing has changed.
   */
  read<T extends object>(
    directory: string,
    before: readonly T[] | undefined,
    reading: Reading<T>,
    ask: Ask,
  ): Promise<readonly T[]>;
}

export function createRereading(): Rereading {
  /** What the directory looked like just before it was read; `never`: its looks tell nothing. */
  const looks = new WeakMap<readonly object[], BigIntStats | 'never'>();

  return {
    async read(directory, before, reading, ask) {
      // Most directories are read once only: what helps the next reading is asked for at the second.
      if (!before) return (await reading.read()).entries;
      const last = looks.get(before);
      const now = last === 'never' ? undefined : await ask(() => stat(directory, { bigint: true }));
      if (now && last && last !== 'never' && isSameDirectory(last, now) && (await reading.isUnchanged(before))) {
        return before;
      }
      const { entries, tells } = await reading.read(now);
      const result = isSameList(before, entries, reading) ? before : entries;
      if (!now || result !== before) return result;
      if (tells === 'never') looks.set(result, 'never');
      else if (tells === 'not yet' || !isQuiet(now)) looks.delete(result);
      else looks.set(result, (await isStamping(directory, ask)) ? now : 'never');
      return result;
    },
  };
}

/** What one directory below the one that is read tells, added to what others do. */
export function alsoTelling(others: Telling, below: BigIntStats, self: BigIntStats): Telling {
  if (others === 'never' || below.dev !== self.dev) return 'never';
  return isQuiet(below) ? others : 'not yet';
}

function isQuiet({ mtimeMs, ctimeMs }: BigIntStats): boolean {
  return Date.now() - Math.max(Number(mtimeMs), Number(ctimeMs)) >= QUIET_MS;
}

function isSameDirectory(one: BigIntStats, other: BigIntStats): boolean {
  return (
    one.ino === other.ino && one.dev === other.dev && one.mtimeNs === other.mtimeNs && one.ctimeNs === other.ctimeNs
  );
}

async function isStamping(directory: string, ask: Ask): Promise<boolean> {
  return STAMPING.has((await ask(() => statfs(directory))).type);
}

function isSameList<T>(before: readonly T[], entries: readonly T[], reading: Reading<T>): boolean {
  if (before.length !== entries.length) return false;
  return before.every((one, index) => {
    const other = entries[index];
    return other !== undefined && reading.isSame(one, other);
  });
}
