import { Plus } from 'lucide-react';
import type { KeyboardEvent, ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { ConnectionView, SourcesBoard } from '#contracts/ui-sources.ts';
import { IconButton } from '../../components/button.tsx';
import { TONE_TEXT } from '../../components/notice.tsx';
import { useAppearance } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { AT, DO } from './connection-editor.tsx';
import type { StateLook } from './connection-state.ts';
import { CONNECTION_LOOK, connectionState, storeText } from './connection-state.ts';
import { NEW } from './sources-memory.ts';

const words = strings.sources.list;

/**
 * The watched places and every connection with its state. With the focus on a row N begins a new connection, T tests the
 * row's, B browses it, and the arrows move.
 */
export function ConnectionList({
  board,
  current,
  hasNewDraft,
}: {
  readonly board: SourcesBoard;
  /** Id of the connection that is open, `new`, or undefined for the watched places. */
  readonly current: string | undefined;
  readonly hasNewDraft: boolean;
}) {
  const [, navigate] = useLocation();
  const problems = board.roots.filter(({ status }) => status === 'error').length;
  return (
    <nav
      aria-label={words.label}
      className="flex min-h-0 shrink-0 flex-col gap-1 overflow-y-auto border-line p-3 max-[900px]:flex-row max-[900px]:flex-wrap max-[900px]:items-center max-[900px]:border-b max-[900px]:py-1.5 min-[901px]:w-64 min-[901px]:border-e"
    >
      <Row href="/sources" isCurrent={current === undefined}>
        <span className="flex min-w-0 flex-1 flex-col">
          <span className="truncate font-medium">{words.watched}</span>
          <span className="text-2xs text-faint group-hover:text-muted group-aria-[current=page]:text-muted max-[900px]:hidden">
            {words.places(board.roots.length)}
          </span>
        </span>
        {problems > 0 && <State look={CONNECTION_LOOK.error} />}
      </Row>
      <div className="mt-2 flex items-center justify-between ps-2.5 max-[900px]:hidden">
        <h2 className="text-2xs font-semibold tracking-wide text-faint">{words.connections}</h2>
        <IconButton
          icon={Plus}
          label={strings.sources.newConnection}
          aria-keyshortcuts="N"
          onClick={() => navigate(`/sources/${NEW}`)}
        />
      </div>
      <ul aria-label={words.connections} className="flex flex-col gap-0.5 max-[900px]:flex-row max-[900px]:flex-wrap">
        {board.connections.map((connection) => (
          <ConnectionRow
            key={connection.id}
            connection={connection}
            board={board}
            isCurrent={current === connection.id}
          />
        ))}
        {(current === NEW || hasNewDraft) && (
          <li className="min-[901px]:w-full">
            <Row href={`/sources/${NEW}`} isCurrent={current === NEW}>
              <span className="flex min-w-0 flex-1 flex-col">
                <span className="truncate font-medium">{strings.sources.newConnection}</span>
                <span className="truncate text-2xs text-faint group-hover:text-muted group-aria-[current=page]:text-muted">
                  {words.unsaved}
                </span>
              </span>
            </Row>
          </li>
        )}
        {board.connections.length === 0 && current !== NEW && !hasNewDraft && (
          <li className="px-2.5 text-xs text-faint">{words.none}</li>
        )}
      </ul>
      {board.connections.length > 0 && (
        <p className="mt-auto px-2.5 pt-3 text-2xs text-faint max-[900px]:hidden">{words.keys}</p>
      )}
    </nav>
  );
}

function ConnectionRow({
  connection,
  board,
  isCurrent,
}: {
  readonly connection: ConnectionView;
  readonly board: SourcesBoard;
  readonly isCurrent: boolean;
}) {
  const [, navigate] = useLocation();
  const letterKeys = useAppearance((state) => state.letterKeys);
  const href = `/sources/${connection.id}`;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    switch (letterKeys === 'on' ? event.key.toLowerCase() : undefined) {
      case 'n':
        navigate(`/sources/${NEW}`);
        break;
      case 't':
        navigate(`${href}?${DO}=test`);
        break;
      case 'b':
        navigate(`${href}?${new URLSearchParams({ [AT]: connection.startUri ?? '' }).toString()}`);
        break;
      default:
        moveBetweenRows(event);
        return;
    }
    event.preventDefault();
  };
  return (
    <li>
      <Row href={href} isCurrent={isCurrent} onKeyDown={onKeyDown}>
        <span className="flex min-w-0 flex-1 flex-col">
          <span className="truncate font-medium">{connection.name}</span>
          <span className="truncate text-2xs text-faint group-hover:text-muted group-aria-[current=page]:text-muted max-[900px]:hidden">
            {storeText(connection)}
          </span>
        </span>
        <State look={CONNECTION_LOOK[connectionState(connection.id, board)]} />
      </Row>
    </li>
  );
}

function Row({
  href,
  isCurrent,
  onKeyDown,
  children,
}: {
  readonly href: string;
  readonly isCurrent: boolean;
  readonly onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void;
  readonly children: ReactNode;
}) {
  return (
    <Link
      href={href}
      data-source-row
      aria-current={isCurrent ? 'page' : undefined}
      onKeyDown={onKeyDown ?? moveBetweenRows}
      className="group flex min-h-8 items-center gap-2 rounded-md px-2.5 py-1 text-sm text-muted transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-active aria-[current=page]:text-ink"
    >
      {children}
    </Link>
  );
}

function State({ look: { icon: Icon, word, tone, spins } }: { readonly look: StateLook }) {
  return (
    <span className={`flex shrink-0 items-center gap-1 text-2xs font-medium ${TONE_TEXT[tone]}`}>
      <Icon aria-hidden size={13} strokeWidth={2.25} className={spins ? 'animate-spin' : ''} />
      {word}
    </span>
  );
}

function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const rows = [...(event.currentTarget.closest('nav')?.querySelectorAll<HTMLElement>('[data-source-row]') ?? [])];
  const at = rows.indexOf(event.currentTarget);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (next === undefined || !rows[next]) return;
  event.preventDefault();
  rows[next].focus();
}
