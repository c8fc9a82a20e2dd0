import { useMemo } from 'react';
import type { ServableName } from '#contracts/ids.ts';
import type { ModelView } from '#contracts/ui.ts';
import { useCopy } from '../../components/copy.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { errorText } from '../../stores/commands.ts';
import { removeModelsWithUndo } from '../../stores/remove-model.ts';
import { latestKnownInfo } from '../../stores/server-store.ts';
import { useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { exampleCommand } from './example-snippet.ts';
import { versionStatus } from './version-status.ts';

const words = strings.models;
const BRIEF_MS = 2500;

/** What can be done with models, one or many; each says in a toast what came of it. */
export interface ModelActions {
  pollNow(models: readonly ModelView[]): void;
  /** Loads every version again that failed or waits for its next attempt. */
  retry(models: readonly ModelView[]): void;
  /** What comes from the command line or the config file stays. */
  remove(models: readonly ModelView[]): void;
  copyNames(models: readonly ModelView[]): void;
  copyCurl(model: ModelView): void;
}

/** Whether it can be removed here: what was configured elsewhere would come back. */
export const isRemovable = ({ origin }: Pick<ModelView, 'origin'>): boolean =>
  origin !== 'flags' && origin !== 'config';

/** Versions that a retry acts on. */
export const retriable = (model: ModelView): ModelView['versions'] =>
  model.versions.filter((view) => ['failed', 'retrying'].includes(versionStatus(view)));

/** One object for the whole life of a screen: rows are memoised by it. */
export function useModelActions(): ModelActions {
  const services = useServices();
  const copy = useCopy();
  return useMemo<ModelActions>(
    () => {
      const { commands, toasts, server } = services;
      const tell = (message: string): void =>
        toasts.getState().show({ tone: 'neutral', message, durationMs: BRIEF_MS });
      /** Says `done` where every one went well, and otherwise how many did not and why the first did not. */
      const all = async (
        action: string,
        names: readonly ServableName[],
        runs: readonly Promise<unknown>[],
        done: string,
      ) => {
        const failures = (await Promise.allSettled(runs)).flatMap((result, index) =>
          result.status === 'rejected' ? [words.failed(names[index] ?? '', errorText(result.reason))] : [],
        );
        const [first] = failures;
        if (first === undefined) return tell(done);
        const message =
          failures.length === 1 ? first : words.bulk.failed(action, plural(failures.length, 'model'), first);
        toasts.getState().show({ tone: 'bad', message });
      };
      const what = (models: readonly ModelView[]): string =>
        models.length === 1 ? (models[0]?.name ?? '') : plural(models.length, 'model');
      return {
        pollNow(models) {
          const runs = models.map(({ name }) => commands.run('pollNow', { name }));
          void all(
            words.bulk.poll,
            models.map(({ name }) => name),
            runs,
            words.polling(what(models)),
          );
        },
        retry(models) {
          const due = models.flatMap((model) => retriable(model).map(({ version }) => ({ name: model.name, version })));
          if (due.length === 0) return tell(words.retry.nothing(what(models)));
          const runs = due.map((each) => commands.run('retryVersion', each));
          void all(
            words.bulk.retry,
            due.map(({ name }) => name),
            runs,
            words.retry.done(plural(due.length, 'version')),
          );
        },
        remove(models) {
          const removable = models.filter(isRemovable);
          const kept = models.length - removable.length;
          if (removable.length > 0)
            removeModelsWithUndo(
              services,
              removable.map(({ name }) => name),
            );
          if (kept > 0) toasts.getState().show({ tone: 'neutral', message: words.bulk.kept(plural(kept, 'model')) });
        },
        copyNames(models) {
          const text = models.map(({ name }) => name).join('\n');
          void copy(text, words.copied.names).then((copied) => {
            if (copied) tell(words.copiedNames(plural(models.length, 'name')));
          });
        },
        copyCurl(model) {
          const state = server.getState();
          if (!state.server) return;
          const command = exampleCommand(state.server, model, latestKnownInfo(state.knownInfo, model)?.info);
          void copy(command, words.copied.command).then((copied) => {
            if (copied) tell(words.copiedCurl(model.name));
          });
        },
      };
    },
    // `copy` only closes over the toasts.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [services],
  );
}

/** `12 of 1,000`, or the one number where they are the same. */
export const countText = (shown: number, all: number): string => words.count(formatCount(shown), formatCount(all));
