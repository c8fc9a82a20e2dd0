import { ArrowUpRight, CircleAlert, CircleCheck, History } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ServableName } from '#contracts/ids.ts';
import type { PlayHistoryEntry, PlayHistoryRow } from '#contracts/ui-play.ts';
import { Button } from '../../components/button.tsx';
import { Notice } from '../../components/notice.tsx';
import { Sheet } from '../../components/sheet.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { formatBytes } from '../../format/quantity.ts';
import { formatAbsolute, formatDuration } from '../../format/time.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

const words = strings.playground.history;
/** So much of a body is shown beside the list; opening it gives all. */
const MAX_SHOWN_CHARACTERS = 4000;

type Listing =
  | { readonly phase: 'loading' }
  | { readonly phase: 'failed'; readonly message: string }
  | { readonly phase: 'ready'; readonly entries: readonly PlayHistoryRow[] };

/** What was sent, and what came back; an entry never changes and opens as a new draft. */
export function HistorySheet({
  model,
  onOpen,
  onClose,
}: {
  readonly model: ServableName;
  readonly onOpen: (entry: PlayHistoryEntry) => void;
  readonly onClose: () => void;
}) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const [listing, setListing] = useState<Listing>({ phase: 'loading' });
  const [shown, setShown] = useState<PlayHistoryEntry | undefined>();
  useEffect(() => {
    const leaving = new AbortController();
    commands.run('listPlayHistory', { model }, leaving.signal).then(
      ({ entries }) => setListing({ phase: 'ready', entries }),
      (error: unknown) => {
        if (!leaving.signal.aborted) setListing({ phase: 'failed', message: errorText(error) });
      },
    );
    return () => leaving.abort();
  }, [commands, model]);

  const attempt = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      toasts.getState().show({ tone: 'bad', message: errorText(error) });
    }
  };
  const read = async ({ id }: PlayHistoryRow): Promise<void> =>
    attempt(async () => setShown(await commands.run('readPlayHistory', { model, id })));
  const clear = async (): Promise<void> =>
    attempt(async () => {
      await commands.run('clearPlayHistory', { model });
      setListing({ phase: 'ready', entries: [] });
      setShown(undefined);
    });

  return (
    <Sheet
      title={words.title(model)}
      isOpen
      onClose={onClose}
      footer={
        shown ? (
          <>
            <Button onClick={() => setShown(undefined)}>{words.back}</Button>
            <Button
              variant="primary"
              icon={ArrowUpRight}
              disabled={shown.request === undefined}
              onClick={() => onOpen(shown)}
            >
              {words.open}
            </Button>
          </>
        ) : (
          <Button
            disabled={!connected || listing.phase !== 'ready' || listing.entries.length === 0}
            onClick={() => void clear()}
          >
            {words.clear}
          </Button>
        )
      }
    >
      {shown ? (
        <Entry entry={shown} />
      ) : listing.phase === 'loading' ? (
        <Skeleton rows={5} label={words.list} />
      ) : listing.phase === 'failed' ? (
        <Notice tone="bad" icon={CircleAlert} title={words.problem}>
          {listing.message}
        </Notice>
      ) : listing.entries.length === 0 ? (
        <div className="flex flex-col items-center gap-1 py-10 text-center">
          <History aria-hidden size={18} className="text-faint" />
          <p className="text-sm text-muted">{words.empty}</p>
          <p className="text-xs text-faint">{words.emptyHint}</p>
        </div>
      ) : (
        <ul aria-label={words.list} className="flex flex-col">
          {listing.entries.map((row) => (
            <li key={row.id}>
              <button
                type="button"
                onClick={() => void read(row)}
                className="flex w-full flex-wrap items-center gap-x-3 rounded-md px-2 py-1.5 text-start text-xs hover:bg-hover"
              >
                <Facts row={row} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </Sheet>
  );
}

function Facts({ row }: { readonly row: PlayHistoryRow }) {
  const good = row.status < 400;
  const Icon = good ? CircleCheck : CircleAlert;
  return (
    <>
      <span className={`flex items-center gap-1 font-medium ${good ? 'text-ok' : 'text-bad'}`}>
        <Icon aria-hidden size={13} />
        {row.status}
      </span>
      <span>{formatAbsolute(row.atMs)}</span>
      {row.version !== undefined && <span className="font-mono">{words.version(row.version)}</span>}
      <span className="ms-auto text-muted tabular-nums">{formatDuration(row.latencyMs)}</span>
      <span className="text-faint tabular-nums">{formatBytes(row.requestBytes)}</span>
    </>
  );
}

function Entry({ entry }: { readonly entry: PlayHistoryEntry }) {
  const bodies = [
    [words.request, entry.request],
    [words.answer, entry.response],
  ] as const;
  return (
    <div className="flex flex-col gap-4">
      <p className="flex flex-wrap items-center gap-x-3 text-xs">
        <Facts row={entry} />
      </p>
      {bodies.map(([title, body]) => (
        <section key={title} aria-label={title}>
          <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
          <pre className="max-h-72 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap">
            {body === undefined
              ? words.bodyLeftOut
              : body.length > MAX_SHOWN_CHARACTERS
                ? `${body.slice(0, MAX_SHOWN_CHARACTERS)} …`
                : body}
          </pre>
        </section>
      ))}
    </div>
  );
}
