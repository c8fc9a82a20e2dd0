import {
  ChevronDown,
  ChevronUp,
  ClipboardCopy,
  Clock,
  FileDown,
  RotateCw,
  ScrollText,
  SearchX,
  TriangleAlert,
  WrapText,
} from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { LogLevel, LogLine } from '#contracts/ui-logs.ts';
import { LogLevel as Level } from '#contracts/ui-logs.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { useCopy } from '../../components/copy.tsx';
import { EmptyState, Notice } from '../../components/notice.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Select } from '../../components/select.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Switch } from '../../components/switch.tsx';
import { VirtualList } from '../../components/virtual-list.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { formatAbsolute } from '../../format/time.ts';
import { saveFile } from '../../save-file.ts';
import { useBoard, useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { LogRow } from './line-query.ts';
import { compile, lineText, logRows, parseTextQuery, queryProblem } from './line-query.ts';
import { browserSearchPorts, createLineSearch } from './line-search.ts';
import { LineSheet } from './line-sheet.tsx';
import { createLogLines } from './log-lines.ts';
import { LogRowView } from './log-row.tsx';
import { useLogView } from './use-log-view.ts';

const text = strings.logs;
/** Lines stand close in every density: a log is read by scanning it. */
const ROW_PX = 22;
const CONTEXTS = ['0', '2', '5', '20'] as const;

/** What the server does, line by line, as it happens. */
export function LogsScreen() {
  const { commands } = useServices();
  const board = useBoard('logs');
  const connected = useConnected();
  const clockOffsetMs = useServer((state) => state.clockOffsetMs);
  const [logs] = useState(() => createLogLines(commands));
  const [search] = useState(() => createLineSearch(browserSearchPorts));
  const { lines, gaps, components, models, complete, loading, problem } = useStore(logs.store);
  const { hits, searching, gaveUp } = useStore(search.store);
  const [view, setView] = useLogView();
  const [follow, setFollow] = useState(true);
  const [current, setCurrent] = useState<{ readonly key: number } | undefined>();
  const [opened, setOpened] = useState<LogLine | undefined>();

  const query = useMemo(() => parseTextQuery(view.q), [view.q]);
  const badQuery = useMemo(() => queryProblem(query), [query]);
  const usedQuery = badQuery === undefined ? query : undefined;

  useEffect(() => {
    if (board) logs.boardChanged(board);
  }, [logs, board]);
  useEffect(() => search.linesChanged(lines), [search, lines]);
  useEffect(() => {
    search.setQuery(usedQuery);
    // Whoever searches means all lines.
    if (usedQuery) void logs.loadOlder('all');
  }, [search, logs, usedQuery]);
  useEffect(
    () => () => {
      logs.close();
      search.close();
    },
    [logs, search],
  );

  const filter = useMemo(
    () => ({ level: view.level, component: view.component, model: view.model }),
    [view.level, view.component, view.model],
  );
  const rows = useMemo(
    () => logRows(lines, gaps, filter, usedQuery && hits, view.mode === 'filter' ? view.context : undefined),
    [lines, gaps, filter, usedQuery, hits, view.mode, view.context],
  );
  const shownLines = useMemo(() => rows.filter(({ kind }) => kind === 'line').length, [rows]);
  const shownHits = useMemo(
    () => (usedQuery ? rows.flatMap((row) => (row.kind === 'line' && row.hit ? [row.line.sequence] : [])) : []),
    [rows, usedQuery],
  );
  const expression = useMemo(() => usedQuery && compile(usedQuery), [usedQuery]);
  const look = useMemo(
    () => ({ wrap: view.wrap, relativeTimes: view.relative, clockOffsetMs, expression }),
    [view.wrap, view.relative, clockOffsetMs, expression],
  );
  const renderRow = useCallback(
    (row: LogRow) => (
      <LogRowView row={row} look={look} isCurrent={row.kind === 'line' && row.line.sequence === current?.key} />
    ),
    [look, current],
  );

  const at = current ? shownHits.indexOf(current.key) : -1;
  const go = (step: 1 | -1): void => {
    const count = shownHits.length;
    if (count === 0) return;
    // The first step goes to the newest: that is what one sees.
    const next = at === -1 ? count - 1 : (at + step + count) % count;
    const key = shownHits[next];
    if (key === undefined) return;
    setFollow(false);
    setCurrent({ key });
  };

  const shownText = (): string =>
    rows
      .flatMap((row) =>
        row.kind === 'line' ? [`${formatAbsolute(row.line.atMs - clockOffsetMs)} ${lineText(row.line)}`] : [],
      )
      .join('\n');

  return (
    <div className="@container flex h-full min-h-0 flex-col">
      <Toolbar
        view={view}
        setView={setView}
        components={components}
        models={models}
        problem={badQuery}
        follow={follow}
        onFollow={setFollow}
        shownText={shownText}
      />
      {badQuery !== undefined && <SearchNotice>{text.badExpression(badQuery)}</SearchNotice>}
      {gaveUp && <SearchNotice>{text.gaveUp}</SearchNotice>}
      {problem !== undefined && (
        <div role="status" className="px-5 pb-2">
          <Notice
            tone="bad"
            icon={TriangleAlert}
            title={text.problem}
            actions={
              <Button size="sm" icon={RotateCw} disabled={!board} onClick={() => board && logs.boardChanged(board)}>
                {text.tryAgain}
              </Button>
            }
          >
            <p className="text-xs text-muted">{problem}</p>
          </Notice>
        </div>
      )}
      {lines.length === 0 && (loading || !board) ? (
        <div className="px-5">
          <Skeleton rows={12} label={text.lines} />
        </div>
      ) : (
        <VirtualList
          label={text.lines}
          items={rows}
          keyOf={keyOf}
          rowHeight={ROW_PX}
          isMeasured={view.wrap}
          onOpen={(row) => {
            if (row.kind === 'line') setOpened(row.line);
          }}
          follow={follow}
          onFollowChange={setFollow}
          {...(complete ? {} : { onNearStart: () => void logs.loadOlder('some') })}
          reveal={current}
          letters={{
            n: () => go(1),
            p: () => go(-1),
            f: () => setFollow(true),
            w: () => setView({ wrap: !view.wrap }),
          }}
          toneOf={toneOf}
          empty={
            problem === undefined && (
              <NoLines
                hasLines={lines.length > 0}
                onClear={() => setView({ q: '', level: 'info', component: undefined, model: undefined })}
              />
            )
          }
          renderRow={renderRow}
        />
      )}
      {opened && (
        <LineSheet line={opened} clockOffsetMs={clockOffsetMs} setView={setView} onClose={() => setOpened(undefined)} />
      )}
      <footer className="flex flex-wrap items-center gap-x-3 border-t border-line px-5 py-1 text-xs text-muted">
        {/* It grows with each line: nobody wants to hear that. */}
        <span role="status" aria-live="off" className="tabular-nums">
          {text.count(formatCount(shownLines), formatCount(board?.lastLine ? board.lastLine - board.firstLine + 1 : 0))}
        </span>
        {!connected && <span className="text-warn">{text.disconnected}</span>}
        <span className="flex-1" />
        {usedQuery && (
          <>
            <span role="status">
              {searching
                ? text.searching
                : shownHits.length === 0
                  ? text.noHits
                  : text.hits(at === -1 ? '' : formatCount(at + 1), plural(shownHits.length, text.hit))}
            </span>
            <IconButton
              icon={ChevronUp}
              label={text.previousHit}
              disabled={shownHits.length === 0}
              onClick={() => go(-1)}
            />
            <IconButton
              icon={ChevronDown}
              label={text.nextHit}
              disabled={shownHits.length === 0}
              onClick={() => go(1)}
            />
          </>
        )}
      </footer>
    </div>
  );
}

function Toolbar({
  view,
  setView,
  components,
  models,
  problem,
  follow,
  onFollow,
  shownText,
}: {
  readonly view: ReturnType<typeof useLogView>[0];
  readonly setView: ReturnType<typeof useLogView>[1];
  readonly components: readonly string[];
  readonly models: readonly string[];
  readonly problem: string | undefined;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  readonly shownText: () => string;
}) {
  const copy = useCopy();
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-2 px-5 pt-4 pb-3">
      <h1 className="text-lg font-semibold tracking-tight">{text.title}</h1>
      <div className="flex max-w-md min-w-60 flex-1">
        <SearchField
          label={text.search}
          placeholder={text.searchPlaceholder}
          text={view.q}
          problem={problem}
          onChange={(q) => setView({ q })}
        />
      </div>
      <Segmented
        label={text.mode}
        selected={view.mode}
        onSelect={(mode) => setView({ mode })}
        segments={[
          { key: 'highlight', label: text.highlight },
          { key: 'filter', label: text.filter },
        ]}
      />
      {view.mode === 'filter' && (
        <Select
          label={text.context}
          labelHidden
          selected={String(view.context)}
          onSelect={(context) => setView({ context: Number(context) })}
          options={CONTEXTS.map((key) => ({ key, label: text.contextLines(Number(key)) }))}
        />
      )}
      <Select<LogLevel>
        label={text.leastLevel}
        labelHidden
        selected={view.level}
        onSelect={(level) => setView({ level })}
        options={Level.options.map((key) => ({ key, label: text.leastLevels[key] }))}
      />
      <Choice
        label={text.component}
        any={text.anyComponent}
        selected={view.component}
        names={components}
        onSelect={(component) => setView({ component })}
      />
      <Choice
        label={text.model}
        any={text.anyModel}
        selected={view.model}
        names={models}
        onSelect={(model) => setView({ model })}
      />
      <span className="flex-1" />
      <Switch label={text.follow} isOn={follow} onChange={onFollow} />
      <span className="flex items-center">
        <IconButton
          icon={Clock}
          label={text.relativeTimes}
          aria-pressed={view.relative}
          onClick={() => setView({ relative: !view.relative })}
        />
        <IconButton
          icon={WrapText}
          label={text.wrap}
          aria-pressed={view.wrap}
          onClick={() => setView({ wrap: !view.wrap })}
        />
        <IconButton icon={ClipboardCopy} label={text.copyShown} onClick={() => void copy(shownText(), text.copied)} />
        <IconButton
          icon={FileDown}
          label={text.saveShown}
          onClick={() => saveFile(text.fileName, shownText(), 'text/plain;charset=utf-8')}
        />
      </span>
    </header>
  );
}

/** A name or any; what the address asks for is offered though no line has it yet. */
function Choice({
  label,
  any,
  names,
  selected,
  onSelect,
}: {
  readonly label: string;
  readonly any: string;
  readonly names: readonly string[];
  readonly selected: string | undefined;
  readonly onSelect: (name: string | undefined) => void;
}) {
  // The same for as long as the names are: a list of hundreds is not to be made anew with each line.
  const options = useMemo(() => {
    const all = selected === undefined || names.includes(selected) ? names : [selected, ...names];
    return [{ key: '', label: any }, ...all.map((key) => ({ key, label: key }))];
  }, [any, names, selected]);
  return (
    <Select
      label={label}
      labelHidden
      selected={selected ?? ''}
      onSelect={(key) => onSelect(key === '' ? undefined : key)}
      options={options}
    />
  );
}

function SearchNotice({ children }: { readonly children: string }) {
  return (
    <p role="status" className="px-5 pb-2 text-xs text-bad">
      {children}
    </p>
  );
}

function NoLines({ hasLines, onClear }: { readonly hasLines: boolean; readonly onClear: () => void }) {
  if (!hasLines) {
    return (
      <EmptyState icon={ScrollText} title={text.empty}>
        <p>{text.emptyHint}</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={SearchX} title={text.noMatch} actions={<Button onClick={onClear}>{text.clear}</Button>}>
      <p>{text.noMatchHint}</p>
    </EmptyState>
  );
}

const keyOf = (row: LogRow): number => (row.kind === 'line' ? row.line.sequence : -row.beforeLine);

const toneOf = (row: LogRow): 'bad' | 'warn' | undefined => {
  if (row.kind === 'gap' || row.line.level === 'warn') return 'warn';
  return row.line.level === 'error' ? 'bad' : undefined;
};
