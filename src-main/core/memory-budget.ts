import type { ServableId } from '../contracts/ids.ts';
import { bytesInWords } from './words.ts';

/** A version that takes memory. */
export interface MemoryHolder {
  readonly id: ServableId;
  readonly bytes: number;
  /** It may give its memory back by itself: a load that may fail, an unload, a version that makes way for a load. */
  readonly goes: boolean;
  /** It serves only until another version of its servable does. */
  readonly kept: boolean;
}

/** A version that is to be loaded. */
export interface MemoryNeed {
  readonly id: ServableId;
  readonly bytes: number;
  /** What it holds already and would give for it: it was lost, and its content has changed since. */
  readonly heldBytes: number;
}

/** What the memory is taken by at one moment, and what that means for a load. */
export interface MemoryBudget {
  fits(need: MemoryNeed): boolean;
  /** Whether it would fit if all went that may go by itself. */
  mayFitSoon(need: MemoryNeed): boolean;
  /** The numbers: `needs about 120 MB; 900 MB of 1 GB are taken by a v1 (900 MB)`. */
  explain(need: MemoryNeed): string;
}

/** A text names so many of those that take memory, the largest ones. */
const NAMED_HOLDERS = 3;

/** @param holders in any order; the budget is worth what they are worth. */
export function createMemoryBudget(limitBytes: number, holders: readonly MemoryHolder[]): MemoryBudget {
  const usedBytes = sumOf(holders);
  const stayingBytes = sumOf(holders.filter(({ goes }) => !goes));
  // Sorted when somebody asks for words, and once for all who ask.
  let bySize: readonly MemoryHolder[] | undefined;

  return {
    fits: ({ bytes, heldBytes }) => usedBytes - heldBytes + bytes <= limitBytes,
    mayFitSoon: ({ bytes, heldBytes }) => stayingBytes - heldBytes + bytes <= limitBytes,
    explain(need) {
      const needs = `needs about ${bytesInWords(need.bytes)}`;
      const limit = bytesInWords(limitBytes);
      bySize ??= holders.filter(({ bytes }) => bytes > 0).toSorted((left, right) => right.bytes - left.bytes);
      const others = bySize.filter(({ id }) => id.name !== need.id.name || id.version !== need.id.version);
      if (others.length === 0 || need.bytes > limitBytes) return `${needs}, and the limit is ${limit}`;
      const named = others.slice(0, NAMED_HOLDERS).map(({ id, bytes }) => {
        return `${id.name} v${id.version} (${bytesInWords(bytes)})`;
      });
      const more = others.length > named.length ? [`${others.length - named.length} more`] : [];
      const taken = `${bytesInWords(sumOf(others))} of ${limit} are taken by ${[...named, ...more].join(', ')}`;
      const kept = others.filter((other) => other.kept && other.id.name === need.id.name);
      const remedy =
        kept.length > 0 && sumOf(others) - sumOf(kept) + need.bytes <= limitBytes
          ? `; the policy resource_preserving would unload ${kept.map(({ id }) => `v${id.version}`).join(' and ')} first`
          : '';
      return `${needs}; ${taken}${remedy}`;
    },
  };
}

function sumOf(holders: readonly MemoryHolder[]): number {
  return holders.reduce((sum, { bytes }) => sum + bytes, 0);
}
