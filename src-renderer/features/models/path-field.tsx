import { File, Folder } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { useEffect, useId, useState } from 'react';
import type { ConnectionId } from '#contracts/ids.ts';
import { inputClass } from '../../components/field.tsx';
import type { Commands } from '../../stores/commands.ts';
import { useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { isStoreUri } from './store-suggestion.ts';

const words = strings.models.add;

interface Suggestion {
  readonly name: string;
  /** What the field holds after it was chosen; a folder ends with a separator, so that typing goes on inside it. */
  readonly path: string;
  readonly isFolder: boolean;
}

const LIST_AFTER_MS = 120;
const MAX_SHOWN = 8;

/** Everything up to the last separator: the folder whose content completes the rest. */
function splitPath(path: string): { readonly folder: string; readonly rest: string } {
  const at = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1;
  return { folder: path.slice(0, at), rest: path.slice(at) };
}

/**
 * A path or URI being typed, with the folders there as completion: arrows choose, Enter or Tab takes, Escape closes.
 */
export function PathField({
  path,
  connection,
  onChange,
}: {
  readonly path: string;
  /** By which to look into a store. */
  readonly connection: ConnectionId | undefined;
  readonly onChange: (path: string) => void;
}) {
  const platform = useServer((state) => state.server?.platform);
  const id = useId();
  const [typing, setTyping] = useState(false);
  const [active, setActive] = useState(-1);
  const suggestions = useSuggestions(path, connection, typing);
  const open = typing && suggestions.length > 0;

  const take = ({ path: taken, isFolder }: Suggestion): void => {
    onChange(taken);
    setActive(-1);
    setTyping(isFolder);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' && !open) setTyping(true);
    if (!open) return;
    const chosen = suggestions[active];
    switch (event.key) {
      case 'ArrowDown':
        setActive((active + 1) % suggestions.length);
        break;
      case 'ArrowUp':
        setActive(active <= 0 ? suggestions.length - 1 : active - 1);
        break;
      case 'Escape':
        setTyping(false);
        // Only the list closes, not the dialog around it.
        event.stopPropagation();
        break;
      case 'Enter':
      case 'Tab':
        if (!chosen) return;
        take(chosen);
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  return (
    <div className="relative min-w-0 flex-1">
      <label htmlFor={id} className="mb-1 block text-xs font-medium text-muted">
        {words.path}
      </label>
      <input
        id={id}
        role="combobox"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && active >= 0 ? `${id}-${active}` : undefined}
        autoFocus
        autoComplete="off"
        spellCheck={false}
        placeholder={platform === 'win32' ? words.windowsPath : words.unixPath}
        value={path}
        onChange={(event) => {
          onChange(event.target.value);
          setTyping(true);
          setActive(-1);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setTyping(false)}
        className={`${inputClass} font-mono text-xs`}
      />
      {open && (
        <div
          id={`${id}-list`}
          role="listbox"
          aria-label={words.folders}
          className="absolute inset-x-0 top-full z-10 mt-1 rounded-md border border-line bg-raised p-1 shadow-overlay"
        >
          {suggestions.map((suggestion, index) => {
            const Icon = suggestion.isFolder ? Folder : File;
            return (
              <div
                key={suggestion.path}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === active}
                // Before the field loses the focus, which would close the list.
                onPointerDown={(event) => {
                  event.preventDefault();
                  take(suggestion);
                }}
                className="flex items-center gap-2 rounded-sm px-2 py-1 text-xs hover:bg-hover aria-selected:bg-active"
              >
                <Icon aria-hidden size={13} className="shrink-0 text-muted" />
                <span className="truncate font-mono">{suggestion.name}</span>
              </div>
            );
          })}
        </div>
      )}
    </div>
  );
}

function useSuggestions(path: string, connection: ConnectionId | undefined, enabled: boolean): readonly Suggestion[] {
  const { commands } = useServices();
  const { folder, rest } = splitPath(path);
  const [listing, setListing] = useState<
    { readonly folder: string; readonly entries: readonly Suggestion[] } | undefined
  >();
  useEffect(() => {
    if (!enabled || folder === '' || listing?.folder === folder) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      entriesOf(commands, folder, connection, abort.signal).then(
        (entries) => setListing({ folder, entries }),
        // A path that cannot be listed has no completion; the preview says what is wrong with it.
        () => undefined,
      );
    }, LIST_AFTER_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [commands, connection, enabled, folder, listing?.folder]);
  if (!enabled || listing?.folder !== folder) return [];
  const start = rest.toLowerCase();
  return (
    listing.entries
      .filter(({ name }) => name.toLowerCase().startsWith(start) && (start !== '' || !name.startsWith('.')))
      // What stands there in full needs no completion, and the list would cover the preview.
      .filter(({ name }) => name !== rest)
      .slice(0, MAX_SHOWN)
  );
}

/** What is in a folder, of this computer or of a store. */
async function entriesOf(
  commands: Commands,
  folder: string,
  connection: ConnectionId | undefined,
  signal: AbortSignal,
): Promise<readonly Suggestion[]> {
  // Of an address only the part after the host can be completed, and of a web server nothing can be listed.
  if (/^https?:/iu.test(folder) || /^s3:\/+$/iu.test(folder)) return [];
  const { folders, files } = isStoreUri(folder)
    ? await commands.run('browsePrefix', { uri: folder.replace(/\/$/u, ''), ...(connection && { connection }) }, signal)
    : await commands.run('listFolder', { path: folder }, signal);
  const separator = folder.slice(-1);
  return [
    ...folders.map(({ name }) => ({ name, path: folder + name + separator, isFolder: true })),
    ...files.map(({ name }) => ({ name, path: folder + name, isFolder: false })),
  ];
}
