/** Something that the palette offers. */
export interface PaletteItem {
  /** The same in every session, so that it can be remembered as recent. */
  readonly id: string;
  readonly title: string;
  /** What kind of thing it is, or where it leads. */
  readonly note: string;
  /** More words that find it. */
  readonly words?: string;
}

const EXACT = 1000;
const PREFIX = 600;
const WORD_START = 300;
const INSIDE = 100;

/**
 * How well a query fits; undefined when it does not. Every word of it has to be in the title, the note or the other words;
 * the title counts more, and more again where a word of it begins so.
 */
export function matchScore(query: string, { title, note, words = '' }: Omit<PaletteItem, 'id'>): number | undefined {
  const asked = query.toLowerCase().split(/\s+/u).filter(Boolean);
  const inTitle = title.toLowerCase();
  const elsewhere = `${note} ${words}`.toLowerCase();
  let score = inTitle === asked.join(' ') ? EXACT : 0;
  for (const word of asked) {
    const at = inTitle.indexOf(word);
    if (at === 0) score += PREFIX;
    else if (at > 0) score += /[\s_\-./:]/u.test(inTitle.charAt(at - 1)) ? WORD_START : INSIDE;
    else if (elsewhere.includes(word)) score += 1;
    else return undefined;
  }
  // Of two that fit alike the shorter one is meant.
  return score - title.length / 100;
}

/** The best of the items for a query, in order of fit; those of equal fit stay in theirs. */
export function bestMatches<Item extends PaletteItem>(
  query: string,
  items: readonly Item[],
  limit: number,
): readonly Item[] {
  return items
    .flatMap((item) => {
      const score = matchScore(query, item);
      return score === undefined ? [] : [{ item, score }];
    })
    .toSorted((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ item }) => item);
}
