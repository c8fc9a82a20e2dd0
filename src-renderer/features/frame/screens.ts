import type { LucideIcon } from 'lucide-react';
import { Activity, Cloud, FlaskConical, Layers, ScrollText, Settings } from 'lucide-react';
import { useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { AppCommandId } from '#contracts/app-commands.ts';
import { strings } from '../../strings/index.ts';

export interface Screen {
  readonly path: string;
  readonly label: string;
  readonly icon: LucideIcon;
  /** The command that opens it. */
  readonly command: AppCommandId;
}

/** The screens in the order of the rail. */
export const SCREENS: readonly Screen[] = [
  { path: '/models', label: strings.frame.screens.models, icon: Layers, command: 'goModels' },
  { path: '/play', label: strings.frame.screens.playground, icon: FlaskConical, command: 'goPlayground' },
  { path: '/traffic', label: strings.frame.screens.traffic, icon: Activity, command: 'goTraffic' },
  { path: '/sources', label: strings.frame.screens.sources, icon: Cloud, command: 'goSources' },
  { path: '/logs', label: strings.frame.screens.logs, icon: ScrollText, command: 'goLogs' },
  { path: '/settings', label: strings.frame.screens.settings, icon: Settings, command: 'goSettings' },
];

/**
 * The address of a screen as it was left: the model in the playground and the filter are still there when one comes back.
 * Asked for the screen in view, it starts afresh.
 */
export function useScreenAddress(): (path: string) => string {
  const [location] = useLocation();
  const search = useSearch();
  const [left, setLeft] = useState<Readonly<Record<string, string>>>({});
  if (left[location] !== search) setLeft({ ...left, [location]: search });
  return (path) => (path === location || !left[path] ? path : `${path}?${left[path]}`);
}
