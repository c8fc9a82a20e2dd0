import { Check, ChevronsUpDown } from 'lucide-react';
import {
  Button,
  FieldError,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  SelectValue,
  Text,
} from 'react-aria-components';
import { fieldLabelClass, fieldNoteClass, inputClass } from './field.tsx';
import { LongSelect } from './long-select.tsx';
import type { SelectProps } from './select-props.ts';

/** More than are found at a glance: they can be searched. */
const MANY = 40;

/** One choice of many, in a list that opens. For up to four short ones take {@link Segmented}. */
export function Select<K extends string>(props: SelectProps<K>) {
  return props.options.length > MANY ? <LongSelect {...props} /> : <ShortSelect {...props} />;
}

function ShortSelect<K extends string>({
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
  const font = mono ? 'font-mono text-xs' : '';
  return (
    <AriaSelect
      value={selected ?? null}
      onChange={(key) => {
        const chosen = options.find((option) => option.key === key);
        if (chosen) onSelect(chosen.key);
      }}
      isDisabled={disabled}
      isInvalid={error !== undefined}
      {...(placeholder === undefined ? {} : { placeholder })}
      className="flex min-w-0 flex-col gap-1"
    >
      <Label className={labelHidden ? 'sr-only' : fieldLabelClass}>{label}</Label>
      <Button className={`${inputClass} flex items-center justify-between gap-2 text-start data-invalid:border-bad`}>
        <SelectValue className={`min-w-0 truncate data-placeholder:text-faint ${font}`}>
          {({ isPlaceholder, selectedText, defaultChildren }) => (isPlaceholder ? defaultChildren : selectedText)}
        </SelectValue>
        <ChevronsUpDown aria-hidden size={13} className="shrink-0 text-faint" />
      </Button>
      {hint !== undefined && error === undefined && (
        <Text slot="description" className={fieldNoteClass(false)}>
          {hint}
        </Text>
      )}
      <FieldError className={fieldNoteClass(true)}>{error}</FieldError>
      <Popover
        offset={4}
        className="popover min-w-(--trigger-width) animate-enter overflow-auto rounded-lg border border-line bg-raised p-1 shadow-overlay"
      >
        <ListBox items={options} className="rounded-md -outline-offset-2">
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
      </Popover>
    </AriaSelect>
  );
}
