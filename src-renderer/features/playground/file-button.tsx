import type { LucideIcon } from 'lucide-react';
import { useRef } from 'react';
import type { ButtonVariant } from '../../components/button.tsx';
import { Button } from '../../components/button.tsx';

/** A button that asks for one file. */
export function FileButton({
  label,
  name,
  hint,
  accept,
  icon,
  variant = 'ghost',
  onFile,
}: {
  readonly label: string;
  /** What a screen reader says. */
  readonly name: string;
  readonly hint?: string;
  readonly accept?: string;
  readonly icon?: LucideIcon;
  readonly variant?: ButtonVariant;
  readonly onFile: (file: File) => void;
}) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button
        size="sm"
        variant={variant}
        aria-label={name}
        title={hint}
        {...(icon ? { icon } : {})}
        onClick={() => picker.current?.click()}
      >
        {label}
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        {...(accept === undefined ? {} : { accept })}
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file) onFile(file);
          // The same file may be chosen again.
          event.target.value = '';
        }}
      />
    </>
  );
}
