import type { ReactNode } from 'react';
import type { ModelView, VersionView } from '#contracts/ui.ts';
import type { Option } from '../../components/select-props.ts';
import { Select } from '../../components/select.tsx';
import { useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { StatusBadge } from '../models/status-badge.tsx';
import { STATUS_LOOK, versionStatus } from '../models/version-status.ts';

const words = strings.playground;

const versionOption = (view: VersionView): string =>
  words.versionOption(view.version, STATUS_LOOK[versionStatus(view)].word.toLowerCase());

/** A word before a field that has the same word as its name. */
function Labelled({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="flex min-w-0 items-center gap-2">
      <span aria-hidden className="text-xs text-muted">
        {label}
      </span>
      <div className="max-w-72 min-w-36">{children}</div>
    </div>
  );
}

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
  const shown: readonly string[] = names.filter((name) => !hidden.has(name));
  return (
    <Labelled label={words.model}>
      <Select
        label={words.model}
        labelHidden
        placeholder={words.choose}
        options={shown.map((name) => ({ key: name, label: name }))}
        selected={shown.includes(selected) ? selected : undefined}
        onSelect={onSelect}
      />
    </Labelled>
  );
}

/** Stands for whichever version answers by default, and for none to compare with. */
const NONE = '';

const versionOptions = (model: ModelView, selected: string): Option<string>[] => [
  ...model.versions.map((view) => ({ key: view.version, label: versionOption(view) })),
  ...(selected === NONE || model.versions.some(({ version }) => version === selected)
    ? []
    : [{ key: selected, label: words.versionUnknown(selected) }]),
];

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
    selected === NONE ? (latest ?? model.versions[0]) : model.versions.find(({ version }) => version === selected);
  return (
    <>
      <Labelled label={words.version}>
        <Select
          label={words.version}
          labelHidden
          options={[
            { key: NONE, label: latest ? words.latestNow(latest.version) : words.latest },
            ...versionOptions(model, selected),
          ]}
          selected={selected}
          onSelect={onSelect}
        />
      </Labelled>
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
  if (model.versions.length < 2 && selected === NONE) return null;
  return (
    <Labelled label={words.compareWith}>
      <Select
        label={words.compareWith}
        labelHidden
        options={[{ key: NONE, label: words.noCompare }, ...versionOptions(model, selected)]}
        selected={selected}
        onSelect={onSelect}
      />
    </Labelled>
  );
}
