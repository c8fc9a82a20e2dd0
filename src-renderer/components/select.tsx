import { ChevronsUpDown } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import type { ButtonProps } from 'react-aria-components';
import { Button, Dialog, Popover } from 'react-aria-components';
import { fieldLabelClass, fieldNoteClass, inputClass } from './field.tsx';
import { OptionList, SearchedOptions } from './option-lists.tsx';
import { createTyping, optionBeside } from './option-keys.ts';
import type { SelectProps } from './select-props.ts';

/** More than are found at a glance: they can be searched. */
const MANY = 40;

/**
 * One choice of many, in a list that opens; for up to four short ones take {@link Segmented}. While it is closed the arrows to
 * the sides and typing choose too. The list is made when it opens: a screen has many of these, and most are never opened.
 */
export function Select<K extends string>({
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
  const [typing] = useState(createTyping);
  const chosen = options.find(({ key }) => key === selected);
  const font = mono ? 'font-mono text-xs' : '';
  const note = error ?? hint;
  const isLong = options.length > MANY;
  const Options = isLong ? SearchedOptions : OptionList;
  const choose = (key: K | undefined): void => {
    setOpen(false);
    if (key !== undefined && key !== selected) onSelect(key);
  };

  /** Others of the window hear only the keys that are not for the list. */
  const onKeyDown: ButtonProps['onKeyDown'] = (event) => {
    const isCommand = event.ctrlKey || event.metaKey;
    // With Alt, too, as lists of the system open.
    if (!isCommand && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      setOpen(true);
      return;
    }
    const isPlain = !isCommand && !event.altKey;
    const isBeside = isPlain && (event.key === 'ArrowLeft' || event.key === 'ArrowRight');
    const next = isBeside
      ? optionBeside(event.key, options, selected)
      : isPlain && typing.optionFor(event.key, options, selected);
    // At the end of the list an arrow does nothing: it must not scroll what the list stands in.
    if (next || isBeside) event.preventDefault();
    else event.continuePropagation();
    if (next) choose(next.key);
  };

  return (
    <div className="flex min-w-0 flex-col gap-1">
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions -- as a label does, which cannot name a list by its value */}
      <span id={labelId} className={labelHidden ? 'sr-only' : fieldLabelClass} onClick={() => trigger.current?.focus()}>
        {label}
      </span>
      {/* Not one of the browser's: what a key presses there counts as a screen reader's, for which the focus waits. */}
      <Button
        ref={trigger}
        aria-labelledby={`${valueId} ${labelId}`}
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        {...(note === undefined ? {} : { 'aria-describedby': noteId })}
        isDisabled={disabled}
        onPress={() => setOpen(true)}
        onKeyDown={onKeyDown}
        className={`${inputClass} flex items-center justify-between gap-2 text-start ${error === undefined ? '' : 'border-bad'}`}
      >
        <span id={valueId} className={`min-w-0 truncate ${font} ${chosen ? '' : 'text-faint'}`}>
          {chosen?.label ?? placeholder}
        </span>
        <ChevronsUpDown aria-hidden size={13} className="shrink-0 text-faint" />
      </Button>
      {note !== undefined && (
        <span id={noteId} className={fieldNoteClass(error !== undefined)}>
          {note}
        </span>
      )}
      {isOpen && (
        <Popover
          triggerRef={trigger}
          isOpen
          onOpenChange={setOpen}
          offset={4}
          placement="bottom start"
          className={`popover min-w-(--trigger-width) animate-enter rounded-lg border border-line bg-raised shadow-overlay ${isLong ? 'overflow-hidden' : 'overflow-auto p-1'}`}
        >
          <Dialog aria-label={label} className="rounded-lg -outline-offset-2">
            <Options label={label} options={options} selected={selected} font={font} onSelect={choose} />
          </Dialog>
        </Popover>
      )}
    </div>
  );
}
