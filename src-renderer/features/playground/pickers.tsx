import type { ModelView, VersionView } from '#contracts/ui.ts';
import { useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { StatusBadge } from '../models/status-badge.tsx';
import { STATUS_LOOK, versionStatus } from '../models/version-status.ts';

const words = strings.playground;

const versionOption = (view: VersionView): string =>
  words.versionOption(view.version, STATUS_LOOK[versionStatus(view)].word.toLowerCase());

const selectClass = 'h-8 max-w-72 min-w-40 rounded-md border border-control bg-surface px-2 text-sm hover:border-muted';

/** Which model is tried. */
export function ModelPicker({
  selected,
  onSelect,
}: {
  readonly selected: string;
  readonly onSelect: (name: string) => void;
}) {
  const names = useServer((state) => state.names);
  const hidden = useServer((state) => state.hidden);
  return (
    <label className="flex items-center gap-2">
      <span className="text-xs text-muted">{words.model}</span>
      <select
        value={names.some((name) => name === selected) ? selected : ''}
        onChange={(event) => onSelect(event.target.value)}
        className={selectClass}
      >
        <option value="">{words.choose}</option>
        {names
          .filter((name) => !hidden.has(name))
          .map((name) => (
            <option key={name}>{name}</option>
          ))}
      </select>
    </label>
  );
}

/** Which of its versions is asked, and how it stands. */
export function VersionPicker({
  model,
  selected,
  onSelect,
}: {
  readonly model: ModelView;
  readonly selected: string;
  readonly onSelect: (version: string) => void;
}) {
  const latest = model.versions.find((version) => version.phase === 'available');
  const shown =
    selected === '' ? (latest ?? model.versions[0]) : model.versions.find(({ version }) => version === selected);
  return (
    <>
      <label className="flex items-center gap-2">
        <span className="text-xs text-muted">{words.version}</span>
        <select value={selected} onChange={(event) => onSelect(event.target.value)} className={selectClass}>
          <option value="">{latest ? words.latestNow(latest.version) : words.latest}</option>
          {model.versions.map((view) => (
            <option key={view.version} value={view.version}>
              {versionOption(view)}
            </option>
          ))}
          {selected !== '' && !model.versions.some(({ version }) => version === selected) && (
            <option value={selected}>{words.versionUnknown(selected)}</option>
          )}
        </select>
      </label>
      {shown && <StatusBadge look={STATUS_LOOK[versionStatus(shown)]} />}
    </>
  );
}

/** Another version that gets the same request; none where there is only one. */
export function ComparePicker({
  model,
  selected,
  onSelect,
}: {
  readonly model: ModelView;
  readonly selected: string;
  readonly onSelect: (version: string) => void;
}) {
  if (model.versions.length < 2 && selected === '') return null;
  return (
    <label className="flex items-center gap-2">
      <span className="text-xs text-muted">{words.compareWith}</span>
      <select value={selected} onChange={(event) => onSelect(event.target.value)} className={selectClass}>
        <option value="">{words.noCompare}</option>
        {model.versions.map((view) => (
          <option key={view.version} value={view.version}>
            {versionOption(view)}
          </option>
        ))}
        {selected !== '' && !model.versions.some(({ version }) => version === selected) && (
          <option value={selected}>{words.versionUnknown(selected)}</option>
        )}
      </select>
    </label>
  );
}
