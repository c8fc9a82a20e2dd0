import { CircleAlert, Cloud, FolderOpen, FolderPlus, Info } from 'lucide-react';
import type { FormEvent } from 'react';
import { useId, useState } from 'react';
import type { ConnectionId } from '#contracts/ids.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Notice } from '../../components/notice.tsx';
import { Select } from '../../components/select.tsx';
import { errorText } from '../../stores/commands.ts';
import { useBoard, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { PathField } from './path-field.tsx';
import { PreviewResult } from './preview-result.tsx';
import { isStoreUri, useStoreSuggestion } from './store-suggestion.ts';
import { useChosenModels } from './use-chosen-models.ts';
import { usePreview } from './use-preview.ts';

const words = strings.models.add;

/** Adds models by path: shows first what would be served and what would be ignored, and adds only then. */
export function AddDialog({
  initialPath,
  initialConnection,
  notice,
  onAdded,
  onClose,
}: {
  /** Of this computer, or the URI of a place in a store. */
  readonly initialPath: string;
  /** By which to reach the store; undefined lets the server find one. */
  readonly initialConnection?: ConnectionId;
  readonly notice: string | undefined;
  readonly onAdded?: () => void;
  readonly onClose: () => void;
}) {
  const { shell } = useServices();
  const [path, setPath] = useState(initialPath);
  const [connection, setConnection] = useState(initialConnection);
  const looking = usePreview(path, isStoreUri(path) ? connection : undefined);
  const preview = looking.phase === 'found' ? looking.preview : undefined;
  const chosen = useChosenModels(preview?.models ?? []);
  const formId = useId();

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!(await chosen.add())) return;
    onClose();
    onAdded?.();
  };

  return (
    <Dialog
      title={strings.sources.add.title}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button variant="primary" icon={FolderPlus} submit form={formId} disabled={!chosen.isReady}>
            {chosen.isAdding ? words.adding : words.add(chosen.count)}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        onSubmit={(event) => void submit(event)}
        className="flex min-h-64 flex-col gap-3 overflow-y-auto px-4 py-3"
      >
        {notice !== undefined && (
          <Notice tone="busy" icon={Info}>
            {notice}
          </Notice>
        )}
        <div className="flex items-start gap-2">
          <PathField path={path} connection={connection} onChange={setPath} />
          {shell && (
            <div className="pt-5.5">
              <Button
                icon={FolderOpen}
                onClick={() =>
                  void shell.pickFolder().then(
                    (picked) => picked !== undefined && setPath(picked),
                    (error: unknown) => chosen.fail(errorText(error)),
                  )
                }
              >
                {words.choose}
              </Button>
            </div>
          )}
        </div>
        {isStoreUri(path) && <ConnectionChoice chosen={connection} onChoose={setConnection} />}
        <StoreSuggestion
          path={path}
          isFound={preview !== undefined && preview.kind !== 'nothing'}
          onUse={(place) => {
            setPath(place.path);
            setConnection(place.connection);
          }}
        />
        {chosen.failure !== undefined && (
          <Notice tone="bad" icon={CircleAlert} title={words.notAdded}>
            {chosen.failure}
          </Notice>
        )}
        <div aria-live="polite" aria-busy={looking.phase === 'looking'} className="flex flex-col gap-3">
          {looking.phase === 'idle' && <p className="text-xs text-muted">{words.hint}</p>}
          <PreviewResult looking={looking} chosen={chosen} />
        </div>
      </form>
    </Dialog>
  );
}

const AUTOMATIC = '';

/** By which connection to reach the store; nothing while there is none to choose. */
function ConnectionChoice({
  chosen,
  onChoose,
}: {
  readonly chosen: ConnectionId | undefined;
  readonly onChoose: (connection: ConnectionId | undefined) => void;
}) {
  const of = strings.sources.add;
  const connections = useBoard('sources')?.connections ?? [];
  if (connections.length === 0) return null;
  return (
    <div className="max-w-80">
      <Select
        label={of.connection}
        selected={chosen ?? AUTOMATIC}
        onSelect={(key) => onChoose(connections.find(({ id }) => id === key)?.id)}
        options={[
          { key: AUTOMATIC, label: of.automatic, note: of.automaticNote },
          ...connections.map(({ id, name }) => ({ key: id, label: name })),
        ]}
      />
    </div>
  );
}

/** Offers the place in S3 that the address of a browser stands for. */
function StoreSuggestion({
  path,
  isFound,
  onUse,
}: {
  readonly path: string;
  /** Whether there is something under the address as it is. */
  readonly isFound: boolean;
  readonly onUse: (place: { readonly path: string; readonly connection: ConnectionId | undefined }) => void;
}) {
  const of = strings.sources.add;
  const place = useStoreSuggestion(path);
  if (!place || isFound) return null;
  return (
    <Notice
      tone="busy"
      icon={Cloud}
      actions={
        <Button size="sm" onClick={() => onUse(place)}>
          {of.takeUri}
        </Button>
      }
    >
      <p className="wrap-anywhere">{of.suggestion(place.path)}</p>
    </Notice>
  );
}
