import type { ReactNode } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';

export interface Segment<K extends string> {
  readonly key: K;
  readonly label: ReactNode;
  /** The name where the label is only an icon. */
  readonly name?: string;
}

/** One choice of a few, all in sight; arrows move between them. */
export function Segmented<K extends string>({
  label,
  segments,
  selected,
  onSelect,
}: {
  readonly label: string;
  readonly segments: readonly Segment<K>[];
  readonly selected: K;
  readonly onSelect: (key: K) => void;
}) {
  return (
    <ToggleButtonGroup
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[selected]}
      onSelectionChange={(keys) => {
        const chosen = segments.find((segment) => keys.has(segment.key));
        if (chosen) onSelect(chosen.key);
      }}
      className="inline-flex w-fit shrink-0 gap-0.5 rounded-md border border-line bg-track p-px"
    >
      {segments.map((segment) => (
        <ToggleButton
          key={segment.key}
          id={segment.key}
          {...(segment.name === undefined ? {} : { 'aria-label': segment.name })}
          className="flex h-6 min-w-7 items-center justify-center gap-1.5 rounded-sm px-2 text-xs font-medium text-muted transition-colors hover:text-ink data-selected:bg-chosen data-selected:text-ink data-selected:shadow-raised"
        >
          {segment.label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
