import type { LucideIcon } from 'lucide-react';
import { useChooseFile } from '../../choose-file.ts';
import type { ButtonVariant } from '../../components/button.tsx';
import { Button } from '../../components/button.tsx';
import { useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

export interface ReadFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A button that asks for one file and reads it. */
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
  readonly onFile: (file: ReadFile) => void;
}) {
  const { toasts } = useServices();
  const choose = useChooseFile((file) => {
    file.arrayBuffer().then(
      (buffer) => onFile({ name: file.name, bytes: new Uint8Array(buffer) }),
      () => toasts.getState().show({ tone: 'bad', message: strings.playground.fileUnreadable(file.name) }),
    );
  }, accept);
  return (
    <Button size="sm" variant={variant} aria-label={name} title={hint} {...(icon ? { icon } : {})} onClick={choose}>
      {label}
    </Button>
  );
}
