import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { strings } from '../strings/index.ts';
import { IconButton } from './button.tsx';
import { focusOnOpen } from './focus-on-open.ts';

/** A dialog at the side, for one thing of the page behind it. Closes with Escape or a click beside it and gives the focus back. */
export function Sheet({
  title,
  isOpen,
  onClose,
  children,
  footer,
  width = 'md',
}: {
  readonly title: ReactNode;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Buttons; the one that does it stands last. */
  readonly footer?: ReactNode;
  readonly width?: 'md' | 'lg';
}) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      isDismissable
      data-layer="modal"
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      className="fixed inset-0 z-40 flex justify-end bg-scrim"
    >
      <Modal
        className={`flex h-full w-full animate-slide flex-col border-s border-line bg-raised shadow-overlay ${width === 'lg' ? 'max-w-3xl' : 'max-w-lg'}`}
      >
        <Dialog ref={focusOnOpen} className="flex min-h-0 flex-1 flex-col -outline-offset-2">
          <header className="flex items-center justify-between gap-2 border-b border-line py-2.5 ps-4 pe-2.5">
            <Heading slot="title" className="min-w-0 truncate text-md font-semibold">
              {title}
            </Heading>
            <IconButton icon={X} label={strings.components.close} onClick={onClose} />
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
          {footer !== undefined && (
            <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-4 py-3">
              {footer}
            </footer>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
