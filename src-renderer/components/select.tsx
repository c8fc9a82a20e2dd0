import { Check, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
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

export interface Option<K extends string> {
  readonly key: K;
  readonly label: string;
  /** A second line. */
  readonly note?: string;
  readonly disabled?: boolean;
}

/** One choice of many, in a list that opens. For up to four short ones take {@link Segmented}. */
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
}: {
  readonly label: string;
  readonly labelHidden?: boolean;
  readonly options: readonly Option<K>[];
  /** Undefined while nothing is chosen. */
  readonly selected: K | undefined;
  readonly onSelect: (key: K) => void;
  readonly placeholder?: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly disabled?: boolean;
  readonly mono?: boolean;
}) {
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
