import type { LucideIcon } from 'lucide-react';
import { Box, CornerLeftUp, File, Folder } from 'lucide-react';
import { useMemo } from 'react';
import type { PrefixPage } from '#contracts/ui-sources.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import type { Column } from '../../components/data-table.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { formatBytes, plural } from '../../format/quantity.ts';
import { formatAbsolute, formatClock } from '../../format/time.ts';
import { strings } from '../../strings/index.ts';
import type { Listing } from './sources-memory.ts';

const words = strings.sources.browse;

type Entry =
  | { readonly kind: 'up' | 'folder'; readonly name: string; readonly uri: string }
  | ({ readonly kind: 'file' } & PrefixPage['files'][number]);

const keyOf = ({ kind, uri }: Entry): string => `${kind} ${uri}`;

/** Folders and files of one page; a folder opens by Enter or a click, and S serves it. */
export function PrefixTable({
  listing,
  isFirst,
  isOld,
  isLoading,
  canServe,
  onGo,
  onServe,
}: {
  readonly listing: Listing;
  /** Of the pages of its place. */
  readonly isFirst: boolean;
  /** The store did not answer: what is shown is from before. */
  readonly isOld: boolean;
  readonly isLoading: boolean;
  readonly canServe: boolean;
  readonly onGo: (uri: string) => void;
  readonly onServe: (uri: string) => void;
}) {
  const { page, atMs } = listing;
  const entries = useMemo(() => entriesOf(page, isFirst), [page, isFirst]);
  const columns: readonly Column<Entry>[] = [
    {
      key: 'name',
      header: words.name,
      width: 'minmax(12rem, 1fr)',
      render: (entry, isActive) => <NameCell entry={entry} isActive={isActive} onGo={onGo} />,
    },
    {
      key: 'size',
      header: words.size,
      width: '6rem',
      align: 'end',
      render: (entry) => entry.kind === 'file' && <span className="text-muted">{formatBytes(entry.sizeBytes)}</span>,
    },
    {
      key: 'modified',
      header: words.modified,
      width: '9rem',
      render: (entry) =>
        entry.kind === 'file' && (
          <time dateTime={new Date(entry.modifiedMs).toISOString()} className="text-muted">
            {formatAbsolute(entry.modifiedMs).slice(0, 16)}
          </time>
        ),
    },
    {
      key: 'serve',
      header: words.action,
      width: '7rem',
      align: 'end',
      render: (entry, isActive) =>
        entry.kind === 'folder' && (
          <Button
            variant="ghost"
            size="sm"
            icon={Box}
            tabIndex={isActive ? 0 : -1}
            aria-label={words.serveFolder(entry.name)}
            disabled={!canServe}
            onClick={() => onServe(entry.uri)}
          >
            {words.serveShort}
          </Button>
        ),
    },
  ];
  return (
    <>
      <p aria-live="polite" className="border-b border-line px-4 py-1 text-2xs text-faint">
        {isOld ? words.asOf(formatClock(atMs)) : countText(page)}
      </p>
      <div
        aria-busy={isLoading}
        className={`flex h-[calc(100vh-24rem)] min-h-64 flex-col ${isOld ? 'text-muted grayscale' : ''}`}
      >
        <DataTable
          label={words.table(page.uri)}
          items={entries}
          keyOf={keyOf}
          columns={columns}
          onOpen={(entry) => {
            if (entry.kind !== 'file') onGo(entry.uri);
          }}
          letters={{
            s: (entry) => {
              if (entry.kind === 'folder' && canServe) onServe(entry.uri);
            },
          }}
          empty={<p className="text-sm text-muted">{words.empty}</p>}
        />
      </div>
    </>
  );
}

function entriesOf({ parent, folders, files }: PrefixPage, isFirst: boolean): readonly Entry[] {
  return [
    ...(parent !== undefined && isFirst ? [{ kind: 'up' as const, name: words.up, uri: parent }] : []),
    ...folders.map((folder) => ({ kind: 'folder' as const, ...folder })),
    ...files.map((file) => ({ kind: 'file' as const, ...file })),
  ];
}

const countText = ({ folders, files }: PrefixPage): string =>
  `${plural(folders.length, 'folder')}, ${plural(files.length, 'file')}`;

const ICON: Readonly<Record<Entry['kind'], LucideIcon>> = { up: CornerLeftUp, folder: Folder, file: File };

/** A folder that is called by a number is a version. */
const isVersion = (name: string): boolean => /^\d{1,19}$/u.test(name);

function NameCell({
  entry,
  isActive,
  onGo,
}: {
  readonly entry: Entry;
  readonly isActive: boolean;
  readonly onGo: (uri: string) => void;
}) {
  const { kind, name, uri } = entry;
  const Icon = ICON[kind];
  return (
    <span className="flex items-center gap-2">
      <Icon aria-hidden size={14} className={`shrink-0 ${kind === 'file' ? 'text-faint' : 'text-muted'}`} />
      {kind === 'file' ? (
        <span className="truncate font-mono text-xs" title={name}>
          {name}
        </span>
      ) : (
        <button
          type="button"
          tabIndex={isActive ? 0 : -1}
          title={name}
          onClick={() => onGo(uri)}
          className="truncate rounded-sm font-mono text-xs hover:underline"
        >
          {name}
        </button>
      )}
      {kind === 'folder' && isVersion(name) && <span className="text-2xs text-faint">{words.version}</span>}
      {kind === 'file' && entry.archivedIn !== undefined && (
        <Badge tone="warn">{words.archived(entry.archivedIn)}</Badge>
      )}
    </span>
  );
}
