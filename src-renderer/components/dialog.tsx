import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { strings } from '../strings/index.ts';
import { IconButton } from './button.tsx';
import { focusOnOpen } from './focus-on-open.ts';

/** A window over the page: keeps the focus, closes with Escape, and gives the focus back. */
export function Dialog({
  title,
  isOpen,
  onClose,
  children,
  footer,
  width = 'md',
}: {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly footer: ReactNode;
  readonly width?: 'md' | 'lg';
}) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      isDismissable={false}
      data-layer="modal"
      className="fixed inset-0 z-40 flex items-start justify-center bg-scrim p-4 pt-[min(9vh,4.5rem)]"
    >
      <Modal
        className={`flex max-h-[min(80vh,100%)] w-full animate-enter flex-col rounded-lg border border-line bg-raised shadow-overlay ${width === 'lg' ? 'max-w-3xl' : 'max-w-[620px]'}`}
      >
        <AriaDialog ref={focusOnOpen} className="flex min-h-0 flex-col rounded-lg -outline-offset-2">
          <header className="flex items-center justify-between border-b border-line py-2.5 ps-4 pe-2.5">
            <Heading slot="title" className="text-md font-semibold">
              {title}
            </Heading>
            <IconButton icon={X} label={strings.components.close} onClick={onClose} />
          </header>
          {children}
          <footer className="flex items-center justify-end gap-2 border-t border-line px-4 py-3">{footer}</footer>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
