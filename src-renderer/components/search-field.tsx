import { Search, X } from 'lucide-react';
import { useEffect, useEffectEvent, useRef } from 'react';
import { useServices } from '../stores/services.tsx';
import { strings } from '../strings/index.ts';
import { IconButton } from './button.tsx';
import { inputClass } from './field.tsx';

/**
 * The filter of a screen: `/` brings the focus here, Escape clears it and, where there is nothing to clear, leaves it.
 * The one with `isMain` answers the command; a screen has one.
 */
export function SearchField({
  label,
  text,
  onChange,
  placeholder,
  problem,
  isMain = true,
}: {
  readonly label: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly placeholder?: string;
  /** What is wrong with the text; it marks the field, the screen says it where the results would be. */
  readonly problem?: string | undefined;
  readonly isMain?: boolean;
}) {
  const { app } = useServices();
  const input = useRef<HTMLInputElement>(null);
  const focus = useEffectEvent(() => {
    input.current?.focus();
    input.current?.select();
  });
  const clear = useEffectEvent(() => {
    if (text === '') return false;
    onChange('');
    return true;
  });
  useEffect(
    () => (isMain ? app.getState().offerFilter({ focus: () => focus(), clear: () => clear() }) : undefined),
    [app, isMain],
  );
  return (
    <div className="relative min-w-52 flex-1">
      <Search aria-hidden size={14} className="pointer-events-none absolute inset-y-0 start-2.5 my-auto text-faint" />
      <input
        ref={input}
        type="text"
        aria-label={label}
        aria-invalid={problem !== undefined}
        {...(isMain ? { 'aria-keyshortcuts': '/' } : {})}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          // The key is used up: nothing behind the field closes by it.
          event.stopPropagation();
          if (text === '') event.currentTarget.blur();
          else onChange('');
        }}
        className={`${inputClass} ps-8 pe-8`}
      />
      {text === '' ? (
        isMain && (
          <kbd
            aria-hidden
            className="pointer-events-none absolute inset-y-0 end-2 my-auto h-4.5 rounded-sm border border-line px-1.5 text-2xs text-faint"
          >
            /
          </kbd>
        )
      ) : (
        <span className="absolute inset-y-0 end-0.5 flex items-center">
          <IconButton
            icon={X}
            label={strings.components.clearFilter}
            onClick={() => {
              onChange('');
              input.current?.focus();
            }}
          />
        </span>
      )}
    </div>
  );
}
