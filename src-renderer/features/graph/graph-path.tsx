import { ChevronRight } from 'lucide-react';
import type { ModelGraph } from '#contracts/ui-graph.ts';
import { Select } from '../../components/select.tsx';
import { plural } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import { pathTo } from './graph-index.ts';

const text = strings.graph;

/** Where the shown graph is: the way to it from the main graph, and the graphs inside of it. */
export function GraphPath({
  model,
  at,
  onGraph,
}: {
  readonly model: ModelGraph;
  readonly at: number;
  /** @param node of that graph, where one comes from it. */
  readonly onGraph: (graph: number, node?: number) => void;
}) {
  const path = pathTo(model, at);
  const inner = (model.graphs[at]?.nodes ?? []).flatMap(({ subgraphs, opType, name }) =>
    subgraphs.flatMap((graph) => {
      const found = model.graphs[graph];
      return found ? [{ graph, label: `${text.step(opType, name)} › ${found.name}`, nodes: found.nodes.length }] : [];
    }),
  );
  return (
    <nav aria-label={text.path} className="flex flex-wrap items-center gap-1 text-xs">
      <ol className="flex flex-wrap items-center gap-1">
        {path.map(({ graph, node }, step) => {
          const parent = path[step - 1];
          const holder = parent && node !== undefined ? model.graphs[parent.graph]?.nodes[node] : undefined;
          const own = model.graphs[graph]?.name ?? '';
          const label = holder ? `${text.step(holder.opType, holder.name)} › ${own}` : step === 0 ? text.main : own;
          const next = path[step + 1];
          return (
            <li key={graph} className="flex items-center gap-1">
              {step > 0 && <ChevronRight aria-hidden size={12} className="text-faint rtl:rotate-180" />}
              {next ? (
                <button
                  type="button"
                  onClick={() => onGraph(graph, next.node)}
                  className="rounded-sm text-accent hover:underline"
                >
                  {label}
                </button>
              ) : (
                <span aria-current="location" className="font-medium">
                  {label}
                </span>
              )}
            </li>
          );
        })}
      </ol>
      {inner.length > 0 && (
        <div className="ms-2 w-52">
          <Select
            label={text.innerGraphs}
            labelHidden
            placeholder={text.innerGraphs}
            selected={undefined}
            options={inner.map(({ graph, label, nodes }) => ({
              key: String(graph),
              label,
              note: plural(nodes, text.node),
            }))}
            onSelect={(key) => onGraph(Number(key))}
          />
        </div>
      )}
    </nav>
  );
}
