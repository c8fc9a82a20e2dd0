import { ChevronDown, ChevronUp } from 'lucide-react';
import { IconButton } from '../../components/button.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';

const text = strings.graph;

/** From one node that the search found to the next. */
export function HitStepper({
  hits,
  selected,
  onStep,
}: {
  readonly hits: readonly number[];
  readonly selected: number | undefined;
  readonly onStep: (node: number) => void;
}) {
  const at = selected === undefined ? -1 : hits.indexOf(selected);
  const go = (step: 1 | -1): void => {
    const next = at === -1 ? (step === 1 ? 0 : hits.length - 1) : (at + step + hits.length) % hits.length;
    const node = hits[next];
    if (node !== undefined) onStep(node);
  };
  return (
    <span className="flex items-center text-xs text-muted">
      <span role="status" className="me-1">
        {hits.length === 0
          ? text.noHits
          : text.hits(at === -1 ? '' : formatCount(at + 1), plural(hits.length, text.hit))}
      </span>
      <IconButton icon={ChevronUp} label={text.previousHit} disabled={hits.length === 0} onClick={() => go(-1)} />
      <IconButton icon={ChevronDown} label={text.nextHit} disabled={hits.length === 0} onClick={() => go(1)} />
    </span>
  );
}
