import type { Family } from './op-family.ts';

const FILL: Readonly<Record<Family, string>> = {
  layer: 'bg-accent',
  activation: 'bg-warn',
  normalisation: 'bg-ok',
  reduction: 'bg-code-keyword',
  shape: 'bg-idle',
  math: 'border border-line-strong bg-surface',
  control: 'bg-ink',
};

/** The colour that a family has in drawings; beside it stands a word. */
export function FamilySwatch({ family }: { readonly family: Family }) {
  return (
    <span
      aria-hidden
      className={`inline-block size-2.5 shrink-0 forced-color-adjust-none rounded-sm ${FILL[family]}`}
    />
  );
}
