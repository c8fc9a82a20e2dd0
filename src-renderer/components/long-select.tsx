import { Check, ChevronsUpDown, Search } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import {
  Autocomplete,
  Button,
  Dialog,
  Input,
  ListBox,
  ListBoxItem,
  ListLayout,
  Popover,
  SearchField,
  Text,
  useFilter,
  Virtualizer,
} from 'react-aria-components';
import { formatCount } from '../format/quantity.ts';
import { strings } from '../strings/index.ts';
import { fieldLabelClass, fieldNoteClass, inputClass } from './field.tsx';
import type { Option, SelectProps } from './select-props.ts';

const words = strings.components.longSelect;

const ROW_PX = 30;

/** {@link Select} of very many: they can be searched, only those in view are in the page, and none while it is closed. */
export function LongSelect<K extends string>({
  label,
  labelHidden = false,
  options,
  selected,
  onSelect,
  placeholder,
  hint,
  error,
  disabled = false,
  mono = false,
}: SelectProps<K>) {
  const labelId = useId();
  const valueId = useId();
  const noteId = useId();
  const trigger = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const chosen = options.find(({ key }) => key === selected);
  const font = mono ? 'font-mono text-xs' : '';
  const note = error ?? hint;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <span id={labelId} className={labelHidden ? 'sr-only' : fieldLabelClass}>
        {label}
      </span>
      <Button
        ref={trigger}
        aria-labelledby={`${valueId} ${labelId}`}
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        {...(note === undefined ? {} : { 'aria-describedby': noteId })}
        isDisabled={disabled}
        onPress={() => setOpen(true)}
        className={`${inputClass} flex items-center justify-between gap-2 text-start ${error === undefined ? '' : 'border-bad'}`}
      >
        <span id={valueId} className={`min-w-0 truncate ${chosen ? font : 'text-faint'}`}>
          {chosen?.label ?? placeholder}
        </span>
        <ChevronsUpDown aria-hidden size={13} className="shrink-0 text-faint" />
      </Button>
      {note !== undefined && (
        <span id={noteId} className={fieldNoteClass(error !== undefined)}>
          {note}
        </span>
      )}
      <Popover
        triggerRef={trigger}
        isOpen={isOpen}
        onOpenChange={setOpen}
        offset={4}
        placement="bottom start"
        className="popover min-w-(--trigger-width) animate-enter overflow-hidden rounded-lg border border-line bg-raised shadow-overlay"
      >
        <Dialog aria-label={label} className="w-72 max-w-[calc(100vw-1rem)] rounded-lg -outline-offset-2">
          <Choices
            label={label}
            options={options}
            selected={selected}
            font={font}
            onSelect={(key) => {
              setOpen(false);
              onSelect(key);
            }}
          />
        </Dialog>
      </Popover>
    </div>
  );
}

function Choices<K extends string>({
  label,
  options,
  selected,
  font,
  onSelect,
}: {
  readonly label: string;
  readonly options: readonly Option<K>[];
  readonly selected: K | undefined;
  readonly font: string;
  readonly onSelect: (key: K) => void;
}) {
  const { contains } = useFilter({ sensitivity: 'base' });
  const [sought, setSought] = useState('');
  const found = sought === '' ? options : options.filter((option) => contains(option.label, sought));
  return (
    // What does not match is left out here, so that it need not be made ready to be shown.
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
  );
}
