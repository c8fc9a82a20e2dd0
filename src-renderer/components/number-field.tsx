import { Minus, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, FieldError, Group, Input, Label, NumberField as AriaNumberField, Text } from 'react-aria-components';
import { fieldLabelClass, fieldNoteClass } from './field.tsx';

const STEP =
  'flex h-full w-6 items-center justify-center text-muted outline-none transition-colors enabled:hover:bg-hover enabled:hover:text-ink disabled:opacity-40';

/** A number within limits: typed, stepped with the arrow keys (Page keys, Home and End too) or with its buttons. */
export function NumberField({
  label,
  labelHidden = false,
  value,
  onChange,
  min,
  max,
  step = 1,
  unit,
  hint,
  error,
  disabled = false,
  isGrouped = true,
}: {
  readonly label: string;
  readonly labelHidden?: boolean;
  /** Undefined where nothing is entered. */
  readonly value: number | undefined;
  /** Called when the entry is finished, never with what lies outside of the limits. */
  readonly onChange: (value: number | undefined) => void;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  /** Stands behind the number, such as `ms`. */
  readonly unit?: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly disabled?: boolean;
  /** Whether thousands are set apart: not in a port. */
  readonly isGrouped?: boolean;
}) {
  return (
    <AriaNumberField
      value={value ?? Number.NaN}
      onChange={(next) => onChange(Number.isNaN(next) ? undefined : next)}
      {...(min === undefined ? {} : { minValue: min })}
      {...(max === undefined ? {} : { maxValue: max })}
      step={step}
      isDisabled={disabled}
      isInvalid={error !== undefined}
      formatOptions={{ useGrouping: isGrouped, maximumFractionDigits: 12 }}
      className="flex min-w-0 flex-col gap-1"
    >
      <Label className={labelHidden ? 'sr-only' : fieldLabelClass}>{label}</Label>
      <Group className="flex h-control items-stretch overflow-hidden rounded-md border border-control bg-surface transition-colors hover:border-muted data-focus-within:outline-2 data-focus-within:outline-offset-1 data-focus-within:outline-accent data-invalid:border-bad data-disabled:opacity-50">
        <Input className="w-full min-w-0 flex-1 bg-transparent ps-2.5 text-sm outline-none" />
        {unit !== undefined && <span className="flex items-center px-1.5 text-xs text-faint">{unit}</span>}
        <Button slot="decrement" className={`${STEP} border-s border-line`}>
          <Minus aria-hidden size={12} />
        </Button>
        <Button slot="increment" className={`${STEP} border-s border-line`}>
          <Plus aria-hidden size={12} />
        </Button>
      </Group>
      {hint !== undefined && error === undefined && (
        <Text slot="description" className={fieldNoteClass(false)}>
          {hint}
        </Text>
      )}
      <FieldError className={fieldNoteClass(true)}>{error}</FieldError>
    </AriaNumberField>
  );
}
