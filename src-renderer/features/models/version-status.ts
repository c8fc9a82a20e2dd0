import type { LucideIcon } from 'lucide-react';
import {
  ArrowDownToLine,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleSlash2,
  Hourglass,
  LoaderCircle,
  RotateCw,
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
  waiting: { word: 'Waiting', tone: 'idle', icon: Hourglass },
  queued: { word: 'Queued', tone: 'busy', icon: CircleDashed },
  loading: { word: 'Loading', tone: 'busy', icon: LoaderCircle, spins: true },
  retrying: { word: 'Retrying', tone: 'warn', icon: RotateCw },
  available: { word: 'Available', tone: 'ok', icon: CircleCheck },
  unloading: { word: 'Unloading', tone: 'warn', icon: ArrowDownToLine },
  failed: { word: 'Failed', tone: 'bad', icon: CircleAlert },
  unloaded: { word: 'Unloaded', tone: 'idle', icon: CircleSlash2 },
};

/** `loading` that waits for its next attempt is `retrying`; `end` is `failed` or `unloaded`. */
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
      return view.error === undefined ? 'unloaded' : 'failed';
    default:
      return view.phase satisfies never;
  }
}

/** The look of an event in the timeline. */
export function eventLook(event: EventView): StatusLook {
  switch (event.kind) {
    case 'aspired':
      return { word: 'Wanted', tone: 'idle', icon: CircleDot };
    case 'unaspired':
      return { word: 'Not wanted', tone: 'idle', icon: CircleSlash2 };
    case 'lost':
      return { word: 'Lost', tone: 'bad', icon: CircleAlert };
    case 'state': {
      const look = STATUS_LOOK[versionStatus({ phase: event.phase })];
      // An event tells what was: nothing turns in a record.
      return { word: look.word, tone: look.tone, icon: event.phase === 'loading' ? CircleDashed : look.icon };
    }
    default:
      return event.kind satisfies never;
  }
}

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
 * Which retry comes next, of so many: `retry 3 of 5`. Attempt 1 is the first load, so after the third attempt failed the
 * third retry is due.
 */
export function retryText({ attempt = 1, maxAttempts }: Pick<VersionView, 'attempt' | 'maxAttempts'>): string {
  return maxAttempts === undefined ? `retry ${attempt}` : `retry ${attempt} of ${maxAttempts - 1}`;
}
