import { Check, Search } from 'lucide-react';
import { useState } from 'react';
import {
  Autocomplete,
  Input,
  ListBox,
  ListBoxItem,
  ListLayout,
  SearchField,
  Text,
  useFilter,
  Virtualizer,
} from 'react-aria-components';
import { formatCount } from '../format/quantity.ts';
import { strings } from '../strings/index.ts';
import type { Option } from './select-props.ts';

const words = strings.components.select;

const ROW_PX = 30;

interface OptionListProps<K extends string> {
  readonly label: string;
  readonly options: readonly Option<K>[];
  readonly selected: K | undefined;
  /** Classes of the text. */
  readonly font: string;
  /** Undefined where the user leaves it at what was chosen. */
  readonly onSelect: (key: K | undefined) => void;
}

/** What a {@link Select} opens: all options. */
export function OptionList<K extends string>({ label, options, selected, font, onSelect }: OptionListProps<K>) {
  return (
    <ListBox
      aria-label={label}
      items={options}
      selectionMode="single"
      selectedKeys={selected === undefined ? [] : [selected]}
      onSelectionChange={(keys) => {
        // None is left when the chosen one is chosen again.
        const [key] = keys;
        onSelect(options.find((option) => option.key === key)?.key);
      }}
      autoFocus
      escapeKeyBehavior="none"
      shouldSelectOnPressUp
      shouldFocusOnHover
      className="rounded-md -outline-offset-2"
    >
      {({ key, label: text, note, disabled: off = false }) => (
        <ListBoxItem
          id={key}
          textValue={text}
          isDisabled={off}
          className="group grid grid-cols-[1fr_auto] items-center gap-x-3 rounded-md px-2 py-1 text-sm -outline-offset-2 focus:bg-hover data-disabled:text-faint"
        >
          <Text slot="label" className={font}>
            {text}
          </Text>
          <Check aria-hidden size={13} className="invisible text-accent group-data-selected:visible" />
          {note !== undefined && (
            <Text slot="description" className="col-span-2 max-w-72 text-xs text-faint">
              {note}
            </Text>
          )}
        </ListBoxItem>
      )}
    </ListBox>
  );
}

/** The same of very many: they can be searched, and only those in view are in the page. */
export function SearchedOptions<K extends string>({ label, options, selected, font, onSelect }: OptionListProps<K>) {
  const { contains } = useFilter({ sensitivity: 'base' });
  const [sought, setSought] = useState('');
  const found = sought === '' ? options : options.filter((option) => contains(option.label, sought));
  return (
    <div className="w-72 max-w-[calc(100vw-1rem)]">
      {/* What does not match is left out here, so that it need not be made ready to be shown. */}
      <Autocomplete inputValue={sought} onInputChange={setSought}>
        <SearchField
          aria-label={words.search(label)}
          autoFocus
          className="flex items-center gap-2 border-b border-line px-2.5"
        >
          <Search aria-hidden size={14} className="shrink-0 text-faint" />
          <Input
            // oxlint-disable-next-line jsx-a11y/role-has-required-aria-props -- the autocomplete adds aria-controls
            role="combobox"
            aria-expanded
            aria-haspopup="listbox"
            placeholder={words.placeholder(formatCount(options.length))}
            className="h-control w-full min-w-0 bg-transparent text-sm text-ink outline-none focus-visible:shadow-[inset_0_-2px_0_var(--color-accent)] [&::-webkit-search-cancel-button]:hidden"
          />
        </SearchField>
        <Virtualizer layout={ListLayout} layoutOptions={{ rowSize: ROW_PX, padding: 4 }}>
          <ListBox
            aria-label={label}
            items={found}
            renderEmptyState={() => <p className="px-3 py-6 text-center text-sm text-muted">{words.none(sought)}</p>}
            style={{ height: `min(50vh, ${Math.max(3, Math.min(10, found.length)) * ROW_PX + 8}px)` }}
            className="overflow-y-auto overscroll-contain -outline-offset-2"
          >
            {({ key, label: text, note, disabled: off = false }) => (
              <ListBoxItem
                id={key}
                textValue={text}
                isDisabled={off}
                onAction={() => onSelect(key)}
                className="mx-1 flex h-full items-center gap-3 rounded-md px-2 text-sm -outline-offset-2 data-disabled:text-faint data-focused:bg-active data-hovered:bg-hover"
              >
                <Text slot="label" className={`min-w-0 truncate ${font}`}>
                  {text}
                </Text>
                {note !== undefined && (
                  <Text slot="description" className="truncate text-xs text-faint">
                    {note}
                  </Text>
                )}
                {key === selected && (
                  <Check aria-label={words.chosen} size={13} className="ms-auto shrink-0 text-accent" />
                )}
              </ListBoxItem>
            )}
          </ListBox>
        </Virtualizer>
      </Autocomplete>
    </div>
  );
}
