import type { ServableName } from '../contracts/ids.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { AddPreview, UiCommandName, UiCommandRequest, UiCommandResult } from '../contracts/ui.ts';
import type { ServableId } from '../contracts/ids.ts';
import type { ModelCatalogue } from './model-catalogue.ts';

/** The commands of the user interface, each with its own request and result. */
export type UiCommands = {
  readonly [C in UiCommandName]: (request: UiCommandRequest<C>, signal: AbortSignal) => Promise<UiCommandResult<C>>;
};

/** A dry run before it is held against what is served already. */
export type PathInspection = Omit<AddPreview, 'models'> & {
  readonly models: readonly Omit<AddPreview['models'][number], 'nameTaken' | 'alreadyServed'>[];
};

export interface UiCommandsDependencies {
  readonly catalogue: ModelCatalogue;
  /** Dry run of adding a path. */
  readonly inspect: (path: string, signal: AbortSignal) => Promise<PathInspection>;
  readonly listFolder: (path: string, signal: AbortSignal) => Promise<UiCommandResult<'listFolder'>>;
  /** Resolves when the poll is done. */
  readonly pollNow: (name: ServableName) => Promise<void>;
  readonly retryVersion: (id: ServableId) => void;
}

/** What the user interface may ask for; errors are ServingErrors with messages for the user. */
export function createUiCommands(deps: UiCommandsDependencies): UiCommands {
  const { catalogue } = deps;
  const served = () => catalogue.models().map(({ config }) => config);

  return {
    async previewAdd({ path }, signal) {
      const inspection = await deps.inspect(path, signal);
      const models = inspection.models.map((model) => ({
        ...model,
        nameTaken: served().some(({ name }) => name === model.name),
        alreadyServed: served().some(({ basePath }) => basePath === model.basePath),
      }));
      return { ...inspection, models };
    },
    listFolder: ({ path }, signal) => deps.listFolder(path, signal),
    async addModels({ models }, signal) {
      // What is added is looked at again, so that a typed path is kept in the form that the preview showed.
      for (const { name, basePath } of models) {
        const { kind, message } = await deps.inspect(basePath, signal);
        if (kind === 'nothing')
          throw new ServingError('INVALID_ARGUMENT', `"${name}" cannot be added: ${message ?? 'no model is there'}`);
      }
      await catalogue.add(models);
      return { added: models.map(({ name }) => name) };
    },
    async removeModel({ name }) {
      await catalogue.remove(name);
      return {};
    },
    async pollNow({ name }) {
      if (!served().some((config) => config.name === name))
        throw new ServingError('NOT_FOUND', `no model named "${name}" is served`);
      await deps.pollNow(name);
      return {};
    },
    async retryVersion(id) {
      deps.retryVersion(id);
      return {};
    },
  };
}
