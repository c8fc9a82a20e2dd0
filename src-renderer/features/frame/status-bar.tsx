import type { LucideIcon } from 'lucide-react';
import { CircleAlert, CirclePause, Keyboard, LoaderCircle, Radio, ScrollText, Unplug } from 'lucide-react';
import { Link } from 'wouter';
import { IconButton } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import type { Tone } from '../../components/notice.tsx';
import { TONE_TEXT } from '../../components/notice.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import type { Connection } from '../../stores/server-store.ts';
import { useApp, useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { ExposureChip } from '../serving/exposure-banner.tsx';
import { ServingButton } from '../serving/serving-button.tsx';
import { TasksButton } from './tasks-popover.tsx';

const words = strings.frame.status;

/** One line under every screen: the server, its addresses, what it serves and does, and whether this page still hears from it. */
export function StatusBar() {
  const server = useServer((state) => state.server);
  const connection = useServer((state) => state.connection);
  const showLayer = useApp((state) => state.show);
  // What answers nobody is not to look as if it did.
  const isOpen = server?.serving.state === 'running' || server?.serving.state === 'draining';
  return (
    <footer
      aria-label={words.label}
      data-region="status"
      className="col-span-2 flex h-8 items-center gap-4 overflow-hidden border-t border-line bg-sunken ps-3 pe-2 text-xs whitespace-nowrap text-muted max-[700px]:gap-2.5"
    >
      {server && (
        <>
          {connection.phase !== 'live' ? (
            <State icon={CirclePause} tone="idle" text={words.lastKnown} />
          ) : !server.isQuitting ? (
            <ServingButton server={server} />
          ) : (
            <State icon={LoaderCircle} tone="warn" text={words.draining} isSpinning />
          )}
          <ExposureChip />
          <span
            className={`flex min-w-0 items-center gap-0.5 font-mono text-2xs ${isOpen ? 'text-ink' : 'text-faint'}`}
          >
            <span className="truncate">{server.restUrl}</span>
            <CopyButton text={server.restUrl} what={strings.frame.restUrlName} />
          </span>
          {server.grpcAddress !== undefined && (
            <span
              className={`flex items-center gap-0.5 font-mono text-2xs max-[900px]:hidden ${isOpen ? 'text-ink' : 'text-faint'}`}
            >
              <span className="me-1 font-sans text-faint">{words.grpc}</span>
              {server.grpcAddress}
              <CopyButton text={server.grpcAddress} what={strings.frame.grpcAddressName} />
            </span>
          )}
          <Models />
        </>
      )}
      <span className="min-w-0 flex-1" />
      {server && <LoggedErrors />}
      {server && <TasksButton />}
      <State {...CONNECTION_LOOK[connection.phase]} />
      {server && <span className="text-faint max-[1000px]:hidden">{words.version(server.version)}</span>}
      <span className="max-[700px]:hidden">
        <IconButton
          icon={Keyboard}
          label={words.shortcuts}
          aria-keyshortcuts="?"
          onClick={() => showLayer('cheatSheet')}
        />
      </span>
    </footer>
  );
}

const LINK = 'flex items-center gap-1 rounded-sm underline-offset-2 hover:underline';

function Models() {
  const totals = useServer((state) => state.totals);
  return (
    <span className="flex items-center gap-3 max-[800px]:hidden">
      <span>{plural(totals.models, 'model')}</span>
      <span>{words.available(formatCount(totals.available))}</span>
      {totals.withErrors > 0 && (
        <Link href="/models?q=state:error" className={`${LINK} font-medium text-bad`}>
          <CircleAlert aria-hidden size={13} />
          {words.withErrors(formatCount(totals.withErrors), totals.withErrors === 1)}
        </Link>
      )}
    </span>
  );
}

function LoggedErrors() {
  const errors = useServer((state) => state.boards.logs?.errors ?? 0);
  if (errors === 0) return null;
  return (
    <Link href="/logs?level=error" className={`${LINK} hover:text-ink max-[700px]:hidden`}>
      <ScrollText aria-hidden size={13} />
      {words.loggedErrors(formatCount(errors), errors === 1)}
    </Link>
  );
}

interface Look {
  readonly icon: LucideIcon;
  readonly tone: Tone;
  readonly text: string;
  readonly isSpinning?: boolean;
}

const CONNECTION_LOOK: Readonly<Record<Connection['phase'], Look>> = {
  connecting: { icon: LoaderCircle, tone: 'busy', text: strings.frame.connection.connecting, isSpinning: true },
  live: { icon: Radio, tone: 'ok', text: strings.frame.connection.live },
  lost: { icon: Unplug, tone: 'bad', text: strings.frame.connection.lost },
  signedOut: { icon: Unplug, tone: 'bad', text: strings.frame.connection.signedOut },
};

function State({ icon: Icon, tone, text, isSpinning = false }: Look) {
  return (
    <span className={`flex shrink-0 items-center gap-1.5 font-medium ${TONE_TEXT[tone]}`}>
      <Icon aria-hidden size={13} strokeWidth={2.25} className={isSpinning ? 'animate-spin' : ''} />
      {text}
    </span>
  );
}
