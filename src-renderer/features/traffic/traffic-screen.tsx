import { FileDown, RefreshCw, RotateCw, Trash2, TriangleAlert, Unplug } from 'lucide-react';
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { useStore } from 'zustand';
import { ServableName } from '#contracts/ids.ts';
import type { RecordingSettings, RequestRow } from '#contracts/ui-traffic.ts';
import { Chip } from '../../components/badge.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { EmptyState, Notice } from '../../components/notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Countdown } from '../../components/time.tsx';
import { formatCount } from '../../format/quantity.ts';
import { formatClock } from '../../format/time.ts';
import { saveFile } from '../../save-file.ts';
import { errorText } from '../../stores/commands.ts';
import { useAppearance, useBoard, useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { NotServing } from '../serving/not-serving.tsx';
import { LoadTestSheet } from './load-test-sheet.tsx';
import { RefusedCallsButton } from './refused-calls-button.tsx';
import { createRequestList, MAX_BEHIND } from './request-list.ts';
import { replayRequest } from './replay-request.ts';
import { RequestSheet } from './request-sheet.tsx';
import { RequestTable } from './request-table.tsx';
import { TrafficCharts } from './traffic-charts.tsx';
import { NoMatch, NoRequests, NotRecorded } from './traffic-empty.tsx';
import { createTrafficHistory } from './traffic-history.ts';
import { TrafficToolbar } from './traffic-toolbar.tsx';
import { requestFilter, trafficViewParams, useTrafficView, type TrafficView } from './use-traffic-view.ts';

const text = strings.traffic;
const NO_FILTER = { model: undefined, outcome: '', q: '', range: undefined } as const satisfies Partial<TrafficView>;
/** What counts as around a request. */
const AROUND_MS = 2000;

/** The calls of the public APIs: how many, how fast, and each of the last ones. */
export function TrafficScreen() {
  const hasServer = useServer((state) => state.server !== undefined);
  const connection = useServer((state) => state.connection);
  const { stream } = useServices();
  if (hasServer) return <Screen />;
  if (connection.phase !== 'lost') {
    return (
      <div className="flex flex-col gap-3 px-5 pt-4">
        <h1 className="text-lg font-semibold tracking-tight">{text.title}</h1>
        <Skeleton rows={6} label={text.loading} />
      </div>
    );
  }
  return (
    <EmptyState
      icon={Unplug}
      title={text.unreachable}
      actions={
        <Button variant="primary" icon={RefreshCw} onClick={() => stream.tryNow()}>
          {text.tryNow}
        </Button>
      }
    >
      <p>{connection.reason}</p>
      <p className="mt-1">
        {text.tryingAgain} <Countdown untilMs={connection.retryAtMs} />.
      </p>
    </EmptyState>
  );
}

function Screen() {
  const services = useServices();
  const { commands, ticker, server, toasts } = services;
  const board = useBoard('traffic');
  const connected = useConnected();
  const [view, setView] = useTrafficView();
  const [, navigate] = useLocation();
  const opened = Number(useParams()['request'] ?? Number.NaN);
  const [follow, setFollow] = useState(true);
  const [list] = useState(() => createRequestList(commands));
  const [history] = useState(() =>
    createTrafficHistory(commands, () => ticker.now() + server.getState().clockOffsetMs),
  );
  const { rows, kept, settings, complete, loading, problem, lastSeen } = useStore(list.store);
  const charts = useStore(history.store);
  const [isClearing, setClearing] = useState(false);
  const [given, setGiven] = useState<{ readonly model: string; readonly body: string } | undefined>();

  const filter = useMemo(
    () => requestFilter(view),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the view is read from the address anew each time
    [view.model, view.outcome, view.q, view.range?.fromMs, view.range?.toMs],
  );
  useEffect(() => list.setFilter(filter), [list, filter]);
  useEffect(
    () => history.setScope({ window: view.window, model: ServableName.safeParse(view.model).data }),
    [history, view.window, view.model],
  );
  useEffect(() => {
    if (!board) return;
    list.boardChanged(board.lastRequest);
    history.boardChanged();
  }, [list, history, board]);
  useEffect(() => list.setFollow(follow), [list, follow]);
  useEffect(() => {
    // What failed while the server was away is not to wait for the user.
    if (connected && list.store.getState().problem !== undefined) list.reload();
  }, [list, connected]);
  useEffect(
    () => () => {
      list.close();
      history.close();
    },
    [list, history],
  );

  const addressOf = (sequence: number | undefined, change: Partial<TrafficView> = {}): string => {
    const query = new URLSearchParams(trafficViewParams({ ...view, ...change })).toString();
    return `/traffic${sequence === undefined ? '' : `/${sequence}`}${query === '' ? '' : `?${query}`}`;
  };
  const open = ({ sequence }: RequestRow): void => navigate(addressOf(sequence));
  const around = (atMs: number): void => {
    setFollow(false);
    navigate(addressOf(undefined, { ...NO_FILTER, range: { fromMs: atMs - AROUND_MS, toMs: atMs + AROUND_MS } }));
  };
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      toasts.getState().show({ tone: 'bad', message: errorText(error) });
    }
  };
  /** Where it cannot be sent again, the open request says why. */
  const replay = (row: RequestRow): void =>
    void attempt(async () => {
      const request = await commands.run('requestDetail', { sequence: row.sequence });
      const to = replayRequest(services, request);
      if (to === undefined) open(row);
      else navigate(to);
    });
  const record = (wanted: RecordingSettings): void =>
    void attempt(async () => list.settingsChanged(await commands.run('setRecording', wanted)));
  const save = (): void =>
    void attempt(async () => {
      const { text: lines } = await commands.run('exportRequests', filter);
      saveFile(text.fileName, lines, 'application/jsonl');
    });
  const clear = (): void =>
    void attempt(async () => {
      await commands.run('clearRequests', {});
      list.reload();
    });

  const letterKeys = useAppearance((state) => state.letterKeys);
  const toggleErrors = (): void => setView({ outcome: view.outcome === 'error' ? '' : 'error' });
  const onLetter = useEffectEvent((event: KeyboardEvent) => {
    // A row of the table has the keys itself.
    if (letterKeys !== 'on' || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!(event.target instanceof Element) || !event.target.matches('body, main')) return;
    if (event.key === 'f') setFollow(!follow);
    else if (event.key === 'e') toggleErrors();
  });
  useEffect(() => {
    const listening = new AbortController();
    document.addEventListener('keydown', (event) => onLetter(event), { signal: listening.signal });
    return () => listening.abort();
  }, []);

  const isFiltered = Object.keys(filter).length > 0;
  const newer = Math.max(0, (board?.lastRequest ?? 0) - lastSeen);
  return (
    <div className="@container flex h-full min-h-0 flex-col">
      <TrafficToolbar
        view={view}
        setView={setView}
        follow={follow}
        onFollow={setFollow}
        settings={settings}
        onSettings={record}
        onLoadTest={() => {
          setGiven(undefined);
          setView({ test: 'new' });
        }}
      />
      <NotServing className="px-5 pb-2" />
      {/* On a low screen the charts go out of the way. */}
      <div className="short:hidden">
        <TrafficCharts
          history={charts}
          window={view.window}
          selected={view.range}
          onRange={(range) => {
            setFollow(range === undefined);
            setView({ range });
          }}
          onRetry={() => history.boardChanged()}
        />
      </div>
      {board?.refused && <RefusedCallsButton refused={board.refused} />}
      {view.range && <RangeChip view={view} setView={setView} />}
      {problem !== undefined && (
        <div role="status" className="px-5 pb-2">
          <Notice
            tone="bad"
            icon={TriangleAlert}
            title={text.problem}
            actions={
              <Button size="sm" icon={RotateCw} onClick={() => list.reload()}>
                {text.tryAgain}
              </Button>
            }
          >
            <p className="text-xs text-muted">{problem}</p>
          </Notice>
        </div>
      )}
      {settings && !settings.enabled && rows.length > 0 && <NotRecorded isSlim settings={settings} onRecord={record} />}
      <div className="flex min-h-48 flex-1 flex-col border-t border-line">
        {loading && rows.length === 0 ? (
          <div className="px-5 pt-3">
            <Skeleton rows={4} label={text.loading} />
          </div>
        ) : (
          <RequestTable
            items={rows}
            onOpen={open}
            follow={follow}
            onFollowChange={setFollow}
            {...(complete ? {} : { onNearStart: () => void list.loadOlder() })}
            letters={{ f: () => setFollow(!follow), e: toggleErrors, r: replay, t: ({ atMs }) => around(atMs) }}
            empty={
              problem !== undefined ? null : isFiltered ? (
                <NoMatch onClear={() => setView(NO_FILTER)} />
              ) : settings && !settings.enabled ? (
                <NotRecorded settings={settings} onRecord={record} />
              ) : (
                <NoRequests />
              )
            }
          />
        )}
      </div>
      <footer className="flex flex-wrap items-center gap-x-3 border-t border-line px-5 py-1 text-xs text-muted">
        {/* Numbers that grow must not move what stands beside them; and nobody wants to hear them each second. */}
        <span role="status" aria-live="off" className="tabular-nums">
          <span className="inline-block min-w-[6ch] text-end">{formatCount(rows.length)}</span> {text.shownOf}{' '}
          {formatCount(kept)} {text.kept}
        </span>
        {!connected && <span className="text-warn">{text.disconnected}</span>}
        {newer > MAX_BEHIND && (
          <button
            type="button"
            className="rounded-sm font-medium text-accent underline-offset-2 hover:underline"
            onClick={() => setFollow(true)}
          >
            {text.newer(formatCount(newer))}
          </button>
        )}
        <span className="flex-1" />
        <IconButton icon={FileDown} label={text.export} disabled={!connected || kept === 0} onClick={save} />
        <IconButton
          icon={Trash2}
          label={text.clear}
          disabled={!connected || kept === 0}
          onClick={() => setClearing(true)}
        />
      </footer>
      {Number.isInteger(opened) && opened > 0 && (
        <RequestSheet
          key={opened}
          sequence={opened}
          onClose={() => navigate(addressOf(undefined))}
          onAround={around}
          onLoadTest={(body, model) => {
            setGiven({ model, body });
            navigate(addressOf(undefined, { test: 'new' }));
          }}
          onRecordBodies={
            settings && !(settings.enabled && settings.bodies)
              ? () => record({ ...settings, enabled: true, bodies: true })
              : undefined
          }
        />
      )}
      {view.test !== undefined && (
        <LoadTestSheet
          test={view.test}
          given={given}
          model={view.model}
          onOpen={(test) => setView({ test })}
          onClose={() => setView({ test: undefined })}
        />
      )}
      {isClearing && (
        <ConfirmDialog
          title={text.clearQuestion}
          action={text.clearAction}
          onClose={() => setClearing(false)}
          onConfirm={clear}
        >
          <p>{text.clearText}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

function RangeChip({
  view: { range },
  setView,
}: {
  readonly view: TrafficView;
  readonly setView: (change: Partial<TrafficView>) => void;
}) {
  const offsetMs = useServer((state) => state.clockOffsetMs);
  if (!range) return null;
  return (
    <div className="flex px-5 pb-2">
      <Chip onRemove={() => setView({ range: undefined })} removeLabel={text.clearRange}>
        {text.range(formatClock(range.fromMs - offsetMs), formatClock(range.toMs - offsetMs))}
      </Chip>
    </div>
  );
}
