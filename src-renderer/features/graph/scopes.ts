/**
 * Groups of nodes by the scopes in their names, for drawings of large graphs. Exporters write them as
 * `/encoder/layer.0/attention/MatMul` or `encoder.layer.0.dense`.
 */
export interface Scope {
  /** Stays the same for the same graph. */
  readonly id: string;
  /** Without that of the scopes around it. */
  readonly name: string;
  /** A `block` is a stretch of the file, where names tell no scopes or too many. */
  readonly kind: 'scope' | 'block';
  /** Scopes and indices of nodes, in the order of the file. */
  readonly children: readonly (Scope | number)[];
  /** Nodes in it and in its scopes. */
  readonly size: number;
}

export interface NamedNode {
  readonly index: number;
  readonly name: string;
}

/** More parts than this in one scope make no picture: they are cut into blocks. */
const MAX_PARTS = 240;

interface Branch {
  readonly id: string;
  readonly parts: (Branch | number)[];
  readonly branches: Map<string, Branch>;
}

const branch = (id: string): Branch => ({ id, parts: [], branches: new Map() });

/** The scope of all nodes. @param nodes in the order of the file. */
export function scopeTree(nodes: readonly NamedNode[]): Scope {
  const separator = nodes.some(({ name }) => name.includes('/')) ? '/' : '.';
  const root = branch('');
  for (const { index, name } of nodes) {
    let at = root;
    for (const segment of name.split(separator).slice(0, -1)) {
      if (segment === '') continue;
      let next = at.branches.get(segment);
      if (!next) {
        next = branch(`${at.id}/${segment}`);
        at.branches.set(segment, next);
        at.parts.push(next);
      }
      at = next;
    }
    at.parts.push(index);
  }
  // What everything is in tells nothing.
  const top = withoutShell(root);
  return finish(top.id, '', top);
}

function withoutShell(at: Branch): Branch {
  const [only] = at.parts;
  return at.parts.length === 1 && typeof only === 'object' ? withoutShell(only) : at;
}

function finish(id: string, name: string, { parts }: Branch): Scope {
  const children = parts.map((part) => (typeof part === 'number' ? part : finishPart(id, part)));
  return inBlocks({ id, name, kind: 'scope', children, size: sizeOf(children) });
}

/** A scope of one node is that node; one of a single scope is named with it. */
function finishPart(parent: string, part: Branch): Scope | number {
  const inner = withoutShell(part);
  const [only] = inner.parts;
  if (inner.parts.length === 1 && typeof only === 'number') return only;
  return finish(inner.id, inner.id.slice(parent.length + 1), inner);
}

const sizeOf = (children: Scope['children']): number =>
  children.reduce<number>((sum, child) => sum + (typeof child === 'number' ? 1 : child.size), 0);

const firstNode = (child: Scope | number | undefined): number =>
  child === undefined ? 0 : typeof child === 'number' ? child : firstNode(child.children[0]);

const lastNode = (child: Scope | number | undefined): number =>
  child === undefined ? 0 : typeof child === 'number' ? child : lastNode(child.children.at(-1));

/** Cuts the parts of a scope into stretches of about the same length until there are few enough. */
function inBlocks(scope: Scope): Scope {
  const { children } = scope;
  if (children.length <= MAX_PARTS) return scope;
  const length = Math.min(MAX_PARTS, Math.ceil(Math.sqrt(children.length)));
  const blocks = Array.from({ length: Math.ceil(children.length / length) }, (_, at): Scope => {
    const part = children.slice(at * length, (at + 1) * length);
    const name = `${firstNode(part[0])}–${lastNode(part.at(-1))}`;
    return { id: `${scope.id}#${name}`, name, kind: 'block', children: part, size: sizeOf(part) };
  });
  return inBlocks({ ...scope, children: blocks });
}

/** Ids of the scopes that a node is in, the outermost first, without the one of all nodes. */
export function scopesAround(root: Scope, node: number): readonly string[] {
  for (const child of root.children) {
    if (typeof child === 'number') {
      if (child === node) return [];
    } else if (contains(child, node)) {
      return [child.id, ...scopesAround(child, node)];
    }
  }
  return [];
}

const contains = (scope: Scope, node: number): boolean =>
  scope.children.some((child) => (typeof child === 'number' ? child === node : contains(child, node)));

/** All nodes in a scope. */
export const nodesIn = (scope: Scope): readonly number[] =>
  scope.children.flatMap((child) => (typeof child === 'number' ? [child] : nodesIn(child)));

/** Scopes to begin with open: those that are alone where they are, so that closed they would show nothing. */
export function soleScopes(root: Scope): readonly string[] {
  const scopes = root.children.flatMap((child) => (typeof child === 'number' ? [] : [child]));
  const [only] = scopes;
  return scopes.length === 1 && only ? [only.id, ...soleScopes(only)] : [];
}
