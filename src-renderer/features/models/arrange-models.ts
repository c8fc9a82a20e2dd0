import type { ModelView } from '#contracts/ui.ts';
import type { TrafficBoard } from '#contracts/ui-traffic.ts';
import { strings } from '../../strings/index.ts';
import { MODEL_STATES, modelMemory, modelState, requestRate, sourceGroup, trafficOf } from './model-facts.ts';

export const SORT_KEYS = ['name', 'state', 'memory', 'requests', 'p95', 'source'] as const;
export type SortKey = (typeof SORT_KEYS)[number];
export interface ModelSort {
  readonly key: SortKey;
  readonly direction: 'ascending' | 'descending';
}
export const GROUPINGS = ['none', 'source', 'state'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** A line of the list: a model by its name, or the heading of the models below it. */
export type ListRow =
  | { readonly kind: 'model'; readonly name: string }
  | {
      readonly kind: 'group';
      readonly key: string;
      readonly title: string;
      readonly count: number;
      readonly errors: number;
      readonly folded: boolean;
    };

export interface Arrangement {
  readonly grouping: Grouping;
  /** Undefined keeps the order of the server. */
  readonly sort: ModelSort | undefined;
  /** Keys of groups that are shown without their models. */
  readonly folded: ReadonlySet<string>;
}

export const rowKey = (row: ListRow): string => `${row.kind}:${row.kind === 'model' ? row.name : row.key}`;

const byText = new Intl.Collator('en', { numeric: true }).compare;

/** The lines of the list. Models that are equal by the sort keep their order, and so do groups but those by state. */
export function arrangeModels(
  models: readonly ModelView[],
  { grouping, sort, folded }: Arrangement,
  traffic: TrafficBoard | undefined,
): readonly ListRow[] {
  const sorted = sort ? sortModels(models, sort, traffic) : models;
  if (grouping === 'none') return sorted.map(({ name }) => ({ kind: 'model', name }));
  const groups = new Map<string, { title: string; models: ModelView[] }>();
  const state = strings.models.stateGroups;
  if (grouping === 'state')
    for (const key of MODEL_STATES) groups.set(`state:${key}`, { title: state[key], models: [] });
  for (const model of sorted) {
    const title = grouping === 'source' ? sourceGroup(model) : state[modelState(model)];
    const key = grouping === 'source' ? `source:${title}` : `state:${modelState(model)}`;
    const group = groups.get(key);
    if (group) group.models.push(model);
    else groups.set(key, { title, models: [model] });
  }
  return [...groups].flatMap(([key, { title, models: members }]): readonly ListRow[] => {
    if (members.length === 0) return [];
    // Where the groups are states, the title says it.
    const errors = grouping === 'state' ? 0 : members.filter((model) => modelState(model) === 'error').length;
    const heading: ListRow = { kind: 'group', key, title, count: members.length, errors, folded: folded.has(key) };
    return heading.folded ? [heading] : [heading, ...members.map(({ name }): ListRow => ({ kind: 'model', name }))];
  });
}

function sortModels(
  models: readonly ModelView[],
  { key, direction }: ModelSort,
  traffic: TrafficBoard | undefined,
): readonly ModelView[] {
  const valued = models.map((model) => ({ model, value: valueOf(model, key, traffic) }));
  const sign = direction === 'ascending' ? 1 : -1;
  return valued
    .toSorted((a, b) => {
      // What has no value is last in both directions.
      if (a.value === undefined || b.value === undefined)
        return Number(a.value === undefined) - Number(b.value === undefined);
      return sign * compare(a.value, b.value);
    })
    .map(({ model }) => model);
}

const compare = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : byText(String(a), String(b));

function valueOf(model: ModelView, key: SortKey, board: TrafficBoard | undefined): string | number | undefined {
  const traffic = trafficOf(board, model.name);
  switch (key) {
    case 'name':
      return model.name;
    case 'state':
      return MODEL_STATES.indexOf(modelState(model));
    case 'memory':
      return modelMemory(model);
    case 'requests':
      return traffic && requestRate(traffic);
    case 'p95':
      return traffic?.p95Ms;
    case 'source':
      return model.basePath;
    default:
      return key satisfies never;
  }
}

/** Whether two lists show the same, so that what is shown need not render again. */
export function sameRows(a: readonly ListRow[], b: readonly ListRow[]): boolean {
  return (
    a.length === b.length &&
    a.every((row, index) => {
      const other = b[index];
      if (row.kind === 'model') return other?.kind === 'model' && other.name === row.name;
      return (
        other?.kind === 'group' &&
        other.key === row.key &&
        other.count === row.count &&
        other.errors === row.errors &&
        other.folded === row.folded
      );
    })
  );
}
