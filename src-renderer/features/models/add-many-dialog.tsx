import { CircleAlert, FolderPlus } from 'lucide-react';
import type { FormEvent } from 'react';
import { useId, useMemo } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Notice } from '../../components/notice.tsx';
import { plural } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import { PreviewResult } from './preview-result.tsx';
import { useChosenModels } from './use-chosen-models.ts';
import type { Looking } from './use-preview.ts';
import { usePreviews } from './use-preview.ts';

const words = strings.models.add;

/** Adds what several paths bring: each is looked at, and only then anything is added. */
export function AddManyDialog({
  paths,
  onClose,
}: {
  /** Two or more; they stay the same for as long as the dialog is open. */
  readonly paths: readonly string[];
  readonly onClose: () => void;
}) {
  const results = once(usePreviews(paths));
  const found = useMemo(
    () => results.flatMap((looking) => (looking.phase === 'found' ? looking.preview.models : [])),
    [results],
  );
  const chosen = useChosenModels(found);
  const formId = useId();
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (await chosen.add()) onClose();
  };
  return (
    <Dialog
      title={words.many(plural(paths.length, 'path'))}
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
        className="flex min-h-64 flex-col gap-4 overflow-y-auto px-4 py-3"
      >
        {chosen.failure !== undefined && (
          <Notice tone="bad" icon={CircleAlert} title={words.notAdded}>
            {chosen.failure}
          </Notice>
        )}
        {paths.map((path, index) => {
          const looking = results[index] ?? { phase: 'looking' };
          return (
            <section
              key={path}
              aria-label={path}
              aria-live="polite"
              aria-busy={looking.phase === 'looking'}
              className="flex flex-col gap-2"
            >
              <h3 className="truncate font-mono text-xs font-medium text-muted" title={path}>
                {path}
              </h3>
              <PreviewResult looking={looking} chosen={chosen} isOneOfMany />
            </section>
          );
        })}
      </form>
    </Dialog>
  );
}

/** Two of the paths may lead to one model, such as its folder and a file in it: it stands with the first of them. */
function once(results: readonly Looking[]): readonly Looking[] {
  const seen = new Set<string>();
  return results.map((looking) => {
    if (looking.phase !== 'found') return looking;
    const models = looking.preview.models.filter(({ basePath }) => !seen.has(basePath));
    for (const { basePath } of models) seen.add(basePath);
    const hasAll = models.length === looking.preview.models.length;
    return hasAll ? looking : { phase: 'found', preview: { ...looking.preview, models, message: words.seenAbove } };
  });
}
