import { Weight } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { GraphWeight } from '#contracts/ui-graph.ts';
import type { Column, Sort } from '../../components/data-table.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { formatBytes, formatCount, formatShape } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import type { GraphIndex } from './graph-index.ts';
import { NoMatch } from './node-table.tsx';

const text = strings.graph;
const { columns: names } = text;

const columnsFor = (index: GraphIndex): readonly Column<GraphWeight>[] => [
  {
    key: 'name',
    header: names.name,
    width: 'minmax(12rem,2fr)',
    isSortable: true,
    render: ({ name }) => (
      <span className="font-mono text-xs" title={name}>
        {name}
      </span>
    ),
  },
  {
    key: 'type',
    header: names.type,
    width: '6rem',
    render: ({ dtype }) => <span className="font-mono text-xs text-muted">{dtype}</span>,
  },
  {
    key: 'shape',
    header: names.shape,
    width: 'minmax(8rem,1fr)',
    render: ({ dims }) => <span className="font-mono text-xs text-muted">{formatShape(dims)}</span>,
  },
  {
    key: 'size',
    header: names.size,
    width: '6rem',
    align: 'end',
    isSortable: true,
    render: ({ sizeBytes }) => formatBytes(sizeBytes),
  },
  {
    key: 'readBy',
    header: names.readBy,
    width: '6rem',
    align: 'end',
    render: ({ name }) => formatCount(index.consumersOf(name).length),
  },
  {
    key: 'place',
    header: names.place,
    width: 'minmax(8rem,1fr)',
    render: ({ file, problem }) =>
      problem === undefined ? (
        <span className={file === undefined ? 'text-faint' : 'font-mono text-xs'}>{file ?? text.inModelFile}</span>
      ) : (
        <span className="text-warn">{problem}</span>
      ),
  },
];

const keyOf = ({ name }: GraphWeight): string => name;

const ORDERS: Readonly<Record<string, (a: GraphWeight, b: GraphWeight) => number>> = {
  name: (a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }),
  size: (a, b) => a.sizeBytes - b.sizeBytes,
};

/** The weights of a graph with their shapes and sizes, in the order of the file or sorted. */
export function WeightTable({
  index,
  query,
  selected,
  reveal,
  onOpen,
  onClear,
}: {
  readonly index: GraphIndex;
  /** A part of their names. */
  readonly query: string;
  readonly selected: string | undefined;
  readonly reveal: { readonly key: string } | undefined;
  readonly onOpen: (weight: string) => void;
  readonly onClear: () => void;
}) {
  const [sort, setSort] = useState<Sort>();
  const { weights } = index.graph;
  const items = useMemo(() => {
    const wanted = query.trim().toLowerCase();
    const found = wanted === '' ? weights : weights.filter(({ name }) => name.toLowerCase().includes(wanted));
    const order = sort && ORDERS[sort.key];
    if (!order) return found;
    return sort.direction === 'ascending' ? found.toSorted(order) : found.toSorted((a, b) => order(b, a));
  }, [weights, query, sort]);
  return (
    <DataTable
      label={text.weights}
      items={items}
      keyOf={keyOf}
      columns={columnsFor(index)}
      sort={sort}
      // The largest are what one looks for.
      onSort={(next) =>
        setSort(next.key === 'size' && sort?.key !== 'size' ? { ...next, direction: 'descending' } : next)
      }
      onOpen={({ name }) => onOpen(name)}
      isSelected={({ name }) => name === selected}
      reveal={reveal}
      empty={
        weights.length === 0 ? (
          <EmptyState icon={Weight} title={text.noWeights}>
            <p>{text.noWeightsHint}</p>
          </EmptyState>
        ) : (
          <NoMatch onClear={onClear} />
        )
      }
    />
  );
}
