import { Search } from 'lucide-react';
import { useMemo, useState } from 'react';
import { flushSync } from 'react-dom';
import {
  Autocomplete,
  Collection,
  Dialog,
  Header,
  Input,
  ListBox,
  ListBoxItem,
  ListBoxSection,
  Modal,
  ModalOverlay,
  SearchField,
  Text,
} from 'react-aria-components';
import { KeyHint, Keys } from '../../components/key-hint.tsx';
import { useApp, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { PaletteEntry, PaletteTarget } from './palette-items.ts';
import { paletteEntries, paletteOverview } from './palette-items.ts';
import { bestMatches } from './palette-search.ts';

const words = strings.frame.palette;

/** More than fit the list: who does not find it among these types another letter. */
const MAX_RESULTS = 50;

/** Finds commands, models, versions and settings by their words, and does or shows what is chosen. */
export function Palette({ onChoose }: { readonly onChoose: (target: PaletteTarget) => void }) {
  const { shell, app } = useServices();
  const names = useServer((state) => state.names);
  const models = useServer((state) => state.models);
  const serving = useServer((state) => state.server?.serving.state);
  const recent = useApp((state) => state.recent);
  const close = (): void => app.getState().show(undefined);
  const [query, setQuery] = useState('');

  const entries = useMemo(
    () =>
      paletteEntries(
        names.flatMap((name) => models[name] ?? []),
        shell,
        serving,
      ),
    [names, models, shell, serving],
  );
  const groups = useMemo(() => {
    if (query.trim() === '') return paletteOverview(entries, recent);
    const all = [...entries.commands, ...entries.models, ...entries.settings, ...entries.actions, ...entries.versions];
    const found = bestMatches(query, all, MAX_RESULTS);
    return found.length === 0 ? [] : [{ title: words.results, entries: found }];
  }, [query, entries, recent]);

  const choose = (entry: PaletteEntry): void => {
    app.getState().used(entry.id);
    // Closed first: what is chosen may move the focus, which must not be given back afterwards.
    flushSync(close);
    onChoose(entry.target);
  };

  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) close();
      }}
      data-layer="modal"
      className="fixed inset-0 z-50 flex items-start justify-center bg-scrim p-3 pt-[min(12vh,6rem)]"
    >
      <Modal className="flex max-h-full w-full max-w-xl animate-enter flex-col overflow-hidden rounded-lg border border-line bg-raised shadow-overlay">
        <Dialog aria-label={words.label} className="flex min-h-0 flex-col rounded-lg -outline-offset-2">
          <Autocomplete inputValue={query} onInputChange={setQuery}>
            <SearchField
              aria-label={words.label}
              autoFocus
              className="flex items-center gap-2.5 border-b border-line px-3.5"
            >
              <Search aria-hidden size={16} className="shrink-0 text-faint" />
              <Input
                // oxlint-disable-next-line jsx-a11y/role-has-required-aria-props -- the autocomplete adds aria-controls
                role="combobox"
                aria-expanded
                aria-haspopup="listbox"
                placeholder={words.placeholder}
                className="h-11 w-full min-w-0 bg-transparent text-md text-ink outline-none focus-visible:shadow-[inset_0_-2px_0_var(--color-accent)] [&::-webkit-search-cancel-button]:hidden"
              />
            </SearchField>
            <ListBox
              aria-label={words.results}
              items={groups.map((group) => ({ ...group, id: group.title }))}
              renderEmptyState={() => (
                <p className="px-3 py-8 text-center text-sm text-muted">{words.none(query.trim())}</p>
              )}
              className="max-h-[min(26rem,60vh)] min-h-0 overflow-y-auto overscroll-contain p-1.5 -outline-offset-2"
            >
              {(group) => (
                <ListBoxSection id={group.id} className="pb-1 last:pb-0">
                  <Header className="px-2 py-1 text-2xs font-medium text-faint">{group.title}</Header>
                  <Collection items={group.entries}>
                    {(entry) => <Row entry={entry} onAction={() => choose(entry)} />}
                  </Collection>
                </ListBoxSection>
              )}
            </ListBox>
          </Autocomplete>
          <p
            aria-hidden
            className="flex gap-4 border-t border-line bg-sunken px-3.5 py-1.5 text-2xs text-faint max-[500px]:hidden short:hidden"
          >
            <Hint keys="↑ ↓" text={words.keys.move} />
            <Hint keys="Enter" text={words.keys.choose} />
            <Hint keys="Esc" text={words.keys.close} />
          </p>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Row({ entry, onAction }: { readonly entry: PaletteEntry; readonly onAction: () => void }) {
  const { id, title, note, icon: Icon, shortcut } = entry;
  return (
    <ListBoxItem
      id={id}
      textValue={title}
      onAction={onAction}
      className="flex h-row items-center gap-2.5 rounded-md px-2 text-sm -outline-offset-2 data-focused:bg-active data-hovered:bg-hover"
    >
      <Icon aria-hidden size={15} className="shrink-0 text-muted" />
      <Text slot="label" className="min-w-0 truncate">
        {title}
      </Text>
      <Text slot="description" className="ms-auto shrink-0 ps-3 text-xs text-muted">
        {note}
      </Text>
      {shortcut && <KeyHint shortcut={shortcut} />}
    </ListBoxItem>
  );
}

function Hint({ keys, text }: { readonly keys: string; readonly text: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <Keys text={keys} />
      {text}
    </span>
  );
}
