import type { Graph, GraphNode, GraphWeight, ModelGraph } from '#contracts/ui-graph.ts';

/** A value whose type is known. */
export type GraphValue = Graph['values'][number];

/** One node, and what the whole graph tells about it. */
export interface NodeRow {
  /** Its place in the file. */
  readonly index: number;
  readonly node: GraphNode;
  /** The weights among its inputs. */
  readonly weights: readonly GraphWeight[];
  readonly weightBytes: number;
  /** Values of this graph, or of one around it, that the graphs inside of the node read. */
  readonly captured: readonly string[];
  /** Computed from weights and constants alone, so that a drawing can show it as a part of what reads it. */
  readonly isConstant: boolean;
}

/** One graph of a model, made ready for questions. */
export interface GraphIndex {
  readonly graph: Graph;
  readonly rows: readonly NodeRow[];
  /** Inputs that are no weights: old files list those among the inputs too. */
  readonly inputs: readonly GraphValue[];
  /** Values from a graph around this one, in the order in which they are read. */
  readonly outer: readonly string[];
  readonly typeOf: (value: string) => GraphValue | undefined;
  /** Index of the node that computes a value; undefined for inputs, weights and values from outside. */
  readonly producerOf: (value: string) => number | undefined;
  /** Indices of the nodes that read a value, in their order. */
  readonly consumersOf: (value: string) => readonly number[];
  readonly weightOf: (value: string) => GraphWeight | undefined;
  readonly isInput: (value: string) => boolean;
  /** How many nodes there are of each operator, the most first. */
  readonly operators: readonly { readonly opType: string; readonly count: number }[];
  readonly weightBytes: number;
}

/** @param at which graph of the model; one that does not exist counts as the main one. */
export function indexGraph(model: ModelGraph, at: number): GraphIndex {
  const graph = model.graphs[at] ?? model.graphs[0];
  if (!graph) throw new Error('a model without a graph');
  const weights = new Map(graph.weights.map((weight) => [weight.name, weight]));
  const types = new Map(
    [...graph.values, ...graph.outputs, ...graph.inputs, ...graph.weights].map((value) => [value.name, value]),
  );
  const inputs = graph.inputs.filter(({ name }) => !weights.has(name));
  const inputNames = new Set(inputs.map(({ name }) => name));
  const producers = new Map<string, number>();
  for (const [index, { outputs }] of graph.nodes.entries()) {
    for (const output of outputs) if (output !== '') producers.set(output, index);
  }
  const consumers = new Map<string, number[]>();
  const read = (value: string, index: number): void => {
    const known = consumers.get(value);
    if (!known) consumers.set(value, [index]);
    else if (known.at(-1) !== index) known.push(index);
  };
  const captured = graph.nodes.map((node) => capturedBy(model, node));
  for (const [index, node] of graph.nodes.entries()) {
    for (const value of new Set([...node.inputs, ...(captured[index] ?? [])])) if (value !== '') read(value, index);
  }
  const isConstant = constants(graph, captured, {
    isWeight: (value) => weights.has(value),
    producerOf: (value) => producers.get(value),
    isRead: (value) => consumers.has(value),
  });
  return {
    graph,
    rows: graph.nodes.map((node, index) => {
      const own = [...new Set(node.inputs)].flatMap((value) => weights.get(value) ?? []);
      return {
        index,
        node,
        weights: own,
        weightBytes: own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        captured: captured[index] ?? [],
        isConstant: isConstant.has(index),
      };
    }),
    inputs,
    outer: [...new Set([...consumers.keys(), ...graph.outputs.map(({ name }) => name)])].filter(
      (value) => !producers.has(value) && !weights.has(value) && !inputNames.has(value),
    ),
    typeOf: (value) => types.get(value),
    producerOf: (value) => producers.get(value),
    consumersOf: (value) => consumers.get(value) ?? [],
    weightOf: (value) => weights.get(value),
    isInput: (value) => inputNames.has(value),
    operators: countOperators(graph),
    weightBytes: graph.weights.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

/** What the graphs inside of a node read and do not have themselves. */
function capturedBy(model: ModelGraph, { subgraphs }: GraphNode): readonly string[] {
  const free = subgraphs.flatMap((at) => {
    const graph = model.graphs[at];
    if (!graph) return [];
    const own = new Set([
      ...graph.inputs.map(({ name }) => name),
      ...graph.weights.map(({ name }) => name),
      ...graph.nodes.flatMap(({ outputs }) => outputs),
    ]);
    const used = [
      ...graph.nodes.flatMap((node) => [...node.inputs, ...capturedBy(model, node)]),
      ...graph.outputs.map(({ name }) => name),
    ];
    return used.filter((value) => value !== '' && !own.has(value));
  });
  return [...new Set(free)];
}

/** Indices of the nodes that give the same for every request. The order of a file is one in which nodes can run. */
function constants(
  graph: Graph,
  captured: readonly (readonly string[])[],
  {
    isWeight,
    producerOf,
    isRead,
  }: {
    readonly isWeight: (value: string) => boolean;
    readonly producerOf: (value: string) => number | undefined;
    readonly isRead: (value: string) => boolean;
  },
): ReadonlySet<number> {
  const results = new Set(graph.outputs.map(({ name }) => name));
  const found = new Set<number>();
  for (const [index, node] of graph.nodes.entries()) {
    const inputs = node.inputs.filter((value) => value !== '');
    const isFixed = (value: string): boolean => isWeight(value) || found.has(producerOf(value) ?? -1);
    // An operator without inputs may be one that draws lots; only that which is called so is a constant.
    const fixed = inputs.length === 0 ? node.opType === 'Constant' : inputs.every(isFixed);
    const isShown = node.outputs.some((value) => results.has(value)) || !node.outputs.some(isRead);
    if (fixed && !isShown && node.subgraphs.length === 0 && captured[index]?.length === 0) found.add(index);
  }
  return found;
}

function countOperators(graph: Graph): GraphIndex['operators'] {
  const counts = new Map<string, number>();
  for (const { opType } of graph.nodes) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  return [...counts]
    .map(([opType, count]) => ({ opType, count }))
    .toSorted((a, b) => b.count - a.count || a.opType.localeCompare(b.opType));
}

/** A step on the way from the main graph to one inside of it. */
export interface GraphStep {
  readonly graph: number;
  /** The node that this graph is in, in the graph of the step before; undefined for the main graph. */
  readonly node: number | undefined;
}

/** The way to a graph, the main one first and the graph itself last. */
export function pathTo(model: ModelGraph, at: number): readonly GraphStep[] {
  if (at <= 0 || at >= model.graphs.length) return [{ graph: 0, node: undefined }];
  for (const [graph, { nodes }] of model.graphs.entries()) {
    const node = nodes.findIndex(({ subgraphs }) => subgraphs.includes(at));
    // A graph stands behind the one that it is in; whatever says otherwise would lead in a circle.
    if (node !== -1 && graph < at) return [...pathTo(model, graph), { graph: at, node }];
  }
  return [
    { graph: 0, node: undefined },
    { graph: at, node: undefined },
  ];
}
