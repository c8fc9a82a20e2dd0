import type { LucideIcon } from 'lucide-react';
import {
  ArrowDownToLine,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CirclePause,
  CirclePlay,
  CircleSlash2,
  FolderMinus,
  FolderPlus,
  Hourglass,
  LoaderCircle,
  RotateCw,
  Tag,
  Zap,
} from 'lucide-react';
import type { EventView, ModelView, VersionView } from '#contracts/ui.ts';
import type { Tone } from '../../components/notice.tsx';
import { formatCount } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';

const words = strings.models;

/** What a version is doing, in the one word that the list shows. Also the values of the `state:` filter. */
export const VERSION_STATUSES = [
  'waiting',
  'queued',
  'loading',
  'retrying',
  'available',
  'unloading',
  'failed',
  'unloaded',
  'held',
] as const;
export type VersionStatus = (typeof VERSION_STATUSES)[number];

export interface StatusLook {
  readonly word: string;
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly spins?: boolean;
}

export const STATUS_LOOK: Readonly<Record<VersionStatus, StatusLook>> = {
  waiting: { word: words.status.waiting, tone: 'idle', icon: Hourglass },
  queued: { word: words.status.queued, tone: 'busy', icon: CircleDashed },
  loading: { word: words.status.loading, tone: 'busy', icon: LoaderCircle, spins: true },
  retrying: { word: words.status.retrying, tone: 'warn', icon: RotateCw },
  available: { word: words.status.available, tone: 'ok', icon: CircleCheck },
  unloading: { word: words.status.unloading, tone: 'warn', icon: ArrowDownToLine },
  failed: { word: words.status.failed, tone: 'bad', icon: CircleAlert },
  unloaded: { word: words.status.unloaded, tone: 'idle', icon: CircleSlash2 },
  held: { word: words.status.held, tone: 'idle', icon: CirclePause },
};

/**
 * `loading` that waits for its next attempt is `retrying`; `end` is `failed` or `unloaded`: a load that was cancelled
 * because nobody wanted the version any more has not failed. What somebody unloaded, and is gone, is `held`.
 */
export function versionStatus(view: Pick<VersionView, 'phase' | 'retryAtMs' | 'error' | 'held'>): VersionStatus {
  const isHeld = view.held === 'unloaded' || view.held === 'loading';
  switch (view.phase) {
    case 'waiting':
      return isHeld ? 'held' : 'waiting';
    case 'start':
      return 'queued';
    case 'loading':
      return view.retryAtMs === undefined ? 'loading' : 'retrying';
    case 'available':
      return 'available';
    case 'unloading':
      return 'unloading';
    case 'end':
      if (isHeld) return 'held';
      return view.error === undefined || view.error.code === 'CANCELLED' ? 'unloaded' : 'failed';
    default:
      return view.phase satisfies never;
  }
}

/** What is left of a version that neither serves nor is to: it never did, or its folder is gone. */
export type LaneStatus = VersionStatus | 'notLoaded' | 'gone';

export const LANE_LOOK: Readonly<Record<LaneStatus, StatusLook>> = {
  ...STATUS_LOOK,
  notLoaded: { word: words.status.notLoaded, tone: 'idle', icon: CircleSlash2 },
  gone: { word: words.event.gone, tone: 'idle', icon: FolderMinus },
};

/** What an event of the timeline tells: a state of the version, or that the wish for it or its worker went. */
export type EventStatus =
  VersionStatus | 'wanted' | 'unwanted' | 'lost' | 'found' | 'gone' | 'label' | 'firstRequest' | 'released';

export function eventStatus(event: Pick<EventView, 'kind' | 'phase' | 'retryAtMs' | 'error'>): EventStatus {
  switch (event.kind) {
    case 'aspired':
      return 'wanted';
    case 'unaspired':
      return 'unwanted';
    case 'lost':
    case 'found':
    case 'gone':
    case 'waiting':
    case 'label':
    case 'firstRequest':
    case 'held':
    case 'released':
      return event.kind;
    case 'state':
      return versionStatus(event);
    default:
      return event.kind satisfies never;
  }
}

/** The look of an event: it tells what was, so nothing turns. */
export const EVENT_LOOK: Readonly<Record<EventStatus, StatusLook>> = {
  ...STATUS_LOOK,
  loading: { word: words.status.loading, tone: 'busy', icon: CircleDashed },
  wanted: { word: words.event.wanted, tone: 'idle', icon: CircleDot },
  unwanted: { word: words.event.unwanted, tone: 'idle', icon: CircleSlash2 },
  lost: { word: words.event.lost, tone: 'bad', icon: CircleAlert },
  found: { word: words.event.found, tone: 'idle', icon: FolderPlus },
  gone: { word: words.event.gone, tone: 'idle', icon: FolderMinus },
  label: { word: words.event.label, tone: 'idle', icon: Tag },
  firstRequest: { word: words.event.firstRequest, tone: 'ok', icon: Zap },
  released: { word: words.event.released, tone: 'idle', icon: CirclePlay },
};

/** Versions worth a row while the model is folded: all but those that ended well, or the newest of these if there is no other. */
export function shownVersions(model: ModelView): readonly VersionView[] {
  const alive = model.versions.filter((view) => versionStatus(view) !== 'unloaded');
  return alive.length > 0 ? alive : model.versions.slice(0, 1);
}

/** `latest version`, `latest 2 versions`, `all versions`, `versions 1, 3`. */
export function policyText(policy: ModelView['versionPolicy']): string {
  switch (policy.kind) {
    case 'latest':
      return words.policy.latest(formatCount(policy.count), policy.count === 1);
    case 'all':
      return words.policy.all;
    case 'specific':
      return words.policy.specific(policy.versions.join(', '), policy.versions.length === 1);
    default:
      return policy satisfies never;
  }
}

/** What a policy serves, as it stands in a sentence: `the latest 3 versions`, `all versions`, `version 1`. */
export const servedText = (policy: ModelView['versionPolicy']): string =>
  policy.kind === 'latest' ? words.policy.the(policyText(policy)) : policyText(policy);

/** Why a policy leaves a version out that is there. */
export const notPickedText = (policy: ModelView['versionPolicy']): string => words.notPicked(servedText(policy));

export const ORIGIN_TEXT: Readonly<Record<ModelView['origin'], string>> = words.origin;

/**
 * What the countdown of a version that waits leads to: `retry 3 of 5`, since attempt 1 is the first load and after the
 * third attempt failed the third retry is due; `loads again` where it was loaded before and its worker was lost.
 */
export function retryText({
  attempt = 1,
  maxAttempts,
  reason,
}: Pick<VersionView, 'attempt' | 'maxAttempts' | 'reason'>): string {
  if (reason.startsWith('lost: ')) return words.retry.afterLoss;
  return words.retry.count(String(attempt), maxAttempts === undefined ? undefined : String(maxAttempts - 1));
}
