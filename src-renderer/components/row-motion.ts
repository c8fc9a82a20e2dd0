/** Where the focus goes in a list by a key; undefined for a key that does not move it. */
export function movedRow(key: string, at: number, count: number, rowsOnPage: number): number | undefined {
  const target = wanted(key, at, count, Math.max(1, rowsOnPage - 1));
  return target === undefined || count === 0 ? undefined : Math.min(count - 1, Math.max(0, target));
}

function wanted(key: string, at: number, count: number, page: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return at + 1;
    case 'ArrowUp':
      return at - 1;
    case 'PageDown':
      return at + page;
    case 'PageUp':
      return at - page;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

/**
 * Where the row with a key is now; looks first where it was, since most changes leave it there.
 * @returns undefined when it is gone.
 */
export function indexOfKey<Key>(
  key: Key | undefined,
  lastIndex: number,
  count: number,
  keyAt: (index: number) => Key,
): number | undefined {
  if (key === undefined || count === 0) return undefined;
  if (lastIndex < count && keyAt(lastIndex) === key) return lastIndex;
  for (let index = 0; index < count; index += 1) if (keyAt(index) === key) return index;
  return undefined;
}

/** How many rows stand behind the one with this key; all of them when it is gone. Counts from the end. */
export function rowsAfter<Key>(key: Key, count: number, keyAt: (index: number) => Key): number {
  for (let index = count - 1; index >= 0; index -= 1) if (keyAt(index) === key) return count - 1 - index;
  return count;
}
