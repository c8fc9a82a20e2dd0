import { useSearchParams } from 'wouter';

export const GRAPH_VIEWS = ['nodes', 'weights', 'drawing'] as const;

/** What of a graph is shown; it stands in the address, so that a link or a reload restores it. */
export interface GraphView {
  /** Undefined for the one that is chosen by itself. */
  readonly version: string | undefined;
  readonly view: (typeof GRAPH_VIEWS)[number];
  /** Which graph of the model; 0 is the main one. */
  readonly graph: number;
  readonly q: string;
  /** What is open: a node by its place in the file, or a weight by its name. */
  readonly node: number | undefined;
  readonly weight: string | undefined;
}

/** @param params of the address; what cannot be understood counts as left out. */
function readGraphView(params: URLSearchParams): GraphView {
  const whole = (name: string): number | undefined => {
    const text = params.get(name) ?? '';
    return /^\d{1,9}$/u.test(text) ? Number(text) : undefined;
  };
  return {
    version: params.get('version') ?? undefined,
    view: GRAPH_VIEWS.find((view) => view === params.get('view')) ?? 'nodes',
    graph: whole('graph') ?? 0,
    q: params.get('q') ?? '',
    node: whole('node'),
    weight: params.get('weight') ?? undefined,
  };
}

/** What differs from the view that one gets without parameters. */
function graphViewParams({ version, view, graph, q, node, weight }: GraphView): Record<string, string> {
  return {
    tab: 'graph',
    ...(version !== undefined && { version }),
    ...(view !== 'nodes' && { view }),
    ...(graph !== 0 && { graph: String(graph) }),
    ...(q !== '' && { q }),
    ...(node !== undefined && { node: String(node) }),
    ...(weight !== undefined && { weight }),
  };
}

export type ChangeGraphView = (change: Partial<GraphView>) => void;

export function useGraphView(): readonly [GraphView, ChangeGraphView] {
  const [params, setParams] = useSearchParams();
  return [
    readGraphView(params),
    (change) => {
      setParams((now) => graphViewParams({ ...readGraphView(now), ...change }), { replace: true });
    },
  ];
}
