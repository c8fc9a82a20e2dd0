import { formatBytes, plural } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import type { DrawBox } from './draw-graph.ts';
import type { GraphIndex, GraphValue, NodeRow } from './graph-index.ts';
import type { Family } from './op-family.ts';
import { FAMILIES, familyOf, roleOf } from './op-family.ts';
import type { Scope } from './scopes.ts';

const text = strings.graph;

/** A line of a box: what it is, and what it says. */
export interface BoxLine {
  readonly name: string;
  readonly text: string;
}

/** What stands in a box of the drawing. */
export interface BoxContent {
  readonly title: string;
  /** Undefined for what is no operator. */
  readonly family: Family | undefined;
  readonly lines: readonly BoxLine[];
  /** Of a scope: how many of its nodes are of each family, in the order of the families. */
  readonly shares: readonly { readonly family: Family; readonly count: number }[];
}

/** More would make the box a table. */
const MAX_LINES = 4;
const MAX_VALUE_LENGTH = 22;

/** `3×224×224`, `?` for what is not known; empty for a scalar and where the rank is not known. */
export const shapeText = (dims: GraphValue['dims'] | undefined): string =>
  dims ? dims.map((dim) => dim ?? '?').join('×') : '';

/** `float32 1×3×224×224` */
const typeText = (type: GraphValue | undefined): string =>
  type ? [type.dtype, shapeText(type.dims)].filter((part) => part !== '').join(' ') : '';

/** The last part of a name with scopes. */
export const shortName = (name: string): string =>
  name.split(name.includes('/') ? '/' : '.').findLast((part) => part !== '') ?? name;

/** A scope as one calls it. */
export const scopeTitle = ({ kind, name }: Scope): string => (kind === 'block' ? text.block(name) : name);

export function boxContent(index: GraphIndex, box: DrawBox): BoxContent {
  switch (box.kind) {
    case 'node': {
      const row = index.rows[box.node];
      return row ? nodeContent(index, row) : { title: '', family: undefined, lines: [], shares: [] };
    }
    case 'scope': {
      const rows = box.nodes.flatMap((node) => index.rows[node] ?? []);
      const bytes = rows.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
      const families = rows.map(({ node }) => familyOf(node.opType));
      return {
        title: scopeTitle(box.scope),
        family: undefined,
        lines: [
          { name: '', text: text.scopeFacts(plural(box.scope.size, text.node), bytes > 0 ? formatBytes(bytes) : '') },
        ],
        shares: FAMILIES.flatMap((family) => {
          const count = families.filter((other) => other === family).length;
          return count === 0 ? [] : [{ family, count }];
        }),
      };
    }
    case 'input':
    case 'outer':
    case 'output': {
      const type = typeText(box.type);
      const note = box.kind === 'outer' ? text.fromOutside : type;
      return { title: box.name, family: undefined, lines: note === '' ? [] : [{ name: '', text: note }], shares: [] };
    }
    default:
      return box satisfies never;
  }
}

function nodeContent(index: GraphIndex, row: NodeRow): BoxContent {
  const { node } = row;
  const settings = settingsText(node);
  const fixed = node.inputs.flatMap((value, at) => {
    const weight = index.weightOf(value);
    if (weight)
      return [{ name: roleOf(node.opType, at) ?? shortName(value), text: shapeText(weight.dims) || weight.dtype }];
    const producer = index.rows[index.producerOf(value) ?? -1];
    if (!producer?.isConstant) return [];
    return [{ name: roleOf(node.opType, at) ?? text.constant, text: constantText(index, value, producer) }];
  });
  const graphs = row.node.subgraphs.length;
  const lines = [
    ...(settings === '' ? [] : [{ name: '', text: settings }]),
    ...fixed,
    ...(graphs === 0 ? [] : [{ name: '', text: plural(graphs, text.innerGraph) }]),
  ];
  return {
    title: node.opType,
    family: familyOf(node.opType),
    lines:
      lines.length <= MAX_LINES
        ? lines
        : [...lines.slice(0, MAX_LINES - 1), { name: '', text: text.more(lines.length - MAX_LINES + 1) }],
    shares: [],
  };
}

/** Its shape, or for a plain constant its value where that is short. */
function constantText(index: GraphIndex, value: string, { node }: NodeRow): string {
  const attribute = node.opType === 'Constant' ? node.attributes[0] : undefined;
  if (attribute && attribute.type !== 'tensor' && attribute.text.length <= MAX_VALUE_LENGTH) return attribute.text;
  const shape = shapeText(index.typeOf(value)?.dims);
  if (shape !== '') return shape;
  return attribute && attribute.text.length <= MAX_VALUE_LENGTH ? attribute.text : node.opType;
}

/** What one wants to know of an operator at a glance: `3×3, stride 2, pad 1`. */
function settingsText({ attributes }: NodeRow['node']): string {
  const numbers = (name: string): readonly string[] =>
    attributes.find((attribute) => attribute.name === name)?.text.match(/-?\d+(?:\.\d+)?/gu) ?? [];
  /** One number where all are alike. */
  const alike = (values: readonly string[]): string =>
    new Set(values).size === 1 ? (values[0] ?? '') : values.join(' ');
  const told = (name: keyof typeof text.settings, standard: string): string => {
    const value = alike(numbers(name));
    return value === '' || value === standard ? '' : text.settings[name](value);
  };
  return [
    numbers('kernel_shape').join('×'),
    told('strides', '1'),
    told('pads', '0'),
    told('dilations', '1'),
    told('group', '1'),
    told('axis', ''),
    told('axes', ''),
    told('perm', ''),
  ]
    .filter((part) => part !== '')
    .join(', ');
}
