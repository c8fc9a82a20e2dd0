import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { SettingRow } from './setting-row.tsx';

/** The sections in the order in which they are shown; each is the last part of its route. */
export const SECTION_IDS = [
  'server',
  'models',
  'startup',
  'appearance',
  'privacy',
  'keys',
  'advanced',
  'about',
] as const;
export type SectionId = (typeof SECTION_IDS)[number];

export interface SettingSection {
  readonly id: SectionId;
  readonly title: string;
  readonly icon: LucideIcon;
  /** Stands above the rows: what goes for all of them, or why there are none. */
  readonly note?: ReactNode;
  readonly rows: readonly SettingRow[];
}

/**
 * The rows that have every word of the query at the start of one of theirs, in any case: `port` is in no `report`.
 * Without a word that is all of them.
 */
export function matchingRows({ title, rows }: SettingSection, query: string): readonly SettingRow[] {
  const wanted = query.toLowerCase().split(/\s+/u).filter(Boolean);
  return rows.filter((row) => {
    const { group, name, text, fallback, words = '' } = row;
    const flag = row.flag === undefined ? '' : `--${row.flag} ${row.flag.replaceAll('_', ' ')}`;
    const all = [title, group, name, text, flag, fallback ?? '', words].join(' ').toLowerCase();
    return wanted.every((word) => hasWordFrom(all, word));
  });
}

const LETTER = /[\p{L}\p{N}]/u;

function hasWordFrom(text: string, start: string): boolean {
  for (let at = text.indexOf(start); at !== -1; at = text.indexOf(start, at + 1))
    if (at === 0 || !LETTER.test(text.charAt(at - 1))) return true;
  return false;
}

/** Rows by their groups, both in order. */
export function groupsOf(rows: readonly SettingRow[]): ReadonlyMap<string, readonly SettingRow[]> {
  return Map.groupBy(rows, ({ group }) => group);
}
