import {
  ArrowDownToLine,
  ArrowUpToLine,
  CircleSlash2,
  FileDown,
  LoaderCircle,
  Maximize,
  Minus,
  Play,
  Plus,
  TriangleAlert,
  UnfoldVertical,
  FoldVertical,
} from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { Button, IconButton } from '../../components/button.tsx';
import { EmptyState, Notice } from '../../components/notice.tsx';
import { Switch } from '../../components/switch.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { saveFile } from '../../save-file.ts';
import { useLocalTimeText, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { CanvasView } from './canvas-view.ts';
import { createCanvasView } from './canvas-view.ts';
import { scopeTitle } from './box-content.ts';
import { FamilySwatch } from './family-swatch.tsx';
import type { GraphIndex } from './graph-index.ts';
import type { Hit } from './hit-test.ts';
import { HitStepper } from './hit-stepper.tsx';
import { FAMILIES, familyOf } from './op-family.ts';
import { readPalette } from './palette.ts';
import { drawingSvg } from './svg.ts';
import { useIsMotionReduced, useLook } from './use-canvas-look.ts';
import type { DrawingControl } from './use-drawing.ts';
import { MAX_BOXES, nodeWords, useDrawing } from './use-drawing.ts';

const text = strings.graph;

const ZOOM_STEP = 1.3;
const PAN_PX = 60;

/** The graph as a picture: arranged in another thread, painted on a canvas. */
export function DrawingView({
  index,
  isShown,
  name,
  version,
  hits,
  selected,
  onSelect,
}: {
  readonly index: GraphIndex;
  /** It stays while something else is shown, since it takes long to make. */
  readonly isShown: boolean;
  readonly name: string;
  readonly version: string;
  /** Nodes that the search found; undefined without a search. */
  readonly hits: readonly number[] | undefined;
  readonly selected: number | undefined;
  readonly onSelect: (node: number | undefined, takesFocus: boolean) => void;
}) {
  const { toasts } = useServices();
  const [fontFamily] = useState(() => getComputedStyle(document.body).fontFamily);
  const control = useDrawing(index, fontFamily);
  const { drawing, phase } = control;
  const look = useLook();
  const isMotionReduced = useIsMotionReduced();
  const canvas = useRef<HTMLCanvasElement>(null);
  const minimap = useRef<HTMLCanvasElement>(null);
  const view = useRef<CanvasView>(undefined);
  const [hovered, setHovered] = useState<string>();
  /** The chosen node that was brought into view last. */
  const seen = useRef<number>(undefined);

  const asked = (worked: boolean): void => {
    if (!worked) toasts.getState().show({ tone: 'bad', message: text.tooManyOpen(formatCount(MAX_BOXES)) });
  };
  const onPick = useEffectEvent((hit: Hit | undefined) => {
    if (hit?.kind === 'frame') asked(control.toggle(hit.frame.frame.scope.id));
    else if (hit?.box.box.kind === 'scope') asked(control.toggle(hit.box.box.scope.id));
    else {
      const node = hit?.box.box.kind === 'node' ? hit.box.box.node : undefined;
      // It is in view already.
      seen.current = node;
      onSelect(node, false);
    }
  });
  const anchorNow = useEffectEvent(() => control.anchor);
  const reduced = useEffectEvent(() => isMotionReduced());
  useEffect(() => {
    if (!canvas.current || !minimap.current) return undefined;
    const made = createCanvasView({
      canvas: canvas.current,
      minimap: minimap.current,
      fontFamily,
      isMotionReduced: () => reduced(),
      onPick: (hit) => onPick(hit),
      onHover: setHovered,
    });
    view.current = made;
    return () => made.close();
  }, [fontFamily]);
  useEffect(() => {
    view.current?.recolour(readPalette());
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- another look is other colours
  }, [look]);

  const selectedBox = selected === undefined ? undefined : drawing?.boxOf.get(selected);
  const hitBoxes = useMemo(
    () => hits && drawing && new Set(hits.flatMap((node) => drawing.boxOf.get(node) ?? [])),
    [hits, drawing],
  );
  useEffect(
    () => view.current?.mark({ selected: selectedBox, hovered, hits: hitBoxes }),
    [selectedBox, hovered, hitBoxes],
  );
  useEffect(() => {
    if (drawing) view.current?.show(drawing, anchorNow());
  }, [drawing]);
  useEffect(() => {
    if (!isShown || !drawing || seen.current === selected) return;
    seen.current = selected;
    if (selectedBox !== undefined) view.current?.reveal(selectedBox);
  }, [isShown, selected, selectedBox, drawing]);

  const closedScope = drawing && selectedBox !== undefined ? drawing.byId.get(selectedBox)?.box : undefined;
  const facts = plural(index.rows.length, text.node);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 4 * PAN_PX : PAN_PX;
    const action = {
      ArrowLeft: () => view.current?.pan(step, 0),
      ArrowRight: () => view.current?.pan(-step, 0),
      ArrowUp: () => view.current?.pan(0, step),
      ArrowDown: () => view.current?.pan(0, -step),
      '+': () => view.current?.zoom(ZOOM_STEP),
      '=': () => view.current?.zoom(ZOOM_STEP),
      '-': () => view.current?.zoom(1 / ZOOM_STEP),
      '0': () => view.current?.fit(),
      Enter: () => selected !== undefined && onSelect(selected, true),
    }[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  };
  const onExport = (): void => {
    if (!drawing) return;
    const svg = drawingSvg(drawing, readPalette('light'), `${name} v${version}`, fontFamily);
    saveFile(text.fileName(name, version), svg, 'image/svg+xml;charset=utf-8');
  };

  return (
    <section hidden={!isShown} className="flex min-h-0 flex-1 flex-col" aria-label={text.views.drawing}>
      <div
        role="toolbar"
        aria-label={text.tools}
        className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-5 py-1"
      >
        <span className="flex items-center">
          <IconButton icon={Plus} label={text.zoomIn} onClick={() => view.current?.zoom(ZOOM_STEP)} />
          <IconButton icon={Minus} label={text.zoomOut} onClick={() => view.current?.zoom(1 / ZOOM_STEP)} />
          <IconButton icon={Maximize} label={text.fit} onClick={() => view.current?.fit()} />
        </span>
        {control.mustGroup ? (
          <span className="text-xs text-muted">{text.alwaysGrouped(formatCount(MAX_BOXES))}</span>
        ) : (
          <Switch label={text.group} isOn={control.isGrouped} onChange={control.group} />
        )}
        {control.isGrouped && (
          <span className="flex items-center">
            {!control.mustGroup && (
              <IconButton icon={UnfoldVertical} label={text.openAll} onClick={() => asked(control.openAll())} />
            )}
            <IconButton
              icon={FoldVertical}
              label={text.closeAll}
              disabled={!control.hasOpen}
              onClick={control.closeAll}
            />
          </span>
        )}
        <span className="flex-1" />
        {hits && <HitStepper hits={hits} selected={selected} onStep={(node) => onSelect(node, false)} />}
        <IconButton icon={FileDown} label={text.exportSvg} disabled={!drawing} onClick={onExport} />
      </div>
      <div className="relative min-h-0 flex-1">
        <canvas
          ref={canvas}
          // oxlint-disable-next-line jsx-a11y/no-interactive-element-to-noninteractive-role -- a picture with keys of its own
          role="application"
          tabIndex={0}
          aria-label={text.canvas(facts)}
          aria-busy={phase === 'running'}
          data-phase={phase}
          onKeyDown={onKeyDown}
          className="absolute inset-0 size-full touch-none focus-visible:-outline-offset-2"
        />
        <canvas
          ref={minimap}
          hidden
          aria-hidden
          className="absolute end-3 bottom-3 cursor-crosshair touch-none rounded-md border border-line bg-surface shadow-raised"
        />
        <Stage
          control={control}
          facts={plural(drawing && phase === 'running' ? index.rows.length : control.size, text.node)}
        />
      </div>
      <footer className="flex min-h-9 flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-5 py-1 text-xs">
        {selected === undefined ? (
          <Legend index={index} />
        ) : (
          <>
            <span className="text-faint">{text.selected}</span>
            <Button
              size="sm"
              onClick={() => onSelect(selected, true)}
              aria-label={text.openSelected(nodeWords(index, selected))}
            >
              {nodeWords(index, selected)}
            </Button>
            <Neighbours index={index} node={selected} onSelect={(node) => onSelect(node, false)} />
            {closedScope?.kind === 'scope' && (
              <Button
                size="sm"
                onClick={() => {
                  seen.current = undefined;
                  asked(control.openAround(selected));
                }}
              >
                {text.openScope(scopeTitle(closedScope.scope))}
              </Button>
            )}
          </>
        )}
      </footer>
    </section>
  );
}

/** What is under way instead of a drawing, or over the last one. */
function Stage({ control, facts }: { readonly control: DrawingControl; readonly facts: string }) {
  const { phase, drawing } = control;
  if (phase === 'running') {
    return (
      <div
        className={`pointer-events-none absolute inset-0 flex justify-center ${drawing ? 'items-start pt-4' : 'items-center'}`}
      >
        <div className="pointer-events-auto flex items-center gap-3 rounded-lg border border-line bg-raised px-4 py-2.5 text-sm shadow-overlay">
          <LoaderCircle aria-hidden size={16} className="animate-spin text-busy" />
          <span role="status">{text.arranging(facts)}</span>
          <Elapsed sinceMs={control.sinceMs} />
          <Button size="sm" onClick={control.cancel}>
            {text.cancel}
          </Button>
        </div>
      </div>
    );
  }
  if (phase !== 'cancelled' && phase !== 'failed') return null;
  const again = (
    <Button size="sm" icon={Play} onClick={control.draw}>
      {text.draw}
    </Button>
  );
  const title = phase === 'failed' ? text.drawFailed : text.cancelled;
  if (drawing) {
    return (
      <div role="status" className="absolute inset-x-5 top-3">
        <Notice tone={phase === 'failed' ? 'bad' : 'idle'} icon={TriangleAlert} title={title} actions={again}>
          {control.reason}
        </Notice>
      </div>
    );
  }
  return (
    <div role="status" className="absolute inset-0 overflow-auto">
      <EmptyState
        icon={phase === 'failed' ? TriangleAlert : CircleSlash2}
        title={title}
        actions={again}
        hint={text.drawHint(facts)}
      >
        <p>{control.reason ?? text.cancelledHint}</p>
      </EmptyState>
    </div>
  );
}

function Elapsed({ sinceMs }: { readonly sinceMs: number }) {
  const seconds = useLocalTimeText((nowMs) =>
    text.elapsed(formatCount(Math.max(0, Math.round((nowMs - sinceMs) / 1000)))),
  );
  return <span className="min-w-8 text-end text-xs text-muted">{seconds}</span>;
}

/** The families that the graph has. */
function Legend({ index }: { readonly index: GraphIndex }) {
  const used = new Set(index.operators.map(({ opType }) => familyOf(opType)));
  return (
    <ul aria-label={text.legend} className="flex flex-wrap gap-x-4 gap-y-1 text-muted">
      {FAMILIES.filter((family) => used.has(family)).map((family) => (
        <li key={family} className="flex items-center gap-1.5">
          <FamilySwatch family={family} />
          {text.families[family]}
        </li>
      ))}
    </ul>
  );
}

/** Steps along the lines of the drawing, without a mouse. */
function Neighbours({
  index,
  node,
  onSelect,
}: {
  readonly index: GraphIndex;
  readonly node: number;
  readonly onSelect: (node: number) => void;
}) {
  const row = index.rows[node];
  const before =
    row && [...row.node.inputs, ...row.captured].map(index.producerOf).find((found) => found !== undefined);
  const after = row?.node.outputs.flatMap((value) => index.consumersOf(value))[0];
  return (
    <span className="flex items-center">
      <IconButton
        icon={ArrowUpToLine}
        label={text.follow.before}
        disabled={before === undefined}
        onClick={() => before !== undefined && onSelect(before)}
      />
      <IconButton
        icon={ArrowDownToLine}
        label={text.follow.after}
        disabled={after === undefined}
        onClick={() => after !== undefined && onSelect(after)}
      />
    </span>
  );
}
