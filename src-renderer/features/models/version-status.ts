import type { LucideIcon } from 'lucide-react';
import {
  ArrowDownToLine,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleDot,
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
] as const;
export type VersionStatus = (typeof VERSION_STATUSES)[number];

export interface StatusLook {
  readonly word: string;
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly spins?: boolean;
}

export const STATUS_LOOK: Readonly<Record<VersionStatus, StatusLook>> = {
  waiting: { word: 'Discovered', tone: 'idle', icon: Hourglass },
  queued: { word: 'Queued', tone: 'busy', icon: CircleDashed },
  loading: { word: 'Loading', tone: 'busy', icon: LoaderCircle, spins: true },
  retrying: { word: 'Retrying', tone: 'warn', icon: RotateCw },
  available: { word: 'Available', tone: 'ok', icon: CircleCheck },
  unloading: { word: 'Unloading', tone: 'warn', icon: ArrowDownToLine },
  failed: { word: 'Failed', tone: 'bad', icon: CircleAlert },
  unloaded: { word: 'Unloaded', tone: 'idle', icon: CircleSlash2 },
};

/**
 * `loading` that waits for its next attempt is `retrying`; `end` is `failed` or `unloaded`: a load that was cancelled
 * because nobody wanted the version any more has not failed.
 */
export function versionStatus(view: Pick<VersionView, 'phase' | 'retryAtMs' | 'error'>): VersionStatus {
  switch (view.phase) {
    case 'waiting':
      return 'waiting';
    case 'start':
      return 'queued';
    case 'loading':
      return view.retryAtMs === undefined ? 'loading' : 'retrying';
    case 'available':
      return 'available';
    case 'unloading':
      return 'unloading';
    case 'end':
      return view.error === undefined || view.error.code === 'CANCELLED' ? 'unloaded' : 'failed';
    default:
      return view.phase satisfies never;
  }
}

/** What an event of the timeline tells: a state of the version, or that the wish for it or its worker went. */
export type EventStatus = VersionStatus | 'wanted' | 'unwanted' | 'lost' | 'found' | 'gone' | 'label' | 'firstRequest';

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
  loading: { word: 'Loading', tone: 'busy', icon: CircleDashed },
  wanted: { word: 'Wanted', tone: 'idle', icon: CircleDot },
  unwanted: { word: 'Not wanted', tone: 'idle', icon: CircleSlash2 },
  lost: { word: 'Lost', tone: 'bad', icon: CircleAlert },
  found: { word: 'Found', tone: 'idle', icon: FolderPlus },
  gone: { word: 'Gone', tone: 'idle', icon: FolderMinus },
  label: { word: 'Label', tone: 'idle', icon: Tag },
  firstRequest: { word: 'First call', tone: 'ok', icon: Zap },
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
      return policy.count === 1 ? 'latest version' : `latest ${policy.count} versions`;
    case 'all':
      return 'all versions';
    case 'specific':
      return `version${policy.versions.length === 1 ? '' : 's'} ${policy.versions.join(', ')}`;
    default:
      return policy satisfies never;
  }
}

export const ORIGIN_TEXT: Readonly<Record<ModelView['origin'], string>> = {
  flags: 'command line',
  config: 'config file',
  settings: 'added here',
  sample: 'sample',
};

/**
 * What the countdown of a version that waits leads to: `retry 3 of 5`, since attempt 1 is the first load and after the
 * third attempt failed the third retry is due; `loads again` where it was loaded before and its worker was lost.
 */
export function retryText({
  attempt = 1,
  maxAttempts,
  reason,
}: Pick<VersionView, 'attempt' | 'maxAttempts' | 'reason'>): string {
  if (reason.startsWith('lost: ')) return 'loads again';
  return maxAttempts === undefined ? `retry ${attempt}` : `retry ${attempt} of ${maxAttempts - 1}`;
}
