import type { ServableVersion } from '#contracts/ids.ts';
import type { ModelView, VersionView } from '#contracts/ui.ts';
import type { VersionAction } from '#contracts/ui-versions.ts';
import type { VersionStatus } from './version-status.ts';
import { versionStatus } from './version-status.ts';

const UNLOADABLE: ReadonlySet<VersionStatus> = new Set([
  'waiting',
  'queued',
  'loading',
  'retrying',
  'available',
  'failed',
]);

/** Whether a version can be unloaded, loaded or reloaded by hand now. */
export function canDo(action: VersionAction, view: VersionView): boolean {
  const status = versionStatus(view);
  switch (action) {
    case 'unload':
      return view.held !== 'unloaded' && UNLOADABLE.has(status);
    case 'load':
      return view.held === 'unloaded';
    case 'reload':
      return view.held === undefined && view.aspired && status !== 'waiting' && UNLOADABLE.has(status);
    default:
      return action satisfies never;
  }
}

/** The versions of a model that it can be done to, highest first. */
export const versionsFor = (action: VersionAction, model: ModelView): readonly ServableVersion[] =>
  model.versions.filter((view) => canDo(action, view)).map(({ version }) => version);

/** What one key for both does: what was unloaded is loaded, all else unloaded. */
export const toggleOf = (views: readonly VersionView[]): 'unload' | 'load' =>
  !views.some((view) => canDo('unload', view)) && views.some((view) => canDo('load', view)) ? 'load' : 'unload';
