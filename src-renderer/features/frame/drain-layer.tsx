import { LoaderCircle } from 'lucide-react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { Button } from '../../components/button.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { plural } from '../../format/quantity.ts';
import { errorText } from '../../stores/commands.ts';
import { useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

const words = strings.frame.drain;

/** While the server finishes what it is answering: how much that still is and, in the desktop app, a way not to wait. */
export function DrainLayer() {
  const { shell, toasts } = useServices();
  const isDraining = useServer((state) => state.server?.isQuitting === true && state.connection.phase === 'live');
  const inFlight = useServer((state) => state.totals.inFlight);
  const title = inFlight > 0 ? words.title(plural(inFlight, strings.frame.tasks.request)) : words.unknown;
  return (
    <ModalOverlay
      isOpen={isDraining}
      isKeyboardDismissDisabled
      data-layer="modal"
      className="fixed inset-0 z-60 flex items-center justify-center bg-scrim p-4"
    >
      <Modal className="w-full max-w-sm animate-enter rounded-lg border border-line bg-raised shadow-overlay">
        <Dialog role="alertdialog" className="flex flex-col gap-3 rounded-lg p-4 -outline-offset-2">
          <Heading slot="title" className="flex items-center gap-2.5 text-md font-semibold">
            <LoaderCircle aria-hidden size={16} className="animate-spin text-busy" />
            {title}
          </Heading>
          <p className="text-sm text-muted">{words.text}</p>
          <ProgressBar label={title} labelHidden fraction={undefined} />
          {shell && (
            <div className="flex justify-end">
              <Button
                onClick={() => {
                  shell.quitNow().catch((error: unknown) => {
                    toasts.getState().show({ tone: 'bad', message: errorText(error) });
                  });
                }}
              >
                {words.quitNow}
              </Button>
            </div>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
