import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import type { Grouping, ModelSort } from './arrange-models.ts';
import { GROUPINGS, SORT_KEYS } from './arrange-models.ts';

/** How the list is shown; it stands in the address, so that a link or a reload restores it. */
export interface ListView {
  /** The filter as typed. */
  readonly q: string;
  readonly grouping: Grouping;
  readonly sort: ModelSort | undefined;
}

/** @param params of the address; what cannot be understood counts as left out. */
function readListView(params: URLSearchParams): ListView {
  const [, minus, wanted] = /^(-?)(.*)$/u.exec(params.get('sort') ?? '') ?? [];
  const key = SORT_KEYS.find((candidate) => candidate === wanted);
  return {
    q: params.get('q') ?? '',
    grouping: GROUPINGS.find((candidate) => candidate === params.get('group')) ?? 'none',
    sort: key && { key, direction: minus === '-' ? 'descending' : 'ascending' },
  };
}

/** What differs from the view that one gets without parameters. */
function listViewParams({ q, grouping, sort }: ListView): Record<string, string> {
  return {
    ...(q !== '' && { q }),
    ...(grouping !== 'none' && { group: grouping }),
    ...(sort && { sort: `${sort.direction === 'descending' ? '-' : ''}${sort.key}` }),
  };
}

/** What leaves out of the address what it does not know, such as a path to add. */
export function useListView(): readonly [ListView, (change: Partial<ListView>) => void] {
  const [params, setParams] = useSearchParams();
  const view = useMemo(() => readListView(params), [params]);
  return [view, (change) => setParams(listViewParams({ ...view, ...change }), { replace: true })];
}
