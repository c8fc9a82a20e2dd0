import { LoaderCircle, Unplug } from 'lucide-react';
import { formatClock, formatCountdown, formatSpan } from '../format/time.ts';
import type { Connection } from '../stores/server-store.ts';
import { useLocalTimeText, useServer, useServices } from '../stores/services.tsx';
import { Button } from './button.tsx';

/** Tells on every screen that what is shown is old, how old, and when the next try is. */
export function ConnectionBanner() {
  const connection = useServer((state) => state.connection);
  const server = useServer((state) => state.server);
  if (!server) return null;
  if (connection.phase === 'lost') return <Lost connection={connection} />;
  if (server.state === 'draining') {
    return (
      <p
        role="status"
        className="flex items-center gap-2 border-b border-line bg-warn-soft px-5 py-2 text-sm text-warn"
      >
        <LoaderCircle aria-hidden size={15} className="animate-spin" />
        Slipway is stopping: it finishes the requests that are running and takes no new ones.
      </p>
    );
  }
  return null;
}

function Lost({ connection }: { readonly connection: Extract<Connection, { phase: 'lost' }> }) {
  const { stream } = useServices();
  const asOfMs = useServer((state) => state.lastMessageAtMs);
  const since = useLocalTimeText((now) => formatSpan(now - connection.sinceMs));
  const next = useLocalTimeText((now) =>
    connection.retryAtMs <= now ? 'Trying now' : `Trying again in ${formatCountdown(connection.retryAtMs - now)}`,
  );
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-bad-soft px-5 py-2 text-sm">
      <Unplug aria-hidden size={15} className="text-bad" />
      <p role="alert" className="font-medium text-bad">
        Disconnected
      </p>
      <p>
        {since} ago, data as of {formatClock(asOfMs ?? connection.sinceMs)}.{' '}
        <span className="text-muted">{connection.reason}</span>
      </p>
      <span className="flex-1" />
      <span className="text-xs text-muted">{next}</span>
      <Button size="sm" onClick={() => stream.tryNow()}>
        Try now
      </Button>
    </div>
  );
}
