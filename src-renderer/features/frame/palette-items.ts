import type { LucideIcon } from 'lucide-react';
import {
  Box,
  CirclePause,
  CirclePlay,
  Cloud,
  FileText,
  FlaskConical,
  GitFork,
  History,
  Layers,
  Pin,
  Plus,
  RefreshCcw,
  RotateCcw,
  Settings,
  SquareTerminal,
} from 'lucide-react';
import type { AppCommandId, Shortcut } from '#contracts/app-commands.ts';
import { appCommandList } from '#contracts/app-commands.ts';
import type { ServingState } from '#contracts/ui-serving.ts';
import type { ModelView } from '#contracts/ui.ts';
import type { Services } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { actionHref, modelHref } from '../models/model-links.ts';
import { canDo } from '../models/version-action.ts';
import type { VersionChoice } from '../models/version-choice.ts';
import { choicesFor, rollBackTarget } from '../models/version-choice.ts';
import { STATUS_LOOK, versionStatus } from '../models/version-status.ts';
import { fitsNow, isOffered } from './page-actions.ts';
import type { PaletteItem } from './palette-search.ts';
import { SCREENS } from './screens.ts';

const words = strings.frame.palette;

/** What choosing an item does: a command, or a way to a route. */
export type PaletteTarget =
  { readonly kind: 'command'; readonly id: AppCommandId } | { readonly kind: 'route'; readonly to: string };

export interface PaletteEntry extends PaletteItem {
  readonly icon: LucideIcon;
  readonly shortcut?: Shortcut;
  readonly target: PaletteTarget;
}

export interface PaletteGroup {
  readonly title: string;
  readonly entries: readonly PaletteEntry[];
}

/** Versions are found by typing; listed without a query they would hide everything else. */
const SHOWN_MODELS = 8;

const MODEL_PAGES = [
  { page: 'versions', icon: History, query: '' },
  { page: 'overview', icon: FileText, query: '?tab=overview' },
  { page: 'graph', icon: GitFork, query: '?tab=graph' },
] as const;

/** Everything that the palette can find, in the order in which it is shown without a query. */
export function paletteEntries(
  models: readonly ModelView[],
  shell: Services['shell'],
  serving: ServingState | undefined,
): {
  readonly commands: readonly PaletteEntry[];
  readonly models: readonly PaletteEntry[];
  readonly versions: readonly PaletteEntry[];
  /** What can be done with single versions. */
  readonly actions: readonly PaletteEntry[];
  readonly settings: readonly PaletteEntry[];
} {
  return {
    commands: [
      ...appCommandList
        .filter(({ id }) => id !== 'palette' && isOffered(id, shell) && fitsNow(id, serving))
        .map(({ id, title, group, ...rest }) => ({
          id: `command:${id}`,
          title,
          note: strings.frame.cheatSheet.groups[group],
          icon: SCREENS.find(({ command }) => command === id)?.icon ?? SquareTerminal,
          ...('shortcut' in rest && rest.shortcut ? { shortcut: rest.shortcut } : {}),
          target: { kind: 'command' as const, id },
        })),
      {
        id: 'connect',
        ...words.connect,
        note: strings.frame.screens.sources,
        icon: Cloud,
        target: { kind: 'route', to: '/sources/new' },
      },
    ],
    models: models.flatMap(({ name }) => [
      {
        id: `model:${name}`,
        title: name,
        note: words.model,
        icon: Layers,
        target: { kind: 'route', to: `/models/${encodeURIComponent(name)}` },
      },
      {
        id: `play:${name}`,
        title: words.play(name),
        note: words.playNote,
        icon: FlaskConical,
        target: { kind: 'route', to: `/play?model=${encodeURIComponent(name)}` },
      },
      ...MODEL_PAGES.map(({ page, icon, query }): PaletteEntry => ({
        id: `${page}:${name}`,
        title: words.pages[page].title(name),
        note: words.model,
        words: words.pages[page].words,
        icon,
        target: { kind: 'route', to: `${modelHref(name)}${query}` },
      })),
    ]),
    versions: models.flatMap(({ name, versions }) =>
      versions.map((view) => ({
        id: `version:${name}/${view.version}`,
        title: `${name} v${view.version}`,
        note: words.version(STATUS_LOOK[versionStatus(view)].word.toLowerCase()),
        icon: Box,
        target: { kind: 'route', to: `${modelHref(name)}/${view.version}` },
      })),
    ),
    actions: models.flatMap(versionActions),
    settings: Object.entries(strings.frame.settings).map(([section, { title, words: more }]) => ({
      id: `settings:${section}`,
      title,
      note: words.setting,
      words: more,
      icon: Settings,
      target: { kind: 'route', to: `/settings/${section}` },
    })),
  };
}

type OfferedAction = VersionChoice['kind'] | 'unload' | 'load' | 'reload';
const ACTION_ICON: Readonly<Record<OfferedAction, LucideIcon>> = {
  pin: Pin,
  rollBack: RotateCcw,
  add: Plus,
  unload: CirclePause,
  load: CirclePlay,
  reload: RefreshCcw,
};
const BY_HAND = ['unload', 'load', 'reload'] as const;

/** Each opens the preview of what it would do. The way back comes first: it is looked for in a hurry. */
function versionActions(model: ModelView): readonly PaletteEntry[] {
  const { name } = model;
  const entry = (action: OfferedAction, version: string): PaletteEntry => ({
    id: `${action}:${name}/${version}`,
    title: words.actions[action](name, version),
    note: words.actionNote,
    words: words.actionWords[action],
    icon: ACTION_ICON[action],
    target: { kind: 'route', to: actionHref(name, version, action === 'rollBack' ? 'pin' : action) },
  });
  const earlier = rollBackTarget(model);
  const found = model.source.versions.map(({ version }) => version);
  return [
    ...(earlier === undefined ? [] : [entry('rollBack', earlier)]),
    ...model.versions.flatMap((view) =>
      BY_HAND.filter((action) => canDo(action, view)).map((action) => entry(action, view.version)),
    ),
    ...found
      .flatMap((version) => choicesFor(model, version).map(({ kind }) => entry(kind, version)))
      .filter(({ id }) => id !== `rollBack:${name}/${earlier}`),
  ];
}

/** What is shown before anything is typed: what was used last, and then a look at everything there is. */
export function paletteOverview(
  entries: ReturnType<typeof paletteEntries>,
  recent: readonly string[],
): readonly PaletteGroup[] {
  const all = new Map(
    [...entries.commands, ...entries.models, ...entries.versions, ...entries.actions, ...entries.settings].map(
      (entry) => [entry.id, entry],
    ),
  );
  const used = recent.flatMap((id) => all.get(id) ?? []);
  const isNew = ({ id }: PaletteEntry): boolean => !recent.includes(id);
  return [
    { title: words.groups.recent, entries: used },
    { title: words.groups.commands, entries: entries.commands.filter(isNew) },
    {
      title: words.groups.models,
      entries: entries.models.filter((entry) => entry.id.startsWith('model:') && isNew(entry)).slice(0, SHOWN_MODELS),
    },
    { title: words.groups.settings, entries: entries.settings.filter(isNew) },
  ].filter((group) => group.entries.length > 0);
}
