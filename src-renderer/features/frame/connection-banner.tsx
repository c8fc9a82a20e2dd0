import { Unplug } from 'lucide-react';
import { Banner } from '../../components/banner.tsx';
import { Button } from '../../components/button.tsx';
import { formatClock, formatCountdown, formatSpan } from '../../format/time.ts';
import type { Connection } from '../../stores/server-store.ts';
import { useLocalTimeText, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

const words = strings.frame.connection;

/** Tells on every screen that what is shown is old, how old, and when the next try is. */
export function ConnectionBanner() {
  const connection = useServer((state) => state.connection);
  const known = useServer((state) => state.server !== undefined);
  return known && connection.phase === 'lost' ? <Lost connection={connection} /> : null;
}

function Lost({ connection }: { readonly connection: Extract<Connection, { phase: 'lost' }> }) {
  const { stream } = useServices();
  const asOfMs = useServer((state) => state.lastMessageAtMs);
  const since = useLocalTimeText((now) => formatSpan(now - connection.sinceMs));
  const next = useLocalTimeText((now) =>
    connection.retryAtMs <= now ? words.tryingNow : words.tryingIn(formatCountdown(connection.retryAtMs - now)),
  );
  return (
    <Banner
      tone="bad"
      icon={Unplug}
      title={words.lost}
      isUrgent
      actions={
        <>
          <span className="text-xs text-muted">{next}</span>
          <Button size="sm" onClick={() => stream.tryNow()}>
            {words.tryNow}
          </Button>
        </>
      }
    >
      {words.age(since, formatClock(asOfMs ?? connection.sinceMs))}{' '}
      <span className="text-muted">{connection.reason}</span>
    </Banner>
  );
}
