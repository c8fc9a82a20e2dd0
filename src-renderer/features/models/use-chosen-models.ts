import { useMemo, useState } from 'react';
import type { ServableName as ServableNameType } from '#contracts/ids.ts';
import { ServableName } from '#contracts/ids.ts';
import type { AddPreview } from '#contracts/ui-commands.ts';
import { plural } from '../../format/quantity.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

const words = strings.models.add;

export type PreviewedModel = AddPreview['models'][number];

/** Which of the models that were found are to be added, and under which names. */
export interface ChosenModels {
  readonly count: number;
  /** Names as chosen and what is left out, by base path: they stay while the preview is renewed. */
  readonly skipped: ReadonlySet<string>;
  readonly problems: ReadonlyMap<string, string>;
  /** Whether `add` would do something now. */
  readonly isReady: boolean;
  readonly isAdding: boolean;
  /** Why the last `add` failed. */
  readonly failure: string | undefined;
  nameOf(model: PreviewedModel): string;
  setName(model: PreviewedModel, name: string): void;
  setSkipped(model: PreviewedModel, skip: boolean): void;
  fail(message: string): void;
  /** Adds them. @returns whether the server took them; `failure` says why not. */
  add(): Promise<boolean>;
}

export function useChosenModels(found: readonly PreviewedModel[]): ChosenModels {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const [names, setNames] = useState<Readonly<Record<string, string>>>({});
  const [skipped, setSkipped] = useState<ReadonlySet<string>>(new Set());
  const [failure, setFailure] = useState<string | undefined>();
  const [isAdding, setAdding] = useState(false);
  const chosen = found.filter((model) => !model.alreadyServed && !skipped.has(model.basePath));
  const problems = useNameProblems(chosen, names);
  const nameOf = (model: PreviewedModel): string => names[model.basePath] ?? model.name;
  const isReady = connected && chosen.length > 0 && problems.size === 0 && !isAdding;
  return {
    count: chosen.length,
    skipped,
    problems,
    isReady,
    isAdding,
    failure,
    nameOf,
    setName: (model, name) => setNames({ ...names, [model.basePath]: name }),
    setSkipped(model, skip) {
      const next = new Set(skipped);
      if (skip) next.add(model.basePath);
      else next.delete(model.basePath);
      setSkipped(next);
    },
    fail: setFailure,
    async add() {
      if (!isReady) return false;
      const models: { name: ServableNameType; basePath: string }[] = [];
      for (const model of chosen) {
        const name = ServableName.safeParse(nameOf(model));
        if (!name.success) return false;
        models.push({ name: name.data, basePath: model.basePath });
      }
      setAdding(true);
      try {
        const { added } = await commands.run('addModels', { models });
        const what = added.length === 1 ? (added[0] ?? '') : plural(added.length, 'model');
        toasts.getState().show({ tone: 'neutral', message: words.added(what) });
        return true;
      } catch (error) {
        setFailure(errorText(error));
        return false;
      } finally {
        setAdding(false);
      }
    },
  };
}

/** What is wrong with each chosen model's name, by base path. */
function useNameProblems(
  chosen: readonly PreviewedModel[],
  names: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const served = useServer((state) => state.models);
  return useMemo(() => {
    const problems = new Map<string, string>();
    const counts = new Map<string, number>();
    const nameOf = (model: PreviewedModel): string => names[model.basePath] ?? model.name;
    for (const model of chosen) counts.set(nameOf(model), (counts.get(nameOf(model)) ?? 0) + 1);
    for (const model of chosen) {
      const name = nameOf(model);
      const parsed = ServableName.safeParse(name);
      const untouched = names[model.basePath] === undefined || name === model.name;
      if (!parsed.success) problems.set(model.basePath, parsed.error.issues[0]?.message ?? words.badName);
      else if (name in served || (model.nameTaken && untouched)) problems.set(model.basePath, words.nameTaken(name));
      else if ((counts.get(name) ?? 0) > 1) problems.set(model.basePath, words.nameTwice(name));
    }
    return problems;
  }, [chosen, names, served]);
}
