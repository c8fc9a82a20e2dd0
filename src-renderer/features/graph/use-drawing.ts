import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { canvasMeasure } from './canvas-pen.ts';
import { drawGraph, drawnNodes } from './draw-graph.ts';
import type { GraphIndex } from './graph-index.ts';
import { layoutRequest } from './layout.ts';
import type { LayoutState } from './layout-run.ts';
import { browserLayoutPorts, createLayouts } from './layout-run.ts';
import type { Scope } from './scopes.ts';
import { scopesAround, scopeTree, soleScopes } from './scopes.ts';
import { shortName } from './box-content.ts';

/** More boxes than this are not drawn at once: finding their places would take too long, and nobody could read them. */
export const MAX_BOXES = 3000;

export interface DrawingControl extends LayoutState {
  /** How many boxes there are without groups. */
  readonly size: number;
  readonly isGrouped: boolean;
  /** There are too many nodes to show them without groups. */
  readonly mustGroup: boolean;
  readonly hasOpen: boolean;
  /** What keeps its place in the next drawing; undefined where that begins anew. */
  readonly anchor: string | undefined;
  readonly group: (isGrouped: boolean) => void;
  /** Opens or closes a group. @returns false where that would be more boxes than can be drawn. */
  readonly toggle: (scope: string) => boolean;
  readonly openAll: () => boolean;
  readonly closeAll: () => void;
  /** Opens all groups around a node. @returns false where that would be too much. */
  readonly openAround: (node: number) => boolean;
  readonly draw: () => void;
  readonly cancel: () => void;
}

/** The drawing of one graph, made when it is asked for and again when groups are opened or closed. */
export function useDrawing(index: GraphIndex, fontFamily: string): DrawingControl {
  const [layouts] = useState(() => createLayouts(browserLayoutPorts));
  const state = useStore(layouts.store);
  const nodes = useMemo(() => drawnNodes(index), [index]);
  const mustGroup = nodes.length > MAX_BOXES;
  const [wantsGroups, setWantsGroups] = useState(false);
  const isGrouped = mustGroup || wantsGroups;
  const root = useMemo(
    () => (isGrouped ? scopeTree(nodes.map((node) => ({ index: node, name: scopedName(index, node) }))) : undefined),
    [isGrouped, nodes, index],
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>();
  const [anchor, setAnchor] = useState<string>();
  const open = useMemo(() => chosen ?? new Set(root ? soleScopes(root) : []), [chosen, root]);
  const measure = useMemo(() => canvasMeasure(fontFamily), [fontFamily]);
  const key = isGrouped ? ['grouped', ...[...open].toSorted()].join('\n') : 'flat';

  const draw = (): void => layouts.draw(key, index, layoutRequest(index, drawGraph(index, root, open), measure));
  useEffect(() => {
    draw();
    // oxlint-disable-next-line react/exhaustive-deps -- the key tells all that is drawn
  }, [layouts, index, key]);
  useEffect(() => layouts.close, [layouts]);

  const tryOpen = (next: ReadonlySet<string>, at?: string): boolean => {
    if (drawGraph(index, root, next).boxes.length > MAX_BOXES) return false;
    setAnchor(at);
    setChosen(next);
    return true;
  };
  return {
    ...state,
    size: nodes.length,
    isGrouped,
    mustGroup,
    hasOpen: open.size > 0,
    anchor,
    group(wanted) {
      setAnchor(undefined);
      setWantsGroups(wanted);
    },
    toggle(scope) {
      const next = new Set(open);
      if (!next.delete(scope)) next.add(scope);
      return tryOpen(next, `s${scope}`);
    },
    openAll: () => tryOpen(new Set(root ? allScopes(root) : [])),
    closeAll() {
      setAnchor(undefined);
      setChosen(new Set());
    },
    openAround: (node) => tryOpen(new Set([...open, ...(root ? scopesAround(root, node) : [])])),
    draw,
    cancel: layouts.cancel,
  };
}

/** The name of a node, or where it has none that of its first output, which exporters write alike. */
function scopedName(index: GraphIndex, node: number): string {
  const { name = '', outputs = [] } = index.rows[node]?.node ?? {};
  return name === '' ? (outputs[0] ?? '') : name;
}

const allScopes = (scope: Scope): readonly string[] =>
  scope.children.flatMap((child) => (typeof child === 'number' ? [] : [child.id, ...allScopes(child)]));

/** A node as one calls it: its operator and the end of its name. */
export function nodeWords(index: GraphIndex, node: number): string {
  const row = index.rows[node];
  if (!row) return '';
  return [row.node.opType, shortName(row.node.name)].filter((part) => part !== '').join(' ');
}
