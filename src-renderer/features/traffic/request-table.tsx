import { CircleAlert, CircleCheck, CircleX } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import { OWN_CLIENTS } from '#contracts/request-outcome.ts';
import type { RequestRow } from '#contracts/ui-traffic.ts';
import type { Column } from '../../components/data-table.tsx';
import { DataTable } from '../../components/data-table.tsx';
import type { VirtualRowsProps } from '../../components/virtual-rows.tsx';
import { formatBytes, formatCount } from '../../format/quantity.ts';
import { formatAbsolute, formatClock, formatDuration } from '../../format/time.ts';
import { useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { useMedia } from './use-media.ts';

const text = strings.traffic;
const { columns: names } = text;

const LOOK: Readonly<Record<'ok' | 'bad' | 'warn', { readonly icon: LucideIcon; readonly tone: string }>> = {
  ok: { icon: CircleCheck, tone: 'text-ok' },
  warn: { icon: CircleAlert, tone: 'text-warn' },
  bad: { icon: CircleX, tone: 'text-bad' },
};

/** How a call ended, by whose fault: gRPC codes count as the HTTP status that stands for them. */
function requestTone({ code, httpStatus }: Pick<RequestRow, 'code' | 'httpStatus'>): 'ok' | 'warn' | 'bad' {
  if (code === 'OK') return 'ok';
  if (httpStatus !== undefined) return httpStatus < 500 ? 'warn' : 'bad';
  return SERVER_CODES.has(code) ? 'bad' : 'warn';
}
const SERVER_CODES: ReadonlySet<string> = new Set([
  'DEADLINE_EXCEEDED',
  'INTERNAL',
  'UNAVAILABLE',
  'UNIMPLEMENTED',
  'UNKNOWN',
  'DATA_LOSS',
]);

/** `200`, or the code where there is no number. */
const statusText = ({ code, httpStatus }: Pick<RequestRow, 'code' | 'httpStatus'>): string =>
  httpStatus === undefined ? code : String(httpStatus);

/** The state of a call: icon, number and colour. */
export function RequestStatus({ row }: { readonly row: Pick<RequestRow, 'code' | 'httpStatus'> }) {
  const { icon: Icon, tone } = LOOK[requestTone(row)];
  return (
    <span className={`flex items-center gap-1.5 font-medium ${tone}`} title={row.code}>
      <Icon aria-hidden size={13} className="shrink-0" />
      {statusText(row)}
    </span>
  );
}

const faint = <span className="text-faint">{text.missing}</span>;
const duration = (ms: number | undefined): ReactNode => (ms === undefined ? faint : formatDuration(ms));

/** `curl` of `curl/8.5.0`; Slipway's own programs by their names in words. */
export function productOf(client: string): string {
  if (client === OWN_CLIENTS.playground) return text.ownClients.playground;
  if (client === OWN_CLIENTS.loadTest) return text.ownClients.loadTest;
  return client.split('/')[0] ?? client;
}

const columnsFor = (offsetMs: number): readonly Column<RequestRow>[] => [
  {
    key: 'time',
    header: names.time,
    width: '7.25rem',
    isBounded: true,
    render: ({ atMs }) => (
      <time
        dateTime={new Date(atMs).toISOString()}
        title={formatAbsolute(atMs - offsetMs)}
        className="font-mono text-xs text-muted"
      >
        {formatClock(atMs - offsetMs)}.{String(Math.floor((atMs - offsetMs) % 1000)).padStart(3, '0')}
      </time>
    ),
  },
  {
    key: 'model',
    header: names.model,
    width: 'minmax(9rem,1fr)',
    render: ({ model, error }) => (
      <span className="flex min-w-0 items-baseline gap-3">
        <span className="max-w-full truncate font-medium">{model === '' ? text.noModel : model}</span>
        {error !== undefined && <span className="min-w-0 flex-1 truncate text-xs text-muted">{error}</span>}
      </span>
    ),
  },
  {
    key: 'version',
    header: names.version,
    width: '4rem',
    render: ({ version }) => (version === undefined ? faint : text.version(version)),
  },
  { key: 'method', header: names.method, width: '5.5rem', render: ({ method }) => method },
  { key: 'status', header: names.status, width: '6rem', render: (row) => <RequestStatus row={row} /> },
  {
    key: 'total',
    header: names.total,
    width: '5.25rem',
    align: 'end',
    isBounded: true,
    render: ({ durationMs }) => <span className="font-medium">{formatDuration(durationMs)}</span>,
  },
  {
    key: 'queue',
    header: names.queue,
    width: '5rem',
    align: 'end',
    isBounded: true,
    render: ({ queueMs }) => duration(queueMs),
  },
  {
    key: 'run',
    header: names.run,
    width: '5rem',
    align: 'end',
    isBounded: true,
    render: ({ runMs }) => duration(runMs),
  },
  {
    key: 'batch',
    header: names.batch,
    width: '4rem',
    align: 'end',
    isBounded: true,
    render: ({ batchRows }) => (batchRows === undefined ? faint : formatCount(batchRows)),
  },
  {
    key: 'bytes',
    header: names.bytes,
    width: '8.5rem',
    align: 'end',
    isBounded: true,
    render: ({ requestBytes, responseBytes }) => (
      <span className="text-muted">
        {formatBytes(requestBytes)} / {formatBytes(responseBytes)}
      </span>
    ),
  },
  {
    key: 'via',
    header: names.via,
    width: '4.25rem',
    isBounded: true,
    render: ({ entrypoint }) => <span className="text-muted">{entrypoint === 'GRPC' ? 'gRPC' : 'REST'}</span>,
  },
  {
    key: CLIENT,
    header: names.client,
    width: '9rem',
    render: ({ client }) =>
      client === undefined ? (
        faint
      ) : (
        <span className="text-muted" title={client}>
          {productOf(client)}
        </span>
      ),
  },
];
/** The first column that makes room; the open request tells it all the same. */
const CLIENT = 'client';
const WIDE_WINDOW = '(min-width: 1360px)';

/** The recorded calls, oldest first; it can follow the newest. */
export function RequestTable(
  props: Pick<
    VirtualRowsProps<RequestRow>,
    'items' | 'onOpen' | 'follow' | 'onFollowChange' | 'onNearStart' | 'letters' | 'empty' | 'reveal'
  >,
) {
  const offsetMs = useServer((state) => state.clockOffsetMs);
  const isWide = useMedia(WIDE_WINDOW);
  const columns = useMemo(() => columnsFor(offsetMs).filter(({ key }) => isWide || key !== CLIENT), [offsetMs, isWide]);
  return <DataTable {...props} label={text.requests} keyOf={keyOf} columns={columns} toneOf={toneOf} />;
}

const keyOf = ({ sequence }: RequestRow): number => sequence;
const toneOf = (row: RequestRow): 'bad' | 'warn' | undefined => {
  const tone = requestTone(row);
  return tone === 'ok' ? undefined : tone;
};
