import { useMemo } from 'react';
import type { ModelView } from '#contracts/ui.ts';
import type { ServerState } from '../../stores/server-store.ts';
import { useList, useServer } from '../../stores/services.tsx';
import type { Arrangement, ListRow } from './arrange-models.ts';
import { arrangeModels, sameRows } from './arrange-models.ts';
import { parseModelFilter } from './model-filter.ts';
import type { ListView } from './use-list-view.ts';

type Known = Pick<ServerState, 'models' | 'names' | 'hidden' | 'boards'>;

/**
 * The lines of the list as it is filtered, grouped and sorted now. The same array for as long as it shows the same: with a
 * thousand models something happens all the time, and only rarely does it move a row.
 */
export function useListRows({ q, grouping, sort }: ListView): readonly ListRow[] {
  const folded = useList((state) => state.folded);
  const select = useMemo(() => createRowSelector(q, { grouping, sort, folded }), [q, grouping, sort, folded]);
  return useServer(select);
}

/** Remembers what it told last, and from what: a store asks again and again. */
function createRowSelector(q: string, arrangement: Arrangement): (state: Known) => readonly ListRow[] {
  const filter = parseModelFilter(q);
  const usesTraffic = arrangement.sort?.key === 'requests' || arrangement.sort?.key === 'p95';
  let from: Known | undefined;
  let rows: readonly ListRow[] = [];
  return (state) => {
    const { models, names, hidden, boards } = state;
    const isSame =
      from?.models === models &&
      from.names === names &&
      from.hidden === hidden &&
      (!usesTraffic || from.boards.traffic === boards.traffic);
    if (isSame) return rows;
    from = state;
    const shown = names.flatMap((name): readonly ModelView[] => {
      const model = models[name];
      return model && !hidden.has(name) && filter.matches(model) ? [model] : [];
    });
    const next = arrangeModels(shown, arrangement, boards.traffic);
    if (!sameRows(rows, next)) rows = next;
    return rows;
  };
}
