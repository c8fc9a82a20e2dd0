import { FolderSearch, RefreshCw, Settings2 } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import type { ServableVersion } from '#contracts/ids.ts';
import type { VersionPolicy } from '#contracts/model-config.ts';
import type { ModelView } from '#contracts/ui.ts';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Countdown } from '../../components/time.tsx';
import { formatCount } from '../../format/quantity.ts';
import { POLL_NEWS_MS } from '../../format/time.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServer, useServices, useTimeText } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { useVersionActions } from '../models/use-version-actions.tsx';
import { EventTable } from './event-table.tsx';
import { LaneGrid, useNow } from './lane-grid.tsx';
import { LaneMenu } from './lane-menu.tsx';
import { lanesOf, shownLanes } from './lanes.ts';
import { PolicySheet } from './policy-sheet.tsx';
import { useAskedAction } from './use-asked-action.ts';
import { useModelHistory } from './use-model-history.ts';
import { useVersionKeys } from './use-version-keys.ts';
import { WhyPanel } from './why-panel.tsx';

const text = strings.model;

const WINDOWS_MS = { '1m': 60_000, '10m': 600_000, '1h': 3_600_000, start: undefined } as const;
type WindowKey = keyof typeof WINDOWS_MS;
const WINDOW_KEYS: readonly WindowKey[] = ['1m', '10m', '1h', 'start'];
const isWindow = (key: string | null): key is WindowKey => key !== null && Object.hasOwn(WINDOWS_MS, key);

/** The picture moves in so many steps at most, and not oftener than anybody sees. */
const STEPS = 1200;
const STEP_MS = 1000;

/** Ended versions that are shown without being asked for. */
const SHOWN_OVER = 20;

/** The life of each version over time, why it is so, and what can be done about it. */
export function VersionsTab({
  model,
  initialVersion,
}: {
  readonly model: ModelView;
  readonly initialVersion: string | undefined;
}) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const startedAtMs = useServer((state) => state.server?.startedAtMs ?? 0);
  const [params, setParams] = useSearchParams();
  const asked = params.get('window');
  const windowKey: WindowKey = isWindow(asked) ? asked : '10m';
  const [selected, setSelected] = useState(initialVersion);
  const [allShown, setAllShown] = useState(false);
  const [menu, setMenu] = useState<{ readonly version: string; readonly anchor: { readonly current: HTMLElement } }>();
  const [editing, setEditing] = useState<{ readonly policy?: VersionPolicy }>();
  const [reveal, setReveal] = useState<{ readonly key: number }>();

  const { events, problem } = useModelHistory(model);
  const spanMs = WINDOWS_MS[windowKey];
  const { nowMs, knownMs } = useNow(spanMs === undefined ? STEP_MS : Math.max(STEP_MS / 2, spanMs / STEPS));
  const range = { fromMs: spanMs === undefined ? Math.min(startedAtMs, nowMs - 10_000) : nowMs - spanMs, toMs: nowMs };
  const { shown, older } = shownLanes(
    lanesOf(events, model.versions, foundVersions(model)),
    allShown ? Infinity : SHOWN_OVER,
  );
  const listed = selected === undefined ? events : events.filter(({ version }) => version === selected);

  const byHand = useVersionActions();
  useAskedAction(model, initialVersion, {
    select: setSelected,
    edit: (policy) => setEditing({ policy }),
    start: byHand.start,
  });
  const keys = useVersionKeys(model, byHand.start);
  const onLaneKey = (key: string, version: string): boolean => {
    if (key !== 'z') return keys.run(key, version);
    const next = WINDOW_KEYS[(WINDOW_KEYS.indexOf(windowKey) + 1) % WINDOW_KEYS.length] ?? windowKey;
    showWindow(next);
    return true;
  };
  const showWindow = (key: WindowKey): void => setParams(key === '10m' ? {} : { window: key }, { replace: true });

  const pollNow = (): void => {
    commands.run('pollNow', { name: model.name }).then(
      () => toasts.getState().show({ tone: 'neutral', message: text.polled(model.name), durationMs: 2500 }),
      (error: unknown) => toasts.getState().show({ tone: 'bad', message: errorText(error) }),
    );
  };

  if (shown.length === 0) {
    return (
      <EmptyState
        icon={FolderSearch}
        title={text.noVersions}
        actions={
          <Button variant="primary" icon={RefreshCw} disabled={!connected} onClick={pollNow}>
            {text.pollNow}
          </Button>
        }
        hint={<NextPoll model={model} />}
      >
        <p className="break-words">{model.source.message ?? text.noVersionsHint(model.basePath)}</p>
      </EmptyState>
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto px-5 pt-3 pb-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Segmented
          label={text.window}
          selected={windowKey}
          onSelect={showWindow}
          segments={WINDOW_KEYS.map((key) => ({ key, label: text.windows[key] }))}
        />
        <span className="flex-1" />
        <span className="text-xs text-muted">
          <NextPoll model={model} />
        </span>
        <Button icon={RefreshCw} disabled={!connected} onClick={pollNow}>
          {text.pollNow}
        </Button>
        <Button icon={Settings2} onClick={() => setEditing({})}>
          {text.change}
        </Button>
      </div>
      <div className="rounded-lg border border-line bg-surface px-3 pt-2 pb-1">
        <LaneGrid
          model={model}
          lanes={shown}
          range={range}
          knownMs={knownMs}
          selected={selected}
          onSelect={setSelected}
          onMenu={(version, anchor) => setMenu({ version, anchor: { current: anchor } })}
          onKey={onLaneKey}
          onMarker={({ sequence }) => {
            setSelected(undefined);
            setReveal({ key: sequence });
          }}
        />
        {(older > 0 || allShown) && (
          <Button size="sm" variant="ghost" onClick={() => setAllShown(!allShown)}>
            {older > 0 ? text.older(formatCount(older)) : text.fewer}
          </Button>
        )}
      </div>
      <WhyPanel model={model} />
      <section className="flex min-h-64 flex-1 flex-col overflow-hidden rounded-lg border border-line bg-surface">
        <h2 className="flex items-center gap-2 px-4 py-2 text-sm font-semibold">
          {selected === undefined ? text.events : text.eventsOf(selected)}
          {selected !== undefined && (
            <Button size="sm" variant="ghost" onClick={() => setSelected(undefined)}>
              {text.allEvents}
            </Button>
          )}
          {problem !== undefined && (
            <span className="text-xs font-normal text-warn">
              {text.historyProblem}: {problem}
            </span>
          )}
        </h2>
        <EventTable
          label={selected === undefined ? text.events : text.eventsOf(selected)}
          events={listed}
          reveal={reveal}
          letters={{
            p: ({ version }) => keys.run('p', version),
            c: ({ version }) => keys.run('c', version),
            u: ({ version }) => keys.run('u', version),
            r: ({ version }) => keys.run('r', version),
          }}
        />
      </section>
      {menu && (
        <LaneMenu
          model={model}
          version={menu.version}
          anchor={menu.anchor}
          onClose={() => setMenu(undefined)}
          onServeOnly={(policy) => setEditing({ policy })}
          byHand={byHand.start}
        />
      )}
      {byHand.dialog}
      {editing && <PolicySheet model={model} initialPolicy={editing.policy} onClose={() => setEditing(undefined)} />}
    </div>
  );
}

const foundVersions = (model: ModelView): readonly ServableVersion[] =>
  model.source.versions.map(({ version }) => version);

function NextPoll({ model }: { readonly model: ModelView }) {
  const { nextPollAtMs } = model.source;
  const isTold = useTimeText((now) => (nextPollAtMs !== undefined && nextPollAtMs + POLL_NEWS_MS >= now ? 'told' : ''));
  if (nextPollAtMs === undefined || isTold === '') return null;
  return (
    <>
      {text.nextPoll} <Countdown untilMs={nextPollAtMs} />
    </>
  );
}
