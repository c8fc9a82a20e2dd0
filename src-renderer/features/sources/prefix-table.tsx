import { Box, CornerLeftUp, File, Folder } from 'lucide-react';
import type { PrefixPage } from '#contracts/ui-sources.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { formatBytes, plural } from '../../format/quantity.ts';
import { formatAbsolute, formatClock } from '../../format/time.ts';
import { strings } from '../../strings/index.ts';
import type { Listing } from './sources-memory.ts';

const words = strings.sources.browse;

/** Folders and files of one page; a folder opens, and can be served. */
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
  const { page } = listing;
  const { parent } = page;
  const isEmpty = page.folders.length + page.files.length === 0;
  return (
    <ScrollArea
      label={words.scroll}
      className={`max-h-[calc(100vh-22rem)] min-h-48 ${isOld ? 'text-muted grayscale' : ''}`}
    >
      <table
        aria-busy={isLoading}
        aria-label={words.table(page.uri)}
        aria-rowcount={page.next === undefined ? undefined : -1}
        className="w-full text-sm"
      >
        <thead className="sticky top-0 bg-surface text-start text-2xs text-faint">
          <tr>
            <th scope="col" className="px-4 py-1.5 text-start font-medium">
              {words.name}
              <span className="ms-2 font-normal">
                {isOld ? words.asOf(formatClock(listing.atMs)) : countText(page)}
              </span>
            </th>
            <th scope="col" className="w-px px-2 text-end font-medium">
              {words.size}
            </th>
            <th scope="col" className="w-px ps-2 pe-4 text-start font-medium max-[700px]:hidden">
              {words.modified}
            </th>
          </tr>
        </thead>
        <tbody>
          {parent !== undefined && isFirst && (
            <tr>
              <td colSpan={3} className="px-2.5">
                <EntryButton icon={CornerLeftUp} text={words.up} onClick={() => onGo(parent)} />
              </td>
            </tr>
          )}
          {page.folders.map(({ name, uri }) => (
            <FolderRow
              key={uri}
              name={name}
              canServe={canServe}
              onOpen={() => onGo(uri)}
              onServe={() => onServe(uri)}
            />
          ))}
          {page.files.map((file) => (
            <FileRow key={file.uri} file={file} />
          ))}
        </tbody>
      </table>
      {isEmpty && <p className="px-4 pb-4 text-sm text-muted">{words.empty}</p>}
    </ScrollArea>
  );
}

const countText = ({ folders, files }: PrefixPage): string =>
  `${plural(folders.length, 'folder')}, ${plural(files.length, 'file')}`;

function EntryButton({
  icon: Icon,
  text,
  onClick,
}: {
  readonly icon: typeof Folder;
  readonly text: string;
  readonly onClick: () => void;
}) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="flex h-7 min-w-0 items-center gap-2 rounded-sm px-1.5 text-start text-sm hover:underline"
    >
      <Icon aria-hidden size={14} className="shrink-0 text-muted" />
      <span className="font-mono text-xs wrap-anywhere">{text}</span>
    </button>
  );
}

/** A folder that is called by a number is a version. */
const isVersion = (name: string): boolean => /^\d{1,19}$/u.test(name);

function FolderRow({
  name,
  canServe,
  onOpen,
  onServe,
}: {
  readonly name: string;
  readonly canServe: boolean;
  readonly onOpen: () => void;
  readonly onServe: () => void;
}) {
  return (
    <tr className="group border-t border-line hover:bg-hover">
      <td colSpan={3} className="px-2.5">
        <span className="flex items-center gap-2">
          <EntryButton icon={Folder} text={name} onClick={onOpen} />
          {isVersion(name) && <span className="text-2xs text-faint">{words.version}</span>}
          <span className="ms-auto opacity-0 group-focus-within:opacity-100 group-hover:opacity-100">
            <Button size="sm" icon={Box} aria-label={words.serveFolder(name)} disabled={!canServe} onClick={onServe}>
              {words.serve}
            </Button>
          </span>
        </span>
      </td>
    </tr>
  );
}

function FileRow({
  file: { name, sizeBytes, modifiedMs, archivedIn },
}: {
  readonly file: PrefixPage['files'][number];
}) {
  return (
    <tr className="border-t border-line hover:bg-hover">
      <td className="px-2.5">
        <span className="flex min-h-7 items-center gap-2 px-1.5">
          <File aria-hidden size={14} className="shrink-0 text-faint" />
          <span className="font-mono text-xs wrap-anywhere">{name}</span>
          {archivedIn !== undefined && <Badge tone="warn">{words.archived(archivedIn)}</Badge>}
        </span>
      </td>
      <td className="px-2 text-end text-xs whitespace-nowrap text-muted">{formatBytes(sizeBytes)}</td>
      <td className="ps-2 pe-4 text-xs whitespace-nowrap text-muted max-[700px]:hidden">
        <time dateTime={new Date(modifiedMs).toISOString()}>{formatAbsolute(modifiedMs).slice(0, 16)}</time>
      </td>
    </tr>
  );
}
