import {
  CirclePause,
  CirclePlay,
  ClipboardCopy,
  FolderOpen,
  PanelRightOpen,
  Play,
  RefreshCw,
  RefreshCcw,
  RotateCcw,
  RotateCw,
  ScrollText,
  SquareTerminal,
  Trash2,
} from 'lucide-react';
import { useLocation } from 'wouter';
import type { ModelView } from '#contracts/ui.ts';
import { useCopy } from '../../components/copy.tsx';
import type { MenuAction } from '../../components/menu.tsx';
import { ActionMenu } from '../../components/menu.tsx';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { actionHref, logsHref, modelHref, playHref } from './model-links.ts';
import { placeKind } from './reason-text.ts';
import type { ModelActions } from './use-model-actions.ts';
import type { VersionActions } from './use-version-actions.tsx';
import { versionsFor } from './version-action.ts';
import { rollBackTarget } from './version-choice.ts';
import { isRemovable, retriable } from './use-model-actions.ts';
import { ORIGIN_TEXT } from './version-status.ts';

const words = strings.models.menu;
const BY_HAND = [
  { action: 'reload', icon: RefreshCcw },
  { action: 'load', icon: CirclePlay },
  { action: 'unload', icon: CirclePause },
] as const;

/** All that can be done with one model. */
export function RowMenu({
  model,
  anchor,
  actions,
  byHand,
  onClose,
}: {
  readonly model: ModelView;
  readonly anchor: { readonly current: HTMLElement };
  readonly actions: ModelActions;
  readonly byHand: VersionActions['start'];
  readonly onClose: () => void;
}) {
  const { shell, toasts } = useServices();
  const connected = useConnected();
  const copy = useCopy();
  const [, navigate] = useLocation();
  const { name, basePath, origin } = model;
  const removable = isRemovable(model);
  const earlier = rollBackTarget(model);
  const reveal = (): void => {
    shell
      ?.revealInFolder(basePath)
      .catch((error: unknown) => toasts.getState().show({ tone: 'bad', message: errorText(error) }));
  };
  const items: MenuAction[] = [
    { id: 'open', label: words.open, icon: PanelRightOpen, run: () => navigate(modelHref(name)) },
    { id: 'play', label: words.play, icon: Play, run: () => navigate(playHref(name)) },
    { id: 'logs', label: words.logs, icon: ScrollText, run: () => navigate(logsHref(name)) },
    { id: 'poll', label: words.poll, icon: RefreshCw, run: () => actions.pollNow([model]), disabled: !connected },
    ...(retriable(model).length > 0
      ? [{ id: 'retry', label: words.retry, icon: RotateCw, run: () => actions.retry([model]), disabled: !connected }]
      : []),
    ...(earlier === undefined
      ? []
      : [
          {
            id: 'rollBack',
            label: strings.model.actions.rollBack(earlier),
            icon: RotateCcw,
            run: () => navigate(actionHref(name, earlier, 'pin')),
            disabled: !connected,
          },
        ]),
    ...BY_HAND.filter(({ action }) => versionsFor(action, model).length > 0).map(({ action, icon }) => ({
      id: action,
      label: words[action],
      icon,
      run: () => byHand(action, [model]),
      disabled: !connected,
    })),
    { id: 'curl', label: words.curl, icon: SquareTerminal, run: () => actions.copyCurl(model) },
    {
      id: 'path',
      label: words.path,
      icon: ClipboardCopy,
      run: () => void copy(basePath, strings.models.copied.path),
    },
    ...(shell && placeKind(basePath) === 'folder'
      ? [{ id: 'reveal', label: words.reveal, icon: FolderOpen, run: reveal }]
      : []),
    {
      id: 'remove',
      label: words.remove,
      icon: Trash2,
      run: () => actions.remove([model]),
      disabled: !connected || !removable,
      note: removable ? undefined : words.removeElsewhere(ORIGIN_TEXT[origin]),
    },
  ];
  return <ActionMenu label={words.of(name)} anchor={anchor} actions={items} onClose={onClose} />;
}
