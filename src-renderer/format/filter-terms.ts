/** One condition of a filter box, in lower case. */
export interface FilterTerm {
  /** Empty for words that are looked for anywhere. */
  readonly key: string;
  /** Any of them is enough; at least one. */
  readonly values: readonly string[];
  /** A minus stood before it. */
  readonly isOpposite: boolean;
}

/**
 * What stands in a filter box: conditions separated by blanks, `word`, `"two words"`, `key:value`, `key~value`,
 * `key:one,other`, each with a minus before it for the opposite. A key without a value is still being typed and left out.
 * @param keys in lower case; anything else before a colon is part of a word.
 */
export function filterTerms(text: string, keys: readonly string[]): readonly FilterTerm[] {
  const term = new RegExp(String.raw`(-?)(?:(${keys.join('|')})[:~]((?:"[^"]*"?|[^\s"])*)|"([^"]*)"?|(\S+))`, 'giu');
  return [...text.matchAll(term)].flatMap(([, minus, key, values = '', quoted, word]) => {
    const wanted =
      key === undefined
        ? [(quoted ?? word ?? '').toLowerCase()]
        : values
            .toLowerCase()
            .replaceAll('"', '')
            .split(',')
            .filter((value) => value !== '');
    return wanted.length === 0 ? [] : [{ key: key?.toLowerCase() ?? '', values: wanted, isOpposite: minus === '-' }];
  });
}
