import { CircleAlert, CircleCheck, CirclePause, Download, LoaderCircle, Radio, Unplug } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'wouter';
import type { ModelView } from '#contracts/ui.ts';
import { formatCount, plural } from '../format/quantity.ts';
import type { Connection } from '../stores/server-store.ts';
import { countModels } from '../stores/server-store.ts';
import { useServer } from '../stores/services.tsx';
import { CopyButton } from './copy.tsx';
import type { Tone } from './notice.tsx';
import { TONE_TEXT } from './notice.tsx';

/** One line under every screen: the server, its address, what it serves, and whether this page still hears from it. */
export function StatusBar() {
  const server = useServer((state) => state.server);
  const connection = useServer((state) => state.connection);
  const models = useServer((state) => state.models);
  const counts = useMemo(() => countModels(models), [models]);
  const download = useMemo(() => downloadSummary(models), [models]);
  const live = connection.phase === 'live';
  return (
    <footer
      aria-label="Status"
      className="col-span-2 flex h-8 items-center gap-4 overflow-hidden border-t border-line bg-sunken px-3 text-xs whitespace-nowrap text-muted"
    >
      {server && (
        <>
          {!live ? (
            <State icon={CirclePause} tone="idle" text="Last known state" />
          ) : server.state === 'running' ? (
            <State icon={CircleCheck} tone="ok" text="Serving" />
          ) : (
            <State icon={LoaderCircle} tone="warn" text="Stopping: finishing requests" />
          )}
          <span className="flex items-center gap-0.5 font-mono text-2xs text-ink">
            {server.restUrl}
            <CopyButton text={server.restUrl} what="the REST address" />
          </span>
          {server.grpcAddress !== undefined && (
            <span className="flex items-center gap-0.5 font-mono text-2xs text-ink max-[900px]:hidden">
              <span className="mr-1 font-sans text-faint">gRPC</span>
              {server.grpcAddress}
              <CopyButton text={server.grpcAddress} what="the gRPC address" />
            </span>
          )}
          <span className="flex items-center gap-3 max-[700px]:hidden">
            <span>{plural(counts.total, 'model')}</span>
            <span>{formatCount(counts.available)} available</span>
            {counts.withErrors > 0 && (
              <Link
                href="/models?q=state:error"
                className="flex items-center gap-1 rounded-sm font-medium text-bad underline-offset-2 hover:underline"
              >
                <CircleAlert aria-hidden size={13} />
                {formatCount(counts.withErrors)} with {counts.withErrors === 1 ? 'an error' : 'errors'}
              </Link>
            )}
          </span>
        </>
      )}
      <span className="flex-1" />
      {live && download !== undefined && <State icon={Download} tone="busy" text={download} />}
      <State {...CONNECTION_LOOK[connection.phase]} />
      {server && <span className="text-faint max-[700px]:hidden">Slipway {server.version}</span>}
    </footer>
  );
}

/** How far all downloads together are: `Downloading 2 versions: 17 %`. */
function downloadSummary(models: Readonly<Record<string, ModelView>>): string | undefined {
  const downloads = Object.values(models).flatMap(({ versions }) => versions.flatMap(({ download }) => download ?? []));
  if (downloads.length === 0) return undefined;
  const done = downloads.reduce((sum, { doneBytes }) => sum + doneBytes, 0);
  const total = downloads.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  const percent = total === 0 ? 0 : Math.floor((done / total) * 100);
  return `Downloading ${plural(downloads.length, 'version')}: ${percent} %`;
}

interface Look {
  readonly icon: LucideIcon;
  readonly tone: Tone;
  readonly text: string;
}

const CONNECTION_LOOK: Readonly<Record<Connection['phase'], Look>> = {
  connecting: { icon: LoaderCircle, tone: 'busy', text: 'Connecting' },
  live: { icon: Radio, tone: 'ok', text: 'Live' },
  lost: { icon: Unplug, tone: 'bad', text: 'Disconnected' },
  signedOut: { icon: Unplug, tone: 'bad', text: 'Signed out' },
};

function State({ icon: Icon, tone, text }: Look) {
  return (
    <span className={`flex items-center gap-1.5 font-medium ${TONE_TEXT[tone]}`}>
      <Icon aria-hidden size={13} strokeWidth={2.25} />
      {text}
    </span>
  );
}
