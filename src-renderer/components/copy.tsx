import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useServices } from '../stores/services.tsx';
import { strings } from '../strings/index.ts';
import { Button, IconButton } from './button.tsx';

const words = strings.components;

/** Copies text; what was copied is told, a refusal of the system too. */
export function useCopy(): (text: string, what: string) => Promise<boolean> {
  const { toasts } = useServices();
  return async (text, what) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      toasts.getState().show({ tone: 'bad', message: words.copyRefused(what) });
      return false;
    }
  };
}

const SHOWN_MS = 1600;

/** Shows a tick for a moment after it has copied; a screen reader hears the button's new name. */
export function CopyButton({
  text,
  what,
  label,
}: {
  readonly text: string;
  readonly what: string;
  readonly label?: string;
}) {
  const copy = useCopy();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const onClick = (): void => void copy(text, what).then(setCopied);
  if (label === undefined)
    return (
      <IconButton icon={copied ? Check : Copy} label={copied ? words.copied : words.copy(what)} onClick={onClick} />
    );
  return (
    <Button size="sm" icon={copied ? Check : Copy} onClick={onClick}>
      {copied ? words.copied : label}
    </Button>
  );
}
