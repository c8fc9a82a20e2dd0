import { TriangleAlert, Unplug } from 'lucide-react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useMemo, useRef, useState } from 'react';
import type { ModelGraph } from '#contracts/ui-graph.ts';
import { Notice } from '../../components/notice.tsx';
import { Button } from '../../components/button.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { formatBytes, formatCount, plural } from '../../format/quantity.ts';
import { useConnected } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { Details } from './details.tsx';
import { DrawingView } from './drawing-view.tsx';
import { GraphPath } from './graph-path.tsx';
import { indexGraph } from './graph-index.ts';
import { NodeDetails, WeightDetails } from './node-details.tsx';
import { parseNodeFilter } from './node-filter.ts';
import { NodeTable } from './node-table.tsx';
import { OperatorChips } from './operator-chips.tsx';
import type { GraphView } from './use-graph-view.ts';
import { GRAPH_VIEWS, useGraphView } from './use-graph-view.ts';
import { WeightTable } from './weight-table.tsx';

const text = strings.graph;

/** What takes the focus where nobody had it when the panel was opened, as by an address. */
const MAIN_CONTROL = '[role=row][tabindex="0"], section:not([hidden]) > div > canvas[tabindex]';

/** One graph of a version at a time: tables, drawing, and the details of what is chosen. */
export function GraphPane({
  model,
  name,
  version,
  picker,
}: {
  readonly model: ModelGraph;
  readonly name: string;
  readonly version: string;
  /** Chooses the version. */
  readonly picker: ReactNode;
}) {
  const [view, change] = useGraphView();
  const connected = useConnected();
  const at = view.graph < model.graphs.length ? view.graph : 0;
  const index = useMemo(() => indexGraph(model, at), [model, at]);
  const hasQuery = view.q.trim() !== '';
  const found = useMemo(() => {
    const matches = parseNodeFilter(view.q);
    return index.rows.filter(matches);
  }, [index, view.q]);
  const hits = useMemo(() => (hasQuery ? found.map((row) => row.index) : undefined), [found, hasQuery]);
  // A drawing takes long to make, so it stays while the tables are looked at.
  const [drawn, setDrawn] = useState<number>();
  if (view.view === 'drawing' && drawn !== at) setDrawn(at);

  const [focusWish, setFocusWish] = useState<object>();
  const [reveal, setReveal] = useState<Pick<GraphView, 'node' | 'weight'>>({
    node: view.node,
    weight: view.weight,
  });
  const returnTo = useRef<Element>(null);
  const pane = useRef<HTMLDivElement>(null);
  const row = view.node === undefined ? undefined : index.rows[view.node];
  const weight = view.weight === undefined ? undefined : index.weightOf(view.weight);
  const isOpen = row !== undefined || weight !== undefined;

  const open = (what: { readonly node?: number; readonly weight?: string }, takesFocus: boolean): void => {
    const from = document.activeElement;
    // From inside of the panel one comes back to where it was opened.
    if (!isOpen || !from?.closest('aside')) returnTo.current = from;
    if (takesFocus) setFocusWish({});
    change({ node: what.node, weight: what.weight });
  };
  const go = (what: { readonly node?: number; readonly weight?: string }): void => {
    setReveal({ node: what.node, weight: what.weight });
    open(what, true);
  };
  const close = (): void => {
    change({ node: undefined, weight: undefined });
    const to = returnTo.current?.isConnected ? returnTo.current : pane.current?.querySelector(MAIN_CONTROL);
    if (to instanceof HTMLElement) to.focus();
    returnTo.current = null;
  };
  const toGraph = (graph: number, node?: number): void => {
    returnTo.current = null;
    setReveal({ node, weight: undefined });
    change({ graph, node, weight: undefined, q: '' });
  };
  const clear = (): void => change({ q: '' });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !isOpen || event.defaultPrevented) return;
    event.preventDefault();
    close();
  };
  const isWeights = view.view === 'weights';
  const revealNode = useMemo(() => (reveal.node === undefined ? undefined : { key: reveal.node }), [reveal]);
  const revealWeight = useMemo(() => (reveal.weight === undefined ? undefined : { key: reveal.weight }), [reveal]);

  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- Escape closes the panel from wherever it is pressed
    <div ref={pane} onKeyDown={onKeyDown} className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-col gap-2 px-5 pt-3 pb-2">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          {picker}
          <Segmented
            label={text.view}
            selected={view.view}
            onSelect={(next) => change({ view: next })}
            segments={GRAPH_VIEWS.map((key) => ({ key, label: text.views[key] }))}
          />
          <div className="flex max-w-md min-w-52 flex-1">
            <SearchField
              label={text.search}
              placeholder={isWeights ? text.searchWeights : text.searchPlaceholder}
              text={view.q}
              onChange={(q) => change({ q })}
            />
          </div>
          <p role="status" className="text-xs text-muted">
            {hasQuery && !isWeights
              ? text.shown(formatCount(found.length), plural(index.rows.length, text.node))
              : text.facts(
                  plural(index.rows.length, text.node),
                  plural(index.graph.weights.length, text.weight),
                  formatBytes(index.weightBytes),
                )}
          </p>
        </div>
        {model.graphs.length > 1 && <GraphPath model={model} at={at} onGraph={toGraph} />}
        {!isWeights && <OperatorChips index={index} query={view.q} onQuery={(q) => change({ q })} />}
        {!connected && (
          <p className="flex items-center gap-1.5 text-xs text-warn">
            <Unplug aria-hidden size={13} />
            {text.offline}
          </p>
        )}
        {model.omittedNodes > 0 && (
          <Notice tone="warn" icon={TriangleAlert}>
            {text.omitted(plural(model.omittedNodes, text.node))}
          </Notice>
        )}
      </div>
      <div className="flex min-h-0 flex-1 border-t border-line @max-3xl:flex-col">
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          {view.view === 'nodes' && (
            <NodeTable
              key={`nodes ${at}`}
              index={index}
              rows={found}
              selected={view.node}
              reveal={revealNode}
              onOpen={(node) => open({ node }, true)}
              onClear={clear}
            />
          )}
          {isWeights && (
            <WeightTable
              key={`weights ${at}`}
              index={index}
              query={view.q}
              selected={view.weight}
              reveal={revealWeight}
              onOpen={(key) => open({ weight: key }, true)}
              onClear={clear}
            />
          )}
          {drawn === at && (
            <DrawingView
              key={`drawing ${at}`}
              index={index}
              isShown={view.view === 'drawing'}
              name={name}
              version={version}
              hits={hits}
              selected={view.node}
              onSelect={(node, takesFocus) => {
                setReveal({ node, weight: undefined });
                open(node === undefined ? {} : { node }, takesFocus);
              }}
            />
          )}
        </div>
        {row && (
          <Details
            title={text.nodeTitle(row.node.opType, String(row.index))}
            subtitle={row.node.name === '' ? undefined : row.node.name}
            takesFocus={focusWish}
            onClose={close}
          >
            <NodeDetails
              model={model}
              index={index}
              row={row}
              ways={{
                toNode: (node) => go({ node }),
                toWeight: (key) => go({ weight: key }),
                toGraph: (graph) => toGraph(graph),
              }}
            />
            <Elsewhere view={view} onView={(next) => change({ view: next })} />
          </Details>
        )}
        {weight && (
          <Details title={weight.name} takesFocus={focusWish} onClose={close}>
            <WeightDetails
              index={index}
              weight={weight}
              ways={{ toNode: (node) => go({ node }), toWeight: () => undefined, toGraph: () => undefined }}
            />
          </Details>
        )}
      </div>
    </div>
  );
}

/** The same thing in the other view. */
function Elsewhere({ view, onView }: { readonly view: GraphView; readonly onView: (view: GraphView['view']) => void }) {
  return (
    <div>
      {view.view === 'drawing' ? (
        <Button size="sm" onClick={() => onView('nodes')}>
          {text.showInTable}
        </Button>
      ) : (
        <Button size="sm" onClick={() => onView('drawing')}>
          {text.showInDrawing}
        </Button>
      )}
    </div>
  );
}
