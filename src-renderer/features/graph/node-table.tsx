import { SearchX, Waypoints } from 'lucide-react';
import type { Column } from '../../components/data-table.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { formatBytes } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import { shapeText } from './box-content.ts';
import type { GraphIndex, NodeRow } from './graph-index.ts';
import { FamilySwatch } from './family-swatch.tsx';
import { familyOf } from './op-family.ts';

const text = strings.graph;
const { columns: names } = text;

/** Names of values and what is known of their shapes, in one line. */
function Values({ index, values }: { readonly index: GraphIndex; readonly values: readonly string[] }) {
  return values
    .filter((value) => value !== '')
    .map((value, at) => {
      const shape = shapeText(index.typeOf(value)?.dims);
      return (
        // oxlint-disable-next-line react/no-array-index-key -- a value may be read twice, and the order never changes
        <span key={at}>
          {at > 0 && ', '}
          {value}
          {shape !== '' && <span className="text-faint"> {shape}</span>}
        </span>
      );
    });
}

const NAME_COLUMN: Column<NodeRow> = {
  key: 'name',
  header: names.name,
  width: 'minmax(9rem,1.2fr)',
  render: ({ node: { name } }) =>
    name === '' ? (
      <span className="text-faint">{text.unnamed}</span>
    ) : (
      <span className="font-mono text-xs" title={name}>
        {name}
      </span>
    ),
};

// Some exporters name no node at all.
const columnsFor = (index: GraphIndex): readonly Column<NodeRow>[] => [
  {
    key: 'index',
    header: names.index,
    width: '4rem',
    align: 'end',
    render: (row) => <span className="font-mono text-xs text-faint">{row.index}</span>,
  },
  {
    key: 'operator',
    header: names.operator,
    width: 'minmax(9rem,13rem)',
    render: ({ node }) => (
      <span className="flex min-w-0 items-center gap-2">
        <FamilySwatch family={familyOf(node.opType)} />
        <span className="truncate font-medium">{node.opType}</span>
        {node.domain !== '' && <span className="truncate text-2xs text-faint">{node.domain}</span>}
      </span>
    ),
  },
  ...(index.rows.some(({ node }) => node.name !== '') ? [NAME_COLUMN] : []),
  {
    key: 'inputs',
    header: names.inputs,
    width: 'minmax(9rem,1.6fr)',
    render: ({ node }) => (
      <span className="font-mono text-xs text-muted">
        <Values index={index} values={node.inputs} />
      </span>
    ),
  },
  {
    key: 'outputs',
    header: names.outputs,
    width: 'minmax(8rem,1fr)',
    render: ({ node }) => (
      <span className="font-mono text-xs text-muted">
        <Values index={index} values={node.outputs} />
      </span>
    ),
  },
  {
    key: 'weights',
    header: names.weights,
    width: '6rem',
    align: 'end',
    render: ({ weights, weightBytes }) =>
      weights.length > 0 && <span className="text-xs">{formatBytes(weightBytes)}</span>,
  },
];

const keyOf = ({ index }: NodeRow): number => index;

/** The nodes of a graph, one in each row. */
export function NodeTable({
  index,
  rows,
  selected,
  reveal,
  onOpen,
  onClear,
}: {
  readonly index: GraphIndex;
  /** Those that the search found. */
  readonly rows: readonly NodeRow[];
  readonly selected: number | undefined;
  readonly reveal: { readonly key: number } | undefined;
  readonly onOpen: (node: number) => void;
  readonly onClear: () => void;
}) {
  return (
    <DataTable
      label={text.nodes}
      items={rows}
      keyOf={keyOf}
      columns={columnsFor(index)}
      onOpen={(row) => onOpen(row.index)}
      isSelected={(row) => row.index === selected}
      reveal={reveal}
      empty={
        index.rows.length === 0 ? (
          <EmptyState icon={Waypoints} title={text.noNodes}>
            <p>{text.noNodesHint}</p>
          </EmptyState>
        ) : (
          <NoMatch onClear={onClear} />
        )
      }
    />
  );
}

/** The search found nothing. */
export function NoMatch({ onClear }: { readonly onClear: () => void }) {
  return (
    <EmptyState icon={SearchX} title={text.noMatch} actions={<Button onClick={onClear}>{text.clear}</Button>}>
      <p>{text.noMatchHint}</p>
    </EmptyState>
  );
}
