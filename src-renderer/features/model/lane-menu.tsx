import {
  ArrowUpToLine,
  CirclePause,
  CirclePlay,
  FlaskConical,
  GitCompareArrows,
  Link2,
  Pin,
  Plus,
  RefreshCcw,
  RotateCcw,
  RotateCw,
  ScrollText,
} from 'lucide-react';
import { useLocation } from 'wouter';
import { LATEST_ONE, type VersionPolicy } from '#contracts/model-config.ts';
import type { ModelView } from '#contracts/ui.ts';
import { useCopy } from '../../components/copy.tsx';
import type { MenuAction } from '../../components/menu.tsx';
import { ActionMenu } from '../../components/menu.tsx';
import { useConnected, useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { playHref } from '../models/model-links.ts';
import { useRetry } from '../models/use-retry.ts';
import type { VersionActions } from '../models/use-version-actions.tsx';
import { canDo } from '../models/version-action.ts';
import type { VersionChoice } from '../models/version-choice.ts';
import { choicesFor, rollBackTarget } from '../models/version-choice.ts';
import { versionStatus } from '../models/version-status.ts';
import { rivalOf } from './use-version-keys.ts';

const text = strings.model;

const CHOICE_ICON = { pin: Pin, rollBack: RotateCcw, add: Plus } as const satisfies Record<
  VersionChoice['kind'],
  unknown
>;

const BY_HAND = [
  { action: 'reload', icon: RefreshCcw },
  { action: 'load', icon: CirclePlay },
  { action: 'unload', icon: CirclePause },
] as const;

/** All that can be done with one version. */
export function LaneMenu({
  model,
  version,
  anchor,
  onClose,
  onServeOnly,
  byHand,
}: {
  readonly model: ModelView;
  readonly version: string;
  readonly anchor: { readonly current: HTMLElement };
  readonly onClose: () => void;
  readonly onServeOnly: (policy: VersionPolicy) => void;
  readonly byHand: VersionActions['start'];
}) {
  const connected = useConnected();
  const restUrl = useServer((state) => state.server?.restUrl ?? '');
  const retry = useRetry();
  const copy = useCopy();
  const [, navigate] = useLocation();
  const view = model.versions.find((each) => each.version === version);
  const status = view && versionStatus(view);
  const canRetry = status === 'failed' || status === 'retrying';
  const isServingNewest = model.versions.find(({ phase }) => phase === 'available')?.version === version;
  const earlier = isServingNewest ? rollBackTarget(model) : undefined;
  const offered: readonly (VersionChoice & { readonly version: string })[] = [
    ...choicesFor(model, version).map((choice) => ({ ...choice, version })),
    ...(earlier === undefined
      ? []
      : [{ kind: 'rollBack' as const, policy: { kind: 'specific' as const, versions: [earlier] }, version: earlier }]),
  ];
  const play = playHref(model.name, version);
  const rival = rivalOf(model, version);
  const actions: MenuAction[] = [
    {
      id: 'play',
      label: text.actions.play,
      icon: FlaskConical,
      run: () => navigate(play),
      disabled: status !== 'available',
    },
    {
      id: 'compare',
      label: text.actions.compare,
      icon: GitCompareArrows,
      run: () => navigate(`${play}&compare=${rival ?? ''}`),
      disabled: status !== 'available' || rival === undefined,
      note: status === 'available' && rival === undefined ? text.actions.compareNote : undefined,
    },
    ...offered.map(({ kind, policy, version: of }) => ({
      id: kind,
      label: text.actions[kind](of),
      icon: CHOICE_ICON[kind],
      run: () => onServeOnly(policy),
      disabled: !connected,
    })),
    ...(model.versionPolicy.kind === 'specific'
      ? [
          {
            id: 'latest',
            label: text.actions.latest,
            icon: ArrowUpToLine,
            run: () => onServeOnly(LATEST_ONE),
            disabled: !connected,
          },
        ]
      : []),
    ...(canRetry && view
      ? [
          {
            id: 'retry',
            label: text.actions.retry,
            icon: RotateCw,
            run: () => retry(model.name, view.version),
            disabled: !connected,
          },
        ]
      : []),
    ...(view ? BY_HAND.filter(({ action }) => canDo(action, view)) : []).map(({ action, icon }) => ({
      id: action,
      label: text.actions[action],
      icon,
      run: () => view && byHand(action, [{ model, versions: [view.version] }]),
      disabled: !connected,
    })),
    {
      id: 'url',
      label: text.actions.copyUrl,
      icon: Link2,
      run: () =>
        void copy(`${restUrl}/v1/models/${encodeURIComponent(model.name)}/versions/${version}:predict`, text.url),
    },
    {
      id: 'logs',
      label: text.actions.logs,
      icon: ScrollText,
      run: () =>
        navigate(`/logs?${new URLSearchParams({ model: model.name, q: `${model.name}/${version}` }).toString()}`),
    },
  ];
  return <ActionMenu label={text.laneMenu(version)} anchor={anchor} actions={actions} onClose={onClose} />;
}
