import { callerNetwork } from '../../contracts/ip-network.ts';
import type { RefusedCall } from '../../contracts/request-outcome.ts';
import type { RefusedCalls } from '../../contracts/ui-traffic.ts';

/** Entries of single addresses: whoever has more addresses must not take more memory. */
const MAX_GROUPS = 100;
/** An address that was quiet for so long makes room for another one. */
const STALE_MS = 60 * 60_000;

interface Group {
  readonly address: string | undefined;
  readonly entrypoint: RefusedCall['entrypoint'];
  readonly code: RefusedCall['code'];
  reason: string;
  count: number;
  firstMs: number;
  lastMs: number;
}

/**
 * Counts the calls that were turned away, by their callers' addresses. They stand apart from the records of calls: strangers
 * can make as many of them as they like, and must neither push a record out nor take memory for each. Where there is no
 * room for an address, its calls are counted with those of all others that have none; who was there before stays.
 */
export class RefusedCallsTally {
  readonly #groups = new Map<string, Group>();
  readonly #others = new Map<string, Group>();
  #count = 0;
  #lastMs = 0;

  count({ entrypoint, code, address, reason }: RefusedCall, nowMs: number): void {
    this.#count += 1;
    this.#lastMs = nowMs;
    const from = address === undefined ? undefined : callerNetwork(address);
    const what = { entrypoint, code };
    const group =
      (from === undefined ? undefined : this.#ownGroup(from, what, nowMs)) ?? this.#sharedGroup(what, nowMs);
    group.count += 1;
    group.lastMs = nowMs;
    group.reason = reason;
  }

  /** Of all together; undefined before the first. */
  summary(): { readonly count: number; readonly lastMs: number } | undefined {
    return this.#count === 0 ? undefined : { count: this.#count, lastMs: this.#lastMs };
  }

  /** Newest first. */
  list(): readonly RefusedCalls[] {
    return [...this.#groups.values(), ...this.#others.values()]
      .map(({ address, ...group }) => ({ ...group, ...(address !== undefined && { address }) }))
      .toSorted((left, right) => right.lastMs - left.lastMs);
  }

  clear(): void {
    this.#groups.clear();
    this.#others.clear();
    this.#count = 0;
  }

  #ownGroup(address: string, what: Pick<Group, 'entrypoint' | 'code'>, nowMs: number): Group | undefined {
    const key = `${what.entrypoint} ${what.code} ${address}`;
    const before = this.#groups.get(key);
    if (before !== undefined) return before;
    if (this.#groups.size >= MAX_GROUPS && !this.#makeRoom(nowMs)) return undefined;
    const group = newGroup(address, what, nowMs);
    this.#groups.set(key, group);
    return group;
  }

  #sharedGroup(what: Pick<Group, 'entrypoint' | 'code'>, firstMs: number): Group {
    const key = `${what.entrypoint} ${what.code}`;
    const group = this.#others.get(key) ?? newGroup(undefined, what, firstMs);
    this.#others.set(key, group);
    return group;
  }

  /** @returns whether there is room now. */
  #makeRoom(nowMs: number): boolean {
    for (const [key, group] of this.#groups) {
      if (nowMs - group.lastMs <= STALE_MS) continue;
      this.#groups.delete(key);
      const shared = this.#sharedGroup(group, group.firstMs);
      if (group.lastMs >= shared.lastMs) shared.reason = group.reason;
      shared.count += group.count;
      shared.firstMs = Math.min(shared.firstMs, group.firstMs);
      shared.lastMs = Math.max(shared.lastMs, group.lastMs);
      return true;
    }
    return false;
  }
}

function newGroup(address: string | undefined, what: Pick<Group, 'entrypoint' | 'code'>, nowMs: number): Group {
  const { entrypoint, code } = what;
  return { address, entrypoint, code, reason: '', count: 0, firstMs: nowMs, lastMs: nowMs };
}
