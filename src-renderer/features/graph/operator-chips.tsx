import { useState } from 'react';
import { formatCount } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import { FamilySwatch } from './family-swatch.tsx';
import type { GraphIndex } from './graph-index.ts';
import { filteredOperators, toggleOperator } from './node-filter.ts';
import { familyOf } from './op-family.ts';

const text = strings.graph;
const SHOWN = 10;

/** How often each operator is used; one can be chosen to see only its nodes. */
export function OperatorChips({
  index,
  query,
  onQuery,
}: {
  readonly index: GraphIndex;
  readonly query: string;
  readonly onQuery: (query: string) => void;
}) {
  const [all, setAll] = useState(false);
  const chosen = filteredOperators(query);
  const { operators } = index;
  const shown = all ? operators : operators.filter(({ opType }, at) => at < SHOWN || chosen.has(opType.toLowerCase()));
  if (operators.length === 0) return null;
  return (
    <ul aria-label={text.operators} className="flex flex-wrap gap-1.5">
      {shown.map(({ opType, count }) => (
        <li key={opType}>
          <button
            type="button"
            aria-pressed={chosen.has(opType.toLowerCase())}
            onClick={() => onQuery(toggleOperator(query, opType))}
            className="inline-flex h-6 items-center gap-1.5 rounded-full border border-line bg-surface px-2 text-xs text-muted transition-colors hover:border-line-strong hover:text-ink aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-ink"
          >
            <FamilySwatch family={familyOf(opType)} />
            {opType}
            <span className="text-faint">{formatCount(count)}</span>
          </button>
        </li>
      ))}
      {operators.length > SHOWN && (
        <li>
          <button
            type="button"
            aria-expanded={all}
            onClick={() => setAll(!all)}
            className="h-6 rounded-full px-2 text-xs text-muted hover:bg-hover hover:text-ink"
          >
            {all ? text.fewerOperators : text.moreOperators(formatCount(operators.length - SHOWN))}
          </button>
        </li>
      )}
    </ul>
  );
}
