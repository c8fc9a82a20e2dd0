import type { EventView } from '#contracts/ui.ts';
import type { Column } from '../../components/data-table.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { formatAbsolute } from '../../format/time.ts';
import { useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { plainReason } from '../models/reason-text.ts';
import { StatusBadge } from '../models/status-badge.tsx';
import { EVENT_LOOK, eventStatus } from '../models/version-status.ts';

const text = strings.model;

/** What the lanes show, in words: newest first. */
export function EventTable({
  label,
  events,
  reveal,
  letters,
}: {
  readonly label: string;
  /** Oldest first. */
  readonly events: readonly EventView[];
  readonly reveal: { readonly key: number } | undefined;
  /** What single letters do to the version of the row with the focus. */
  readonly letters: Readonly<Record<string, (event: EventView) => void>>;
}) {
  const offset = useServer((state) => state.clockOffsetMs);
  const columns: readonly Column<EventView>[] = [
    {
      key: 'time',
      header: text.columns.time,
      width: '11rem',
      render: ({ atMs }) => (
        <time dateTime={new Date(atMs).toISOString()} className="font-mono text-2xs text-faint">
          {formatAbsolute(atMs - offset)}
        </time>
      ),
    },
    {
      key: 'version',
      header: text.columns.version,
      width: '5.5rem',
      render: ({ version }) => <span className="font-mono text-xs">v{version}</span>,
    },
    {
      key: 'event',
      header: text.columns.event,
      width: '7.5rem',
      render: (event) => <StatusBadge look={EVENT_LOOK[eventStatus(event)]} />,
    },
    {
      key: 'reason',
      header: text.columns.reason,
      width: 'minmax(14rem, 1fr)',
      render: (event) => {
        const reason = plainReason(eventStatus(event), event.reason);
        const message = event.error?.message ?? '';
        const why = reason.includes(message) ? reason : reason === '' ? message : `${reason}: ${message}`;
        return (
          <span title={why} className="text-xs text-muted">
            {why}
          </span>
        );
      },
    },
  ];
  return (
    <DataTable
      label={label}
      columns={columns}
      items={events.toReversed()}
      keyOf={({ sequence }) => sequence}
      reveal={reveal}
      letters={letters}
      toneOf={(event) => {
        const { tone } = EVENT_LOOK[eventStatus(event)];
        return tone === 'bad' || tone === 'warn' ? tone : undefined;
      }}
      empty={<p className="text-sm text-muted">{text.noEvents}</p>}
    />
  );
}
