import { useLocation } from 'wouter';
import type { ServableVersion } from '#contracts/ids.ts';
import type { ModelView } from '#contracts/ui.ts';
import { useConnected } from '../../stores/services.tsx';
import { playHref } from '../models/model-links.ts';
import { useRetry } from '../models/use-retry.ts';
import type { VersionActions } from '../models/use-version-actions.tsx';
import { canDo, toggleOf } from '../models/version-action.ts';
import { versionStatus } from '../models/version-status.ts';

/** The version to compare another with: the next lower one that serves, or else the next higher one. */
export function rivalOf(model: ModelView, version: string): ServableVersion | undefined {
  const serving = model.versions.filter((view) => view.phase === 'available' || view.version === version);
  const at = serving.findIndex((view) => view.version === version);
  if (at === -1) return undefined;
  return (serving[at + 1] ?? serving[at - 1])?.version;
}

/** What single letters do to the version that has the focus. */
export interface VersionKeys {
  /** @returns false for a letter that means nothing, or nothing to this version. */
  readonly run: (key: string, version: string) => boolean;
}

export function useVersionKeys(model: ModelView, start: VersionActions['start']): VersionKeys {
  const connected = useConnected();
  const retry = useRetry();
  const [, navigate] = useLocation();
  return {
    run(key, version) {
      const view = model.versions.find((each) => each.version === version);
      if (!view) return false;
      const target = [{ model, versions: [view.version] }];
      const status = versionStatus(view);
      switch (key) {
        case 'p':
          if (status !== 'available') return false;
          navigate(playHref(model.name, version));
          return true;
        case 'c': {
          const rival = rivalOf(model, version);
          if (status !== 'available' || rival === undefined) return false;
          navigate(`${playHref(model.name, version)}&compare=${rival}`);
          return true;
        }
        case 'u': {
          const action = toggleOf([view]);
          if (!connected || !canDo(action, view)) return false;
          start(action, target);
          return true;
        }
        case 'r':
          if (!connected) return false;
          if (status === 'failed' || status === 'retrying') retry(model.name, view.version);
          else if (canDo('reload', view)) start('reload', target);
          else return false;
          return true;
        default:
          return false;
      }
    },
  };
}
