import {
  ChevronRight,
  Cloud,
  Ellipsis,
  Folder,
  FolderX,
  Globe,
  Package,
  Play,
  RefreshCw,
  TriangleAlert,
} from 'lucide-react';
import { memo } from 'react';
import { Link } from 'wouter';
import type { ModelView, VersionView } from '#contracts/ui.ts';
import { IconButton } from '../../components/button.tsx';
import { TONE_TEXT } from '../../components/notice.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { fullStop } from '../../format/sentence.ts';
import { useConnected, useList, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { ModelDetails } from './model-details.tsx';
import { sourceGroup } from './model-facts.ts';
import { modelHref, playHref } from './model-links.ts';
import { isConflict, placeKind, sourceProblem } from './reason-text.ts';
import { StatusBadge } from './status-badge.tsx';
import { TrafficCells } from './traffic-cells.tsx';
import type { ModelActions } from './use-model-actions.ts';
import { LabelChip, VersionRow } from './version-row.tsx';
import type { StatusLook } from './version-status.ts';
import { ORIGIN_TEXT, policyText, shownVersions, STATUS_LOOK, versionStatus } from './version-status.ts';

const words = strings.models;

export interface ModelRowProps {
  readonly name: string;
  /** Whether the row is the one of the list that takes the focus. */
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly actions: ModelActions;
  readonly onSelect: (name: string, extend: boolean) => void;
  readonly onMenu: (name: string, anchor: HTMLElement) => void;
}

/** The cells of one model; they render again only when the model changes. */
export const ModelRow = memo(function ModelRow({
  name,
  isActive,
  isSelected,
  actions,
  onSelect,
  onMenu,
}: ModelRowProps) {
  const model = useServer((state) => state.models[name]);
  const open = useList((state) => state.open.has(name));
  if (!model) return null;
  const shown = open ? model.versions : shownVersions(model);
  const tabIndex = isActive ? 0 : -1;
  const sourceLine = <SourceLine model={model} isReachable={isActive} onPoll={() => actions.pollNow([model])} />;
  const hasProblem = sourceProblem(model) !== undefined;
  return (
    <div role="presentation" className="model-columns model-row" data-model={model.name}>
      <ChoiceCell name={name} tabIndex={tabIndex} isSelected={isSelected} isOpen={open} onSelect={onSelect} />
      <NameCell
        name={name}
        tabIndex={tabIndex}
        details={open ? `${policyText(model.versionPolicy)}, ${ORIGIN_TEXT[model.origin]}` : undefined}
      />
      <div role="gridcell" className="model-versions">
        {shown.length > 0 && (
          <ul aria-label={words.versionsOf(model.name)} className="model-versions-list">
            {shown.map((view) => (
              <VersionRow
                key={view.version}
                name={model.name}
                view={view}
                labels={model.labels}
                isOpen={open}
                isReachable={isActive}
              />
            ))}
          </ul>
        )}
        {shown.length === 0 && sourceLine}
        <LabelsElsewhere model={model} shown={shown} />
      </div>
      <TrafficCells name={name} />
      <Source
        name={name}
        basePath={model.basePath}
        origin={model.origin}
        ignored={model.source.ignored.length}
        conflicts={model.source.ignored.filter(isConflict).length}
        tabIndex={tabIndex}
      />
      <ActionsCell name={model.name} tabIndex={tabIndex} actions={actions} onMenu={onMenu} />
      {shown.length > 0 && hasProblem && (
        <div role="gridcell" className="model-problem">
          {sourceLine}
        </div>
      )}
      {open && (
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- a click here is for what it hits and folds no row
        <div role="gridcell" className="col-span-full min-w-0" onClick={(event) => event.stopPropagation()}>
          <ModelDetails model={model} />
        </div>
      )}
    </div>
  );
});

/** Selects the model, and unfolds it. The cells from here on stay as they are while its versions change. */
const ChoiceCell = memo(function ChoiceCell({
  name,
  tabIndex,
  isSelected,
  isOpen,
  onSelect,
}: Pick<ModelRowProps, 'name' | 'isSelected' | 'onSelect'> & { readonly tabIndex: number; readonly isOpen: boolean }) {
  const { list } = useServices();
  return (
    <div role="gridcell" className="flex items-center gap-1.5">
      <input
        type="checkbox"
        aria-label={words.select(name)}
        tabIndex={tabIndex}
        checked={isSelected}
        onChange={({ nativeEvent }) => onSelect(name, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)}
        className="model-check size-3.5"
      />
      <button
        type="button"
        tabIndex={tabIndex}
        aria-expanded={isOpen}
        aria-label={words.details(name)}
        onClick={() => list.getState().setOpen(name, !isOpen)}
        className="flex size-5 items-center justify-center rounded-sm text-faint hover:bg-active hover:text-ink"
      >
        <ChevronRight
          aria-hidden
          size={15}
          className={`transition-transform ${isOpen ? 'rotate-90' : 'rtl:rotate-180'}`}
        />
      </button>
    </div>
  );
});

const NameCell = memo(function NameCell({
  name,
  tabIndex,
  details,
}: {
  readonly name: string;
  readonly tabIndex: number;
  /** Undefined while the row is folded. */
  readonly details: string | undefined;
}) {
  return (
    <div role="gridcell" className="model-name min-w-0">
      <Link
        href={modelHref(name)}
        tabIndex={tabIndex}
        title={name}
        className="block truncate rounded-sm font-semibold underline-offset-2 hover:underline"
      >
        {name}
      </Link>
      {details !== undefined && <span className="block text-xs text-faint">{details}</span>}
    </div>
  );
});

const ActionsCell = memo(function ActionsCell({
  name,
  tabIndex,
  actions,
  onMenu,
}: Pick<ModelRowProps, 'name' | 'actions' | 'onMenu'> & { readonly tabIndex: number }) {
  const { server } = useServices();
  const connected = useConnected();
  const poll = (): void => {
    const model = server.getState().models[name];
    if (model) actions.pollNow([model]);
  };
  return (
    <div role="gridcell" className="model-actions">
      <span className="model-quick">
        <IconButton
          icon={RefreshCw}
          label={words.poll(name)}
          title={words.pollShort}
          tabIndex={tabIndex}
          disabled={!connected}
          onClick={poll}
        />
      </span>
      <Link
        href={playHref(name)}
        tabIndex={tabIndex}
        aria-label={words.play(name)}
        title={words.playShort}
        className="inline-flex size-control-icon shrink-0 items-center justify-center rounded-md text-accent transition-colors hover:bg-hover"
      >
        <Play aria-hidden size={15} />
      </Link>
      <IconButton
        icon={Ellipsis}
        label={words.more(name)}
        title={words.moreShort}
        tabIndex={tabIndex}
        aria-haspopup="menu"
        onClick={(event) => onMenu(name, event.currentTarget)}
      />
    </div>
  );
});

const PLACE_ICON = { folder: Folder, s3: Cloud, web: Globe } as const;

/** Where it comes from, in short: the place that it shares with others, and all of it where the name is not its end. */
const Source = memo(function Source({
  name,
  basePath,
  origin,
  ignored,
  conflicts,
  tabIndex,
}: Pick<ModelView, 'basePath' | 'origin'> & {
  readonly name: string;
  /** Entries of the folder that are no versions, and those of them that name a version twice. */
  readonly ignored: number;
  readonly conflicts: number;
  readonly tabIndex: number;
}) {
  const { list } = useServices();
  const Icon = origin === 'sample' ? Package : PLACE_ICON[placeKind(basePath)];
  const isNamedAlike = basePath.replace(/[/\\]+$/u, '').endsWith(name);
  return (
    <div role="gridcell" className="model-source">
      <span className="flex min-w-0 items-center gap-1.5" title={basePath}>
        <Icon aria-hidden size={13} className="shrink-0 text-faint" />
        <span className={`model-path ${origin === 'sample' ? '' : 'font-mono'}`}>
          <bdi>{isNamedAlike || origin === 'sample' ? sourceGroup({ basePath, origin }) : basePath}</bdi>
        </span>
      </span>
      {ignored > 0 && (
        <IgnoredCount
          name={name}
          ignored={ignored}
          conflicts={conflicts}
          tabIndex={tabIndex}
          onShow={() => list.getState().setOpen(name, true)}
        />
      )}
    </div>
  );
});

/** Labels that point to versions without a row: they say themselves where they point to. */
function LabelsElsewhere({ model, shown }: { readonly model: ModelView; readonly shown: readonly VersionView[] }) {
  const rows = new Set(shown.map(({ version }) => version));
  const elsewhere = model.labels.filter(({ version }) => !rows.has(version));
  if (elsewhere.length === 0) return null;
  return (
    <p className="col-span-full flex flex-wrap gap-x-3 gap-y-0.5">
      {elsewhere.map((each) => (
        <span key={each.label} className="flex shrink-0 items-baseline gap-1">
          <LabelChip label={each} />
          <span className="font-mono text-2xs text-muted">v{each.version}</span>
        </span>
      ))}
    </p>
  );
}

/** How many entries of the folder are ignored; two folders for one version deserve a look, the rest seldom does. */
function IgnoredCount({
  name,
  ignored,
  conflicts,
  tabIndex,
  onShow,
}: {
  readonly name: string;
  readonly ignored: number;
  readonly conflicts: number;
  readonly tabIndex: number;
  readonly onShow: () => void;
}) {
  const text = words.ignored(formatCount(ignored), conflicts === 0 ? undefined : plural(conflicts, 'conflict'));
  return (
    <button
      type="button"
      tabIndex={tabIndex}
      onClick={onShow}
      className={`shrink-0 rounded-sm text-start whitespace-nowrap underline-offset-2 hover:underline ${conflicts === 0 ? 'text-faint' : 'font-medium text-warn'}`}
      aria-label={words.ignoredHint(text, name)}
    >
      {text}
    </button>
  );
}

const UNREADABLE: StatusLook = { word: words.place.problemWord, tone: 'bad', icon: FolderX };
const OFFLINE: StatusLook = { word: words.place.offlineWord, tone: 'warn', icon: TriangleAlert };
const LOOKING: StatusLook = { ...STATUS_LOOK.loading, word: words.place.lookingWord };
const EMPTY: StatusLook = { ...STATUS_LOOK.unloaded, word: words.place.emptyWord };

/** What is wrong with the model's place and what to do, or that it has no version at all: a line like that of a version. */
function SourceLine({
  model,
  isReachable,
  onPoll,
}: {
  readonly model: ModelView;
  readonly isReachable: boolean;
  readonly onPoll: () => void;
}) {
  const connected = useConnected();
  const { source, versions } = model;
  const problem = sourceProblem(model);
  if (!problem && versions.length > 0) return null;
  const isError = source.status === 'error';
  const tellsOld = problem?.isOld === true && versions.some((view) => versionStatus(view) !== 'unloaded');
  const look = !problem
    ? source.status === 'pending'
      ? LOOKING
      : EMPTY
    : problem.tone === 'bad'
      ? UNREADABLE
      : isError
        ? OFFLINE
        : EMPTY;
  return (
    <p className="version-line">
      <span aria-hidden className="text-faint">
        –
      </span>
      <StatusBadge look={look} />
      <span className="version-why version-why-wide">
        {problem ? (
          <span className={`min-w-0 break-words ${TONE_TEXT[problem.tone]}`}>
            {problem.title !== undefined && <span className="font-medium">{problem.title}: </span>}
            {tellsOld ? fullStop(problem.text) : problem.text}
            {tellsOld && <span className="text-muted"> {words.place.isOld}</span>}
          </span>
        ) : (
          <span className="text-muted">{source.status === 'pending' ? words.place.looking : words.place.watching}</span>
        )}
        {isError && (
          <button
            type="button"
            disabled={!connected}
            tabIndex={isReachable ? 0 : -1}
            onClick={onPoll}
            className="rounded-sm font-medium whitespace-nowrap text-accent underline-offset-2 enabled:hover:underline disabled:opacity-50"
          >
            {words.pollShort}
          </button>
        )}
      </span>
    </p>
  );
}
