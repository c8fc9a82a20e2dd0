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
  return {
    q: params.get('q') ?? '',
    grouping: GROUPINGS.find((candidate) => candidate === params.get('group')) ?? 'none',
    sort: sortOf(params.get('sort') ?? ''),
  };
}

/** An order as one word: `-memory` is by memory, the highest first. */
export const orderKey = (sort: ModelSort | undefined): string =>
  sort ? `${sort.direction === 'descending' ? '-' : ''}${sort.key}` : '';

/** @returns undefined for what {@link orderKey} does not give. */
export function sortOf(text: string): ModelSort | undefined {
  const [, minus, wanted] = /^(-?)(.*)$/u.exec(text) ?? [];
  const key = SORT_KEYS.find((candidate) => candidate === wanted);
  return key && { key, direction: minus === '-' ? 'descending' : 'ascending' };
}

/** What differs from the view that one gets without parameters. */
function listViewParams({ q, grouping, sort }: ListView): Record<string, string> {
  return {
    ...(q !== '' && { q }),
    ...(grouping !== 'none' && { group: grouping }),
    ...(sort && { sort: orderKey(sort) }),
  };
}

/** What leaves out of the address what it does not know, such as a path to add. */
export function useListView(): readonly [ListView, (change: Partial<ListView>) => void] {
  const [params, setParams] = useSearchParams();
  const view = useMemo(() => readListView(params), [params]);
  return [view, (change) => setParams(listViewParams({ ...view, ...change }), { replace: true })];
}
