import type { ComponentProps, ReactNode, Ref } from 'react';
import { useId } from 'react';

/** The look of every text box. */
export const inputClass =
  'h-control w-full min-w-0 rounded-md border border-control bg-surface px-2.5 text-sm text-ink transition-colors hover:border-muted aria-invalid:border-bad disabled:opacity-50';

/** The look of the label above a control. */
export const fieldLabelClass = 'text-xs font-medium text-muted';

/** The look of the line below a control: its hint, or what is wrong with it. */
export const fieldNoteClass = (isError: boolean): string => `text-xs ${isError ? 'text-bad' : 'text-faint'}`;

export interface FieldProps extends Omit<ComponentProps<'input'>, 'className' | 'id'> {
  readonly label: string;
  readonly hint?: ReactNode;
  /** Makes the field invalid. */
  readonly error?: string | undefined;
  readonly ref?: Ref<HTMLInputElement>;
  readonly mono?: boolean;
  /** The label is read but not shown. */
  readonly labelHidden?: boolean;
}

/** A labelled text box; its hint or error is tied to it. */
export function Field({ label, hint, error, mono = false, labelHidden = false, ...rest }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={labelHidden ? 'sr-only' : fieldLabelClass}>
        {label}
      </label>
      <input
        autoComplete="off"
        spellCheck={false}
        {...rest}
        id={id}
        className={`${inputClass} ${mono ? 'font-mono text-xs' : ''}`}
        aria-invalid={error !== undefined}
        aria-describedby={note === undefined ? undefined : `${id}-note`}
      />
      {note !== undefined && (
        <p id={`${id}-note`} className={fieldNoteClass(error !== undefined)}>
          {note}
        </p>
      )}
    </div>
  );
}
