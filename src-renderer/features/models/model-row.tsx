import { ChevronRight, Ellipsis, FolderX, Play, RefreshCw, SquareTerminal, TriangleAlert } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { memo, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { ModelView, VersionView } from '#contracts/ui.ts';
import { buttonClass, IconButton } from '../../components/button.tsx';
import { TONE_TEXT } from '../../components/notice.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { useConnected, useList, useServer, useServices } from '../../stores/services.tsx';
import { ModelDetails } from './model-details.tsx';
import type { NearView } from './near-view.ts';
import { isConflict, sourceProblem } from './reason-text.ts';
import { LabelChip, VersionRow } from './version-row.tsx';
import { ORIGIN_TEXT, policyText, shownVersions, versionStatus } from './version-status.ts';

export interface ModelRowActions {
  pollNow(model: ModelView): void;
  copyCurl(model: ModelView): void;
  openMenu(model: ModelView, anchor: HTMLElement): void;
}

/** Address of the playground for a model. */
export const playHref = (name: string, version?: string): string =>
  `/play?${new URLSearchParams({ model: name, ...(version === undefined ? {} : { version }) }).toString()}`;

/**
 * One model with its versions; renders again only when the model changes. Far down a long list it is only its name until
 * it comes near, so that a thousand models open as fast as ten.
 */
export const ModelRow = memo(function ModelRow({
  name,
  nearView,
  actions,
}: {
  readonly name: string;
  /** Undefined shows the row at once. */
  readonly nearView: NearView | undefined;
  readonly actions: ModelRowActions;
}) {
  const [near, setNear] = useState(nearView === undefined);
  const placeholder = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (near || !nearView || !placeholder.current) return undefined;
    return nearView.watch(placeholder.current, () => setNear(true));
  }, [near, nearView]);
  if (near) return <FullRow name={name} actions={actions} />;
  return (
    <li ref={placeholder} className="h-[78px] shrink-0 px-9 py-2 text-sm font-semibold text-faint">
      {name}
    </li>
  );
});

function FullRow({ name, actions }: { readonly name: string; readonly actions: ModelRowActions }) {
  const model = useServer((state) => state.models[name]);
  const connected = useConnected();
  const { list } = useServices();
  const open = useList((state) => state.open.has(name));
  const setOpen = (next: boolean): void => list.getState().setOpen(name, next);
  if (!model) return null;
  const shown = open ? model.versions : shownVersions(model);
  return (
    <li
      className="row-lazy shrink-0 rounded-lg border border-line bg-surface pb-2 shadow-raised"
      data-model={model.name}
    >
      <div className="flex items-center gap-2 pt-1.5 pr-2 pl-2">
        <button
          type="button"
          data-row-toggle
          aria-expanded={open}
          onKeyDown={moveBetweenRows}
          onClick={() => setOpen(!open)}
          className="group flex h-7 min-w-0 shrink items-center gap-1 rounded-md pr-1.5 text-left"
        >
          <ChevronRight
            aria-hidden
            size={15}
            className={`shrink-0 text-faint transition-transform group-hover:text-ink ${open ? 'rotate-90' : ''}`}
          />
          <span className="truncate text-sm font-semibold">{model.name}</span>
        </button>
        <span className="model-facts flex min-w-0 flex-1 items-center gap-2 text-xs text-faint">
          <span className="shrink-0 rounded-sm bg-idle-soft px-1.5 text-2xs text-muted">
            {ORIGIN_TEXT[model.origin]}
          </span>
          <span className="shrink-0">{policyText(model.versionPolicy)}</span>
          <LabelsElsewhere model={model} shown={shown} />
          <span className="truncate font-mono text-2xs" title={model.basePath}>
            {model.basePath}
          </span>
          <IgnoredCount model={model} onShow={() => setOpen(true)} />
        </span>
        <div className="flex shrink-0 items-center gap-0.5">
          <span className="model-quick flex">
            <IconButton
              icon={RefreshCw}
              label={`Poll now: ${model.name}`}
              title="Poll now"
              disabled={!connected}
              onClick={() => actions.pollNow(model)}
            />
            <IconButton
              icon={SquareTerminal}
              label={`Copy curl: ${model.name}`}
              title="Copy curl"
              onClick={() => actions.copyCurl(model)}
            />
          </span>
          <IconButton
            icon={Ellipsis}
            label={`More for ${model.name}`}
            title="More"
            aria-haspopup="menu"
            onClick={(event) => actions.openMenu(model, event.currentTarget)}
          />
          <Link
            href={playHref(model.name)}
            className={`ml-1 ${buttonClass('secondary', 'sm')} hover:bg-hover`}
            aria-label={`Play: ${model.name}`}
          >
            <Play aria-hidden size={12} strokeWidth={2.25} />
            Play
          </Link>
        </div>
      </div>
      <SourceLine model={model} />
      {shown.length > 0 && (
        <ul aria-label={`Versions of ${model.name}`}>
          {shown.map((view) => (
            <VersionRow key={view.version} name={model.name} view={view} labels={model.labels} />
          ))}
        </ul>
      )}
      {open && <ModelDetails model={model} />}
    </li>
  );
}

/** Labels that point to versions without a row: they say themselves where they point to. */
function LabelsElsewhere({ model, shown }: { readonly model: ModelView; readonly shown: readonly VersionView[] }) {
  const rows = new Set(shown.map(({ version }) => version));
  const elsewhere = model.labels.filter(({ version }) => !rows.has(version));
  return elsewhere.map((each) => (
    <span key={each.label} className="flex shrink-0 items-baseline gap-1">
      <LabelChip label={each} />
      <span className="font-mono text-2xs">v{each.version}</span>
    </span>
  ));
}

/** How many entries of the folder are ignored; two folders for one version deserve a look, the rest seldom does. */
function IgnoredCount({ model, onShow }: { readonly model: ModelView; readonly onShow: () => void }) {
  const { ignored } = model.source;
  if (ignored.length === 0) return null;
  const conflicts = ignored.filter(isConflict).length;
  const text = `${formatCount(ignored.length)} ignored${conflicts === 0 ? '' : `, ${plural(conflicts, 'conflict')}`}`;
  return (
    <button
      type="button"
      onClick={onShow}
      className={`shrink-0 rounded-sm whitespace-nowrap underline-offset-2 hover:underline ${conflicts === 0 ? 'text-muted' : 'font-medium text-warn'}`}
      aria-label={`${text} in ${model.name}: show which and why`}
    >
      {text}
    </button>
  );
}

/** What is wrong with the model's folder, or that it has no version at all. */
function SourceLine({ model }: { readonly model: ModelView }) {
  const problem = sourceProblem(model);
  if (problem) {
    const { tone, title, text, isOld } = problem;
    const Icon = tone === 'bad' ? FolderX : TriangleAlert;
    return (
      <p className={`mx-4 my-1 flex items-baseline gap-1.5 text-xs ${TONE_TEXT[tone]}`}>
        <Icon aria-hidden size={14} className="shrink-0 translate-y-0.5" />
        <span className="min-w-0 break-words">
          {title !== undefined && <span className="font-medium">{title}: </span>}
          {text}
          {isOld && model.versions.some((view) => versionStatus(view) !== 'unloaded') && (
            <span className="text-muted"> What was found in it before still counts.</span>
          )}
        </span>
      </p>
    );
  }
  if (model.versions.length > 0) return null;
  return (
    <p className="mx-4 my-1 text-xs text-muted">
      {model.source.status === 'pending'
        ? 'Looking for versions…'
        : 'No version folder yet. A version is a sub-folder named by a number, such as 1.'}
    </p>
  );
}

/** Up and Down move between the models, Home and End to the first and last. */
function moveBetweenRows(event: KeyboardEvent<HTMLButtonElement>): void {
  const list = event.currentTarget.closest('ul');
  const rows = [...(list?.querySelectorAll<HTMLElement>('[data-row-toggle]') ?? [])];
  const at = rows.indexOf(event.currentTarget);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (next === undefined || !rows[next]) return;
  event.preventDefault();
  rows[next].focus();
}
