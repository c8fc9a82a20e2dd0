import { CircleAlert, CircleCheck, CloudOff, FolderPlus, LoaderCircle, PlugZap, Radar, RefreshCw } from 'lucide-react';
import { Fragment, useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { SourceRoot, SourcesBoard } from '#contracts/ui-sources.ts';
import { Badge } from '../../components/badge.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Ago, Countdown } from '../../components/time.tsx';
import { formatCount } from '../../format/quantity.ts';
import { fullStop, sentence } from '../../format/sentence.ts';
import { formatAbsolute, formatAgo, formatCountdown, POLL_NEWS_MS } from '../../format/time.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServer, useServices, useTimeText } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { AddDialog } from '../models/add-dialog.tsx';
import { policyText } from '../models/version-status.ts';
import { DO } from './connection-editor.tsx';
import type { StateLook } from './connection-state.ts';
import { isOffline, rootProblem, splitCode } from './connection-state.ts';
import { NEW } from './sources-memory.ts';

const words = strings.sources.roots;

const LOOK: Readonly<Record<keyof typeof words.states, StateLook>> = {
  pending: { word: words.states.pending, tone: 'busy', icon: LoaderCircle, spins: true },
  ok: { word: words.states.ok, tone: 'ok', icon: CircleCheck },
  error: { word: words.states.error, tone: 'bad', icon: CircleAlert },
  offline: { word: words.states.offline, tone: 'warn', icon: CloudOff },
};

/** Every place that is looked at for versions, when, and what came of it. */
export function WatchedPlaces({ board }: { readonly board: SourcesBoard }) {
  const connected = useConnected();
  const [adding, setAdding] = useState(false);
  return (
    <section aria-label={words.title} className="flex min-w-0 flex-col gap-2">
      <header className="flex items-center justify-between gap-2">
        <h2 className="text-md font-semibold">{words.title}</h2>
        <Button icon={FolderPlus} disabled={!connected} onClick={() => setAdding(true)}>
          {words.add}
        </Button>
      </header>
      {board.roots.length === 0 ? (
        <div className="rounded-lg border border-line bg-surface">
          <EmptyState icon={Radar} title={words.empty}>
            <p>{words.emptyText}</p>
          </EmptyState>
        </div>
      ) : (
        <div className="overflow-x-auto rounded-lg border border-line bg-surface">
          <table aria-label={words.table} className="w-full text-sm">
            <thead className="text-2xs text-faint">
              <tr>
                <Head text={words.place} className="ps-4" />
                <Head text={words.state} />
                <Head text={words.connection} className="max-[1100px]:hidden" />
                <Head text={words.models} className="text-end" />
                <Head text={words.versions} className="text-end" />
                <Head text={words.policy} className="max-[1300px]:hidden" />
                <Head text={words.poll} className="max-[1100px]:hidden" />
                <Head text={words.lastPoll} />
                <Head text={words.nextPoll} className="max-[900px]:hidden" />
                <th scope="col">
                  <span className="sr-only">{words.actions}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {board.roots.map((root) => (
                <RootRow key={JSON.stringify([root.path, root.connection])} root={root} board={board} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {adding && <AddDialog initialPath="" notice={undefined} onClose={() => setAdding(false)} />}
    </section>
  );
}

function Head({ text, className = '' }: { readonly text: string; readonly className?: string }) {
  const align = className.includes('text-end') ? '' : 'text-start';
  return (
    <th scope="col" className={`px-2 py-2 font-medium ${align} ${className}`}>
      {text}
    </th>
  );
}

function RootRow({ root, board }: { readonly root: SourceRoot; readonly board: SourcesBoard }) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const connection = board.connections.find(({ id }) => id === root.connection);
  const look = LOOK[isOffline(root) ? 'offline' : root.status];
  const pollNow = (): void => {
    toasts.getState().show({ tone: 'neutral', message: words.polling(root.path), durationMs: 2500 });
    for (const name of root.models) {
      commands
        .run('pollNow', { name })
        .catch((error: unknown) =>
          toasts.getState().show({ tone: 'bad', message: words.pollFailed(name, errorText(error)) }),
        );
    }
  };
  return (
    <Fragment>
      <tr data-root={root.path} className="border-t border-line align-middle">
        <td className="max-w-0 min-w-48 w-full py-1.5 ps-4 pe-2">
          <span className="block truncate font-mono text-xs" title={root.path}>
            {root.path}
          </span>
        </td>
        <td className="px-2">
          <Badge tone={look.tone} icon={look.icon} isSpinning={look.spins ?? false}>
            {look.word}
          </Badge>
        </td>
        <td className="px-2 text-xs whitespace-nowrap text-muted max-[1100px]:hidden">
          {connection ? (
            <Link href={`/sources/${connection.id}`} className="rounded-sm text-accent hover:underline">
              {connection.name}
            </Link>
          ) : (
            <span className="text-faint">{root.scheme === 's3' ? words.environment : words.local}</span>
          )}
        </td>
        <td className="px-2 text-end text-xs" title={root.models.join(', ')}>
          {formatCount(root.models.length)}
        </td>
        <td className="px-2 text-end text-xs">{formatCount(root.versions)}</td>
        <td className="px-2 text-xs whitespace-nowrap text-muted max-[1300px]:hidden">
          <Policy root={root} />
        </td>
        <td className="px-2 text-xs whitespace-nowrap text-muted max-[1100px]:hidden">
          {root.pollIntervalMs === undefined ? words.once : words.every(formatCountdown(root.pollIntervalMs))}
        </td>
        <td className="px-2 text-xs whitespace-nowrap text-muted">
          {root.polledAtMs === undefined ? words.never : <LastPoll root={root} atMs={root.polledAtMs} />}
        </td>
        <td className="px-2 text-xs whitespace-nowrap text-muted max-[900px]:hidden">
          {root.nextPollAtMs !== undefined && !isOftenPolled(root) && <Countdown untilMs={root.nextPollAtMs} />}
        </td>
        <td className="ps-1 pe-2 text-end">
          <IconButton
            icon={RefreshCw}
            label={words.pollNow(root.path)}
            title={words.pollNowShort}
            disabled={!connected}
            onClick={pollNow}
          />
        </td>
      </tr>
      {root.message !== undefined && (
        <tr>
          <td colSpan={10} className="px-4 pb-3">
            <RootMessage root={root} message={root.message} onPoll={pollNow} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}

/** Looked at so often that its polls are only told when they find something, and that none is worth waiting for. */
const isOftenPolled = ({ scheme, status, pollIntervalMs = Number.POSITIVE_INFINITY }: SourceRoot): boolean =>
  scheme !== 's3' && status === 'ok' && pollIntervalMs < POLL_NEWS_MS;

/** When the place was looked at last, or that looking at it told nothing new since. */
function LastPoll({ root, atMs }: { readonly root: SourceRoot; readonly atMs: number }) {
  const connected = useConnected();
  const offset = useServer((state) => state.clockOffsetMs);
  const isQuiet = connected && isOftenPolled(root);
  const text = useTimeText((now) => (isQuiet && atMs + POLL_NEWS_MS < now ? words.nothingNew : formatAgo(now - atMs)));
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatAbsolute(atMs - offset)}>
      {text}
    </time>
  );
}

function Policy({ root }: { readonly root: SourceRoot }) {
  const models = useServer((state) => state.models);
  const policies = new Set(
    root.models.flatMap((name) => {
      const model = models[name];
      return model ? [policyText(model.versionPolicy)] : [];
    }),
  );
  const [only] = policies;
  return policies.size > 1 ? words.mixed : only;
}

/** What is wrong with a place, and the one thing to do about it. */
function RootMessage({
  root,
  message,
  onPoll,
}: {
  readonly root: SourceRoot;
  readonly message: string;
  readonly onPoll: () => void;
}) {
  const connected = useConnected();
  const [, navigate] = useLocation();
  const { text, code } = splitCode(rootProblem(message));
  const isBad = root.status === 'error' && !isOffline(root);
  return (
    <div
      className={`flex flex-wrap items-start gap-x-3 gap-y-2 rounded-md px-3 py-2 ${isBad ? 'bg-bad-soft' : 'bg-warn-soft'}`}
    >
      <div className="min-w-64 flex-1 text-xs">
        <p className="wrap-anywhere text-ink">{fullStop(sentence(text))}</p>
        <p className="flex flex-wrap gap-x-3 text-muted">
          {root.offlineSinceMs !== undefined && (
            <span>
              {words.offline} <Ago atMs={root.offlineSinceMs} />.
            </span>
          )}
          {isBad && root.versions > 0 && <span>{words.stands}</span>}
          {code !== undefined && <code className="font-mono text-2xs">{code}</code>}
        </p>
      </div>
      {root.scheme === 's3' && root.status === 'error' ? (
        <Button
          size="sm"
          icon={PlugZap}
          disabled={!connected}
          onClick={() =>
            navigate(root.connection === undefined ? `/sources/${NEW}` : `/sources/${root.connection}?${DO}=test`)
          }
        >
          {root.connection === undefined ? words.connect : words.testConnection}
        </Button>
      ) : (
        <Button size="sm" icon={RefreshCw} disabled={!connected} onClick={onPoll}>
          {words.pollNowShort}
        </Button>
      )}
    </div>
  );
}
