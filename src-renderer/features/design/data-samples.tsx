import { useMemo, useState } from 'react';
import { Chart } from '../../components/chart.tsx';
import { CodeEditor } from '../../components/code-editor.tsx';
import type { Sort } from '../../components/data-table.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { VirtualList } from '../../components/virtual-list.tsx';
import { formatCount } from '../../format/quantity.ts';
import { formatClock, formatDuration } from '../../format/time.ts';
import { Sample, Samples } from './samples.tsx';

const START_MS = Date.UTC(2026, 10, 22, 14);
const MINUTE_MS = 60_000;
const STEP_MS = 5000;
const POINTS = 120;
const times = Array.from({ length: POINTS }, (_, index) => START_MS + index * STEP_MS);
/** The same numbers at each visit, so that photographs compare. */
const wave = (index: number, scale: number): number =>
  scale * (1 + 0.35 * Math.sin(index / 9) + 0.2 * Math.sin(index / 2.3) + (index % 37 === 0 ? 0.8 : 0));

interface RequestRow {
  readonly id: number;
  readonly atMs: number;
  readonly model: string;
  readonly status: number;
  readonly totalMs: number;
}
const REQUESTS: readonly RequestRow[] = Array.from({ length: 50_000 }, (_, id) => ({
  id,
  atMs: START_MS + id * 17,
  model: ['resnet50', 'bert-tiny', 'churn'][id % 3] ?? '',
  status: id % 41 === 7 ? 404 : 200,
  totalMs: wave(id, 12),
}));

/** What shows many numbers or much text. */
export function DataSamples() {
  return (
    <Samples name="data" title="Data">
      <Charts />
      <div className="grid gap-4 min-[1000px]:grid-cols-2">
        <Sample label={`DataTable, ${formatCount(REQUESTS.length)} rows`}>
          <Requests />
        </Sample>
        <Sample label="VirtualList that follows">
          <Lines />
        </Sample>
        <Sample label="CodeEditor">
          <Editor />
        </Sample>
        <Sample label="CodeEditor, read-only">
          <div className="flex h-40">
            <CodeEditor
              label="Command"
              language="shell"
              hasLineNumbers={false}
              text={
                'curl -X POST http://127.0.0.1:8501/v1/models/churn:predict \\\n  -d \'{"instances": [1.0, 2.0, 5.0]}\''
              }
            />
          </div>
        </Sample>
      </div>
    </Samples>
  );
}

function Charts() {
  const series = useMemo(
    () =>
      [
        { key: 'p50', label: 'p50', tone: 'accent', isFilled: true, values: times.map((_, index) => wave(index, 9)) },
        {
          key: 'p95',
          label: 'p95',
          tone: 'warn',
          isDashed: true,
          values: times.map((_, index) => (index > 40 && index < 48 ? undefined : wave(index, 18))),
        },
      ] as const,
    [],
  );
  const end = START_MS + POINTS * STEP_MS;
  return (
    <div className="grid gap-4 min-[1000px]:grid-cols-2">
      <Chart label="Latency" timesMs={times} series={series} fromMs={START_MS} toMs={end} format={formatDuration} />
      <Chart
        label="Requests per second"
        timesMs={NONE}
        series={EMPTY}
        fromMs={end - 15 * MINUTE_MS}
        toMs={end}
        format={formatCount}
        minTop={10}
      />
      <div className="flex items-center gap-6 text-xs text-muted">
        <Sparkline
          label="12 requests per second, peak 40"
          values={times.slice(0, 30).map((_, index) => wave(index, 12))}
        />
        <Sparkline label="With a gap" values={[3, 4, 5, undefined, undefined, 4, 2, 6]} />
        <Sparkline label="No requests" values={[0, 0, 0, 0]} />
        <Sparkline label="No data" values={[]} />
      </div>
    </div>
  );
}

const NONE: readonly number[] = [];
const EMPTY = [{ key: 'ok', label: 'OK', tone: 'ok', values: NONE }] as const;

function Requests() {
  const [sort, setSort] = useState<Sort>({ key: 'time', direction: 'ascending' });
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set([3]));
  const rows = useMemo(() => {
    const by = (row: RequestRow): number => (sort.key === 'total' ? row.totalMs : row.atMs);
    const sign = sort.direction === 'ascending' ? 1 : -1;
    return REQUESTS.toSorted((a, b) => sign * (by(a) - by(b)));
  }, [sort]);
  return (
    <div className="flex h-64 overflow-hidden rounded-lg border border-line bg-surface">
      <DataTable
        label="Requests"
        items={rows}
        keyOf={({ id }) => id}
        toneOf={({ status }) => (status === 200 ? undefined : 'bad')}
        sort={sort}
        onSort={setSort}
        isSelected={({ id }) => selected.has(id)}
        onSelect={({ id }) =>
          setSelected((now) => new Set(now.has(id) ? [...now].filter((other) => other !== id) : [...now, id]))
        }
        onOpen={() => undefined}
        columns={[
          { key: 'time', header: 'Time', width: '6rem', isSortable: true, render: ({ atMs }) => formatClock(atMs) },
          { key: 'model', header: 'Model', width: 'minmax(8rem,1fr)', render: ({ model }) => model },
          { key: 'status', header: 'Status', width: '5rem', render: ({ status }) => status },
          {
            key: 'total',
            header: 'Total',
            width: '6rem',
            align: 'end',
            isSortable: true,
            render: ({ totalMs }) => formatDuration(totalMs),
          },
        ]}
      />
    </div>
  );
}

function Lines() {
  const [count, setCount] = useState(200);
  const [first, setFirst] = useState(0);
  const [follow, setFollow] = useState(true);
  const items = useMemo(() => Array.from({ length: count - first }, (_, index) => first + index), [count, first]);
  return (
    <div className="flex h-64 flex-col overflow-hidden rounded-lg border border-line bg-surface">
      <div className="flex gap-2 border-b border-line p-1.5 text-xs text-muted">
        <button type="button" onClick={() => setCount((now) => now + 5)} className="rounded-sm px-1.5 hover:bg-hover">
          5 behind
        </button>
        <button type="button" onClick={() => setFirst((now) => now - 50)} className="rounded-sm px-1.5 hover:bg-hover">
          50 before
        </button>
        <span className="ms-auto">follow: {follow ? 'on' : 'paused'}</span>
      </div>
      <VirtualList
        label="Lines"
        items={items}
        keyOf={(line) => line}
        isMeasured
        follow={follow}
        onFollowChange={setFollow}
        renderRow={(line) => (
          <p className="py-0.5 font-mono text-xs wrap-anywhere">
            {`line ${line}`}
            {line % 7 === 0 &&
              ' with more to say: input x has no shape, so that nobody can tell how much memory it takes, and it goes on'}
          </p>
        )}
      />
    </div>
  );
}

function Editor() {
  const [text, setText] = useState(
    '{\n  "instances": [1.0, 2.0, 5.0],\n  "signature_name": "serving_default",\n  "dry": true\n}',
  );
  const isInvalid = useMemo(() => {
    try {
      JSON.parse(text);
      return false;
    } catch {
      return true;
    }
  }, [text]);
  return (
    <div className="flex h-40">
      <CodeEditor label="Request body" text={text} onChange={setText} isInvalid={isInvalid} />
    </div>
  );
}
