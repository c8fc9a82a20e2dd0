import { FolderPlus } from 'lucide-react';
import { useLocation, useSearchParams } from 'wouter';
import { useConnected, useList, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { AddDialog } from './add-dialog.tsx';
import { AddManyDialog } from './add-many-dialog.tsx';
import { useFileDrop } from './use-file-drop.ts';

const words = strings.models;

/**
 * Over every screen: the whole window takes folders and files that are dropped, and the dialog that says what they would
 * bring. `#/models?add=PATH` opens it with a path, `?add=` without one.
 */
export function AddLayer() {
  const { shell, list } = useServices();
  const connected = useConnected();
  const [location] = useLocation();
  const [params, setParams] = useSearchParams();
  const asked = location === '/models' ? params.get('add') : null;
  const requested = useList((state) => state.adding);
  const adding = requested ?? (asked === null ? undefined : { paths: [asked] });

  const close = (): void => {
    list.getState().add(undefined);
    if (asked === null) return;
    params.delete('add');
    setParams(params, { replace: true });
  };
  const isOver = useFileDrop(connected, (files) => {
    // Another dialog is open: what it asks goes first.
    if (!adding && document.querySelector('[data-layer=modal]')) return;
    const paths = [...new Set(shell?.pathsOfDroppedFiles(files))];
    if (paths.length > 0) list.getState().add({ paths });
    else list.getState().add({ paths: [], notice: shell ? words.noPath : words.browserDrop });
  });

  return (
    <>
      {adding &&
        (adding.paths.length > 1 ? (
          <AddManyDialog key={adding.paths.join('\n')} paths={adding.paths} onClose={close} />
        ) : (
          <AddDialog
            key={adding.paths[0] ?? ''}
            initialPath={adding.paths[0] ?? ''}
            notice={adding.notice}
            onClose={close}
          />
        ))}
      {isOver && (
        <div className="pointer-events-none fixed inset-3 z-50 flex items-center justify-center rounded-lg border-2 border-dashed border-accent bg-accent-soft/90">
          <p className="flex items-center gap-2 text-md font-semibold text-accent">
            <FolderPlus aria-hidden size={20} /> {words.drop}
          </p>
        </div>
      )}
    </>
  );
}
