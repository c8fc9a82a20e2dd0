import type { ReactNode } from 'react';
import { useState } from 'react';
import { strings } from '../strings/index.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

/**
 * Asks before what cannot be undone. Where it can be, do it at once and offer the way back in a toast instead.
 * With `word` the user has to type it: for what is worse than a mistake.
 */
export function ConfirmDialog({
  title,
  action,
  word,
  onConfirm,
  onClose,
  children,
}: {
  readonly title: string;
  /** What the button says: a verb and its object, never `OK`. */
  readonly action: string;
  readonly word?: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const [typed, setTyped] = useState('');
  const ready = word === undefined || typed.trim() === word;
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{strings.components.cancel}</Button>
          <Button
            variant="danger"
            disabled={!ready}
            onClick={() => {
              onClose();
              onConfirm();
            }}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 overflow-y-auto px-4 py-3 text-sm">
        {children}
        {word !== undefined && (
          <Field
            label={strings.components.confirmBy(word)}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoFocus
            mono
          />
        )}
      </div>
    </Dialog>
  );
}
