import { Copy, Play, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { ActionMenu } from '../../components/menu.tsx';
import { PopoverButton } from '../../components/popover.tsx';
import { Sheet } from '../../components/sheet.tsx';
import { useServices } from '../../stores/services.tsx';
import { Samples } from './samples.tsx';

type Layer = 'dialog' | 'confirm' | 'typed' | 'sheet' | 'menu';

/** What opens above the page. */
export function LayerSamples() {
  const { toasts } = useServices();
  const [layer, setLayer] = useState<Layer>();
  const menuAnchor = useRef<HTMLSpanElement>(null);
  const close = (): void => setLayer(undefined);
  return (
    <Samples name="layers" title="Layers">
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setLayer('dialog')}>Dialog</Button>
        <Button onClick={() => setLayer('confirm')}>Confirm</Button>
        <Button onClick={() => setLayer('typed')}>Typed confirm</Button>
        <Button onClick={() => setLayer('sheet')}>Sheet</Button>
        <span ref={menuAnchor}>
          <Button onClick={() => setLayer('menu')}>Menu</Button>
        </span>
        <PopoverButton
          label="Sample popover"
          renderContent={() => <p className="max-w-60 p-3 text-sm">A popover holds a few controls or facts.</p>}
        >
          Popover
        </PopoverButton>
        <Button
          onClick={() =>
            toasts
              .getState()
              .show({ tone: 'neutral', message: 'Removed churn.', action: { label: 'Undo', run: () => undefined } })
          }
        >
          Toast
        </Button>
        <Button
          onClick={() =>
            toasts.getState().show({ tone: 'bad', message: 'churn was not removed: the server does not answer.' })
          }
        >
          Toast, bad
        </Button>
      </div>
      <Dialog
        title="Add models"
        isOpen={layer === 'dialog'}
        onClose={close}
        footer={<Button onClick={close}>Cancel</Button>}
      >
        <p className="px-4 py-3 text-sm">Keeps the focus, closes with Escape, gives the focus back.</p>
      </Dialog>
      {layer === 'confirm' && (
        <ConfirmDialog title="Stop the load test?" action="Stop the test" onConfirm={close} onClose={close}>
          <p>What it measured so far is kept.</p>
        </ConfirmDialog>
      )}
      {layer === 'typed' && (
        <ConfirmDialog
          title="Forget minio-lab?"
          action="Forget connection"
          word="minio-lab"
          onConfirm={close}
          onClose={close}
        >
          <p>Its stored keys are deleted; they cannot be brought back.</p>
        </ConfirmDialog>
      )}
      <Sheet
        title="POST churn:predict"
        isOpen={layer === 'sheet'}
        onClose={close}
        footer={<Button onClick={close}>Close</Button>}
      >
        <p className="text-sm">One thing of the page behind it, with room for its details.</p>
      </Sheet>
      {layer === 'menu' && (
        <ActionMenu
          label="Actions for churn"
          anchor={menuAnchor}
          onClose={close}
          actions={[
            { id: 'play', label: 'Open in Playground', icon: Play, run: close },
            { id: 'copy', label: 'Copy curl', icon: Copy, run: close },
            {
              id: 'remove',
              label: 'Remove',
              icon: Trash2,
              run: close,
              disabled: true,
              note: 'It comes from the command line; remove it there.',
            },
          ]}
        />
      )}
    </Samples>
  );
}
