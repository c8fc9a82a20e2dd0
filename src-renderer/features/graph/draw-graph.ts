import type { GraphIndex, GraphValue } from './graph-index.ts';
import type { Scope } from './scopes.ts';
import { nodesIn } from './scopes.ts';

/** Something with a place in the drawing. */
export type DrawBox = {
  readonly id: string;
  /** The open scope that it stands in. */ readonly parent: string | undefined;
} & (
  | { readonly kind: 'node'; readonly node: number }
  | { readonly kind: 'scope'; readonly scope: Scope; readonly nodes: readonly number[] }
  /** An input of the graph, or a value from the graph around it; the type where it is known. */
  | { readonly kind: 'input' | 'outer' | 'output'; readonly name: string; readonly type: GraphValue | undefined }
);

/** A scope that is open: a frame around what is in it. */
export interface DrawFrame {
  readonly id: string;
  readonly parent: string | undefined;
  readonly scope: Scope;
}

export interface DrawEdge {
  readonly id: string;
  /** Ids of boxes. */
  readonly from: string;
  readonly to: string;
  /** Names of the values that go this way. */
  readonly values: readonly string[];
}

/** What is to be drawn, without places. */
export interface DrawGraph {
  readonly boxes: readonly DrawBox[];
  readonly frames: readonly DrawFrame[];
  readonly edges: readonly DrawEdge[];
  /** The box that shows a node: its own, that of a closed scope, or for a constant that of the node which reads it. */
  readonly boxOf: ReadonlyMap<number, string>;
}

/** Nodes that have a box when nothing is grouped; constants are shown in the nodes that read them. */
export const drawnNodes = ({ rows }: GraphIndex): readonly number[] =>
  rows.filter(({ isConstant }) => !isConstant).map(({ index }) => index);

/**
 * @param root scopes of the drawn nodes; undefined draws them all without groups.
 * @param open ids of the scopes that are shown with what is in them.
 */
export function drawGraph(index: GraphIndex, root: Scope | undefined, open: ReadonlySet<string>): DrawGraph {
  const boxes: DrawBox[] = [];
  const frames: DrawFrame[] = [];
  const boxOf = new Map<number, string>();

  const place = (child: Scope | number, parent: string | undefined): void => {
    if (typeof child === 'number') {
      const id = `n${child}`;
      boxes.push({ id, parent, kind: 'node', node: child });
      boxOf.set(child, id);
    } else if (open.has(child.id)) {
      const id = `s${child.id}`;
      frames.push({ id, parent, scope: child });
      for (const inner of child.children) place(inner, id);
    } else {
      const id = `s${child.id}`;
      const nodes = nodesIn(child);
      boxes.push({ id, parent, kind: 'scope', scope: child, nodes });
      for (const node of nodes) boxOf.set(node, id);
    }
  };
  for (const child of root?.children ?? drawnNodes(index)) place(child, undefined);

  const terminals = terminalsOf(index);
  const edges = edgesOf(index, boxOf);
  // Constants come before what reads them, so that going backwards the box of the reader is known.
  for (const { node, index: at, isConstant } of index.rows.toReversed()) {
    if (!isConstant) continue;
    const reader = node.outputs.flatMap((value) => index.consumersOf(value))[0];
    const box = reader === undefined ? undefined : boxOf.get(reader);
    if (box !== undefined) boxOf.set(at, box);
  }
  return { boxes: [...terminals.before, ...boxes, ...terminals.after], frames, edges, boxOf };
}

function terminalsOf({ inputs, outer, graph, typeOf }: GraphIndex): {
  readonly before: readonly DrawBox[];
  readonly after: readonly DrawBox[];
} {
  const at =
    (kind: 'input' | 'outer' | 'output') =>
    (name: string): DrawBox => ({
      id: `${kind} ${name}`,
      parent: undefined,
      kind,
      name,
      type: typeOf(name),
    });
  return {
    before: [...inputs.map(({ name }) => name).map(at('input')), ...outer.map(at('outer'))],
    after: graph.outputs.map(({ name }) => name).map(at('output')),
  };
}

function edgesOf(index: GraphIndex, boxOf: ReadonlyMap<number, string>): readonly DrawEdge[] {
  const outer = new Set(index.outer);
  const values = new Map<string, { readonly from: string; readonly to: string; readonly values: string[] }>();
  /** The box that a value comes from; none for weights and constants. */
  const sourceOf = (value: string): string | undefined => {
    if (index.isInput(value)) return `input ${value}`;
    if (outer.has(value)) return `outer ${value}`;
    const producer = index.producerOf(value);
    return producer === undefined ? undefined : boxOf.get(producer);
  };
  const connect = (value: string, to: string): void => {
    const from = sourceOf(value);
    if (from === undefined || from === to) return;
    const key = `${from} -> ${to}`;
    const known = values.get(key);
    if (!known) values.set(key, { from, to, values: [value] });
    else if (!known.values.includes(value)) known.values.push(value);
  };
  for (const { node, captured, index: at } of index.rows) {
    const to = boxOf.get(at);
    if (to !== undefined) for (const value of [...node.inputs, ...captured]) if (value !== '') connect(value, to);
  }
  for (const { name } of index.graph.outputs) connect(name, `output ${name}`);
  return [...values.values()].map((edge, at) => ({ id: `e${at}`, ...edge }));
}
