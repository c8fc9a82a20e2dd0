import type { ServableId } from '../../contracts/ids.ts';
import type { VersionView } from '../../contracts/ui.ts';

/** Something has changed about a version that is unloaded or loaded by hand; `event` where the timeline tells of it. */
export interface HoldChange {
  readonly id: ServableId;
  readonly event?: { readonly kind: 'held' | 'released'; readonly reason: string };
}

/** What the user does with single versions by hand, as the user interface shows it. */
export interface VersionHoldsView {
  /** Undefined where nothing is done by hand. `sinceMs`: milliseconds since the Unix epoch. */
  view(id: ServableId): { readonly as: NonNullable<VersionView['held']>; readonly sinceMs: number } | undefined;
  subscribe(listener: (change: HoldChange) => void): () => void;
}
