import { useMemo } from 'react';
import type { ModelView } from '#contracts/ui.ts';
import { cachedBy } from '../../stores/cached-by.ts';
import type { ServerState } from '../../stores/server-store.ts';
import { useList, useServer } from '../../stores/services.tsx';
import type { Arrangement, ListRow } from './arrange-models.ts';
import { arrangeModels, sameRows } from './arrange-models.ts';
import { parseModelFilter } from './model-filter.ts';
import type { ListView } from './use-list-view.ts';

type Known = Pick<ServerState, 'models' | 'names' | 'hidden' | 'boards'>;

/** What the list shows. */
export interface ShownRows {
  readonly rows: readonly ListRow[];
  /** Models that the filter lets through; folded groups have some of them that are no row. */
  readonly count: number;
}

/**
 * The lines of the list as it is filtered, grouped and sorted now. The same object for as long as it shows the same: with a
 * thousand models something happens all the time, and only rarely does it move a row.
 */
export function useListRows({ q, grouping, sort }: ListView): ShownRows {
  const folded = useList((state) => state.folded);
  const select = useMemo(() => createRowSelector(q, { grouping, sort, folded }), [q, grouping, sort, folded]);
  return useServer(select);
}

/** Remembers what it told last, and from what: a store asks again and again. */
function createRowSelector(q: string, arrangement: Arrangement): (state: Known) => ShownRows {
  const filter = parseModelFilter(q);
  const matches = cachedBy((model: ModelView) => filter.matches(model));
  const usesTraffic = arrangement.sort?.key === 'requests' || arrangement.sort?.key === 'p95';
  // Then a row depends on nothing but the name.
  const isPlain = arrangement.grouping === 'none' && arrangement.sort === undefined;
  let from: Known | undefined;
  let shownNames: readonly string[] | undefined;
  let told: ShownRows = { rows: [], count: 0 };
  return (state) => {
    const { models, names, hidden, boards } = state;
    const isSame =
      from?.models === models &&
      from.names === names &&
      from.hidden === hidden &&
      (!usesTraffic || from.boards.traffic === boards.traffic);
    if (isSame) return told;
    from = state;
    const shown = names.flatMap((name): readonly ModelView[] => {
      const model = models[name];
      return model && !hidden.has(name) && matches(model) ? [model] : [];
    });
    const isAsBefore =
      isPlain && shownNames?.length === shown.length && shown.every(({ name }, at) => shownNames?.[at] === name);
    if (isAsBefore) return told;
    shownNames = shown.map(({ name }) => name);
    const rows = arrangeModels(shown, arrangement, boards.traffic);
    if (!sameRows(told.rows, rows) || told.count !== shown.length) told = { rows, count: shown.length };
    return told;
  };
}
