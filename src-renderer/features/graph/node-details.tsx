import type { ReactNode } from 'react';
import type { GraphWeight, ModelGraph } from '#contracts/ui-graph.ts';
import { formatBytes, formatCount, formatShape, plural } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import { GraphLink, Part } from './details.tsx';
import type { GraphIndex, NodeRow } from './graph-index.ts';
import { roleOf } from './op-family.ts';

const text = strings.graph;

/** More would not be read. */
const MAX_READERS = 40;

/** Ways from what is shown to something else. */
export interface GraphWays {
  readonly toNode: (node: number) => void;
  readonly toWeight: (name: string) => void;
  readonly toGraph: (graph: number) => void;
}

/** A name for a node in a sentence. */
const nodeLabel = ({ node, index }: NodeRow): string => `${node.opType} ${index}`;

/** What a node is, what it reads and gives. */
export function NodeDetails({
  model,
  index,
  row,
  ways,
}: {
  readonly model: ModelGraph;
  readonly index: GraphIndex;
  readonly row: NodeRow;
  readonly ways: GraphWays;
}) {
  const { node } = row;
  const itsFunction = model.functions.find(({ domain, name }) => domain === node.domain && name === node.opType);
  return (
    <>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 text-sm">
        <dt className="text-muted">{text.domain}</dt>
        <dd className="break-all">
          {node.domain === '' ? text.onnxDomain : node.domain}
          {itsFunction && (
            <span className="block text-xs text-muted">{text.isFunction(plural(itsFunction.nodes, text.node))}</span>
          )}
        </dd>
      </dl>
      <Part title={text.attributes}>
        {node.attributes.length === 0 ? (
          <p className="text-sm text-faint">{text.noAttributes}</p>
        ) : (
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5 text-xs">
            {node.attributes.map(({ name, type, text: value }) => (
              <Attribute key={name} name={name} type={type} value={value} />
            ))}
          </dl>
        )}
      </Part>
      {node.subgraphs.length > 0 && (
        <Part title={text.innerGraphs}>
          <ul className="flex flex-col gap-0.5 text-sm">
            {node.subgraphs.map((at) => {
              const graph = model.graphs[at];
              return (
                graph && (
                  <li key={at}>
                    <GraphLink onClick={() => ways.toGraph(at)}>
                      {text.openGraph(graph.name, plural(graph.nodes.length, text.node))}
                    </GraphLink>
                  </li>
                )
              );
            })}
          </ul>
        </Part>
      )}
      <Part title={text.inputs}>
        {node.inputs.length === 0 ? (
          <p className="text-sm text-faint">{text.noInputs}</p>
        ) : (
          <ul className="flex flex-col divide-y divide-line">
            {node.inputs.map((value, at) => (
              // oxlint-disable-next-line react/no-array-index-key -- a value may be read twice, and the order never changes
              <Value key={at} index={index} value={value} role={roleOf(node.opType, at)}>
                <Source index={index} value={value} ways={ways} />
              </Value>
            ))}
          </ul>
        )}
      </Part>
      {row.captured.length > 0 && (
        <Part title={text.captured}>
          <ul className="flex flex-col divide-y divide-line">
            {row.captured.map((value) => (
              <Value key={value} index={index} value={value}>
                <Source index={index} value={value} ways={ways} />
              </Value>
            ))}
          </ul>
        </Part>
      )}
      <Part title={text.outputs}>
        <ul className="flex flex-col divide-y divide-line">
          {node.outputs.map((value, at) => (
            // oxlint-disable-next-line react/no-array-index-key -- one that is left out has no name
            <Value key={at} index={index} value={value}>
              <Readers index={index} value={value} ways={ways} />
            </Value>
          ))}
        </ul>
      </Part>
    </>
  );
}

/** What a weight is, where it stands, and who reads it. */
export function WeightDetails({
  index,
  weight,
  ways,
}: {
  readonly index: GraphIndex;
  readonly weight: GraphWeight;
  readonly ways: GraphWays;
}) {
  return (
    <>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5 text-sm">
        <dt className="text-muted">{text.columns.type}</dt>
        <dd>{weight.dtype}</dd>
        <dt className="text-muted">{text.columns.shape}</dt>
        <dd className="font-mono text-xs">{formatShape(weight.dims)}</dd>
        <dt className="text-muted">{text.columns.size}</dt>
        <dd>{formatBytes(weight.sizeBytes)}</dd>
        <dt className="text-muted">{text.columns.place}</dt>
        <dd className="break-all">{weight.file ?? text.inModelFile}</dd>
        {weight.problem !== undefined && (
          <>
            <dt className="text-warn">{text.problem}</dt>
            <dd className="text-warn">{weight.problem}</dd>
          </>
        )}
      </dl>
      <Part title={text.columns.readBy}>
        <p className="text-xs">
          <Readers index={index} value={weight.name} ways={ways} />
        </p>
      </Part>
    </>
  );
}

function Attribute({ name, type, value }: { readonly name: string; readonly type: string; readonly value: string }) {
  return (
    <>
      <dt className="text-muted" title={type}>
        {name}
      </dt>
      <dd className="min-w-0 font-mono break-words">{value}</dd>
    </>
  );
}

function Value({
  index,
  value,
  role,
  children,
}: {
  readonly index: GraphIndex;
  readonly value: string;
  readonly role?: string | undefined;
  readonly children: ReactNode;
}) {
  if (value === '') return <li className="py-1 text-xs text-faint">{text.leftOut}</li>;
  const type = index.typeOf(value);
  return (
    <li className="py-1.5 text-xs">
      <span className="flex flex-wrap items-baseline gap-x-2">
        {role !== undefined && <span className="font-medium">{role}</span>}
        <span className="font-mono break-all">{value}</span>
      </span>
      <span className="block text-muted">{type ? `${type.dtype} ${formatShape(type.dims)}` : text.unknownType}</span>
      {children}
    </li>
  );
}

/** Where a value comes from. */
function Source({
  index,
  value,
  ways,
}: {
  readonly index: GraphIndex;
  readonly value: string;
  readonly ways: GraphWays;
}) {
  const weight = index.weightOf(value);
  if (weight) {
    return (
      <GraphLink onClick={() => ways.toWeight(value)}>
        {text.fromWeight}, {formatBytes(weight.sizeBytes)}
      </GraphLink>
    );
  }
  const producer = index.rows[index.producerOf(value) ?? -1];
  if (producer)
    return <GraphLink onClick={() => ways.toNode(producer.index)}>{text.from(nodeLabel(producer))}</GraphLink>;
  return <span className="text-faint">{index.isInput(value) ? text.fromInput : text.fromOutside}</span>;
}

/** Who reads a value. */
function Readers({
  index,
  value,
  ways,
}: {
  readonly index: GraphIndex;
  readonly value: string;
  readonly ways: GraphWays;
}) {
  const readers = index.consumersOf(value).flatMap((node) => index.rows[node] ?? []);
  const isOutput = index.graph.outputs.some(({ name }) => name === value);
  if (readers.length === 0 && !isOutput) return <span className="text-faint">{text.nobody}</span>;
  return (
    <span className="text-faint">
      {text.to}{' '}
      {readers.slice(0, MAX_READERS).map((row, at) => (
        <span key={row.index}>
          {at > 0 && ', '}
          <GraphLink onClick={() => ways.toNode(row.index)}>{nodeLabel(row)}</GraphLink>
        </span>
      ))}
      {readers.length > MAX_READERS && ` ${text.moreOperators(formatCount(readers.length - MAX_READERS))}`}
      {isOutput && `${readers.length > 0 ? ', ' : ''}${text.toOutput}`}
    </span>
  );
}
