import { Check, Minus } from 'lucide-react';
import type { ReactNode } from 'react';
import { CheckboxButton, CheckboxField, SwitchButton, SwitchField, Text } from 'react-aria-components';

interface ToggleProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly hint?: ReactNode;
  readonly disabled?: boolean;
  /** The label is read but not shown. */
  readonly labelHidden?: boolean;
}

/** The focus is shown around the box or the track alone. */
const ROW = 'group relative flex items-center gap-2.5 text-sm outline-none data-disabled:text-faint';

/** Something that is on or off from the moment it is switched. For what takes effect later, see {@link Checkbox}. */
export function Switch({ label, isOn, onChange, hint, disabled = false, labelHidden = false }: ToggleProps) {
  return (
    <SwitchField isSelected={isOn} onChange={onChange} isDisabled={disabled} className="flex flex-col gap-0.5">
      <SwitchButton className={ROW}>
        <span className="switch-track flex h-4.5 w-8 shrink-0 items-center rounded-full border border-control bg-track p-0.5 transition-colors group-data-focus-visible:outline-2 group-data-focus-visible:outline-offset-2 group-data-focus-visible:outline-accent group-data-selected:border-accent-fill group-data-selected:bg-accent-fill group-data-disabled:opacity-50">
          <span className="size-3 rounded-full bg-control transition-[translate,background-color] group-data-selected:translate-x-3.5 group-data-selected:bg-on-accent rtl:group-data-selected:-translate-x-3.5" />
        </span>
        <span className={labelHidden ? 'sr-only' : ''}>{label}</span>
      </SwitchButton>
      {hint !== undefined && (
        <Text slot="description" className="ps-10.5 text-xs text-faint">
          {hint}
        </Text>
      )}
    </SwitchField>
  );
}

/** A choice that takes effect with the rest of its form, or one of several things to take. */
export function Checkbox({
  label,
  isOn,
  onChange,
  hint,
  disabled = false,
  labelHidden = false,
  isPartly = false,
}: ToggleProps & {
  /** Some of what it stands for, not all. */
  readonly isPartly?: boolean;
}) {
  return (
    <CheckboxField
      isSelected={isOn}
      onChange={onChange}
      isDisabled={disabled}
      isIndeterminate={isPartly}
      className="flex flex-col gap-0.5"
    >
      <CheckboxButton className={ROW}>
        <span className="flex size-4 shrink-0 items-center justify-center rounded-sm border border-control bg-surface text-on-accent transition-colors group-data-focus-visible:outline-2 group-data-focus-visible:outline-offset-2 group-data-focus-visible:outline-accent group-data-indeterminate:border-accent-fill group-data-indeterminate:bg-accent-fill group-data-selected:border-accent-fill group-data-selected:bg-accent-fill group-data-disabled:opacity-50">
          {isPartly ? (
            <Minus aria-hidden size={12} strokeWidth={3} />
          ) : (
            isOn && <Check aria-hidden size={12} strokeWidth={3} />
          )}
        </span>
        <span className={labelHidden ? 'sr-only' : ''}>{label}</span>
      </CheckboxButton>
      {hint !== undefined && (
        <Text slot="description" className="ps-6.5 text-xs text-faint">
          {hint}
        </Text>
      )}
    </CheckboxField>
  );
}
