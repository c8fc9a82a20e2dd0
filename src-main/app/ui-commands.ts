import type { UiCommandHandlers } from '../api/ui/commands.ts';
import { exportModelConfig } from '../config/export-model-config.ts';
import type { ServableId, ServableName } from '../contracts/ids.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { PathInspector } from '../storage/inspect-path.ts';
import type { LogBook } from './log-book.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import type { TaskBoard } from './task-board.ts';
import { withConnection } from './connections.ts';
import type { ModelChanges } from './model-changes.ts';
import type { ModelTimeline } from '../api/ui/model-timeline.ts';
import type { GraphCommands } from './ui-graph-commands.ts';
import type { ServingCommands } from './ui-serving-commands.ts';
import type { SettingsCommands } from './ui-settings-commands.ts';
import type { SourcesCommands } from './ui-sources-commands.ts';
import type { PlayCommands } from './ui-play-commands.ts';
import type { TrafficCommands } from './ui-traffic-commands.ts';
import type { VersionHolds } from './version-holds.ts';

export interface UiCommandsDependencies {
  readonly catalogue: ModelCatalogue;
  readonly inspector: PathInspector;
  /** Resolves when the poll is done. */
  readonly pollNow: (name: ServableName) => Promise<void>;
  readonly retryVersion: (id: ServableId) => void;
  readonly tasks: Pick<TaskBoard, 'cancel'>;
  readonly logBook: Pick<LogBook, 'read'>;
  /** The commands about calls and load tests. */
  readonly traffic: TrafficCommands;
  /** The commands of the playground. */
  readonly play: PlayCommands;
  /** The commands about the server's settings. */
  readonly settings: SettingsCommands;
  readonly serving: ServingCommands;
  readonly graph: GraphCommands;
  readonly timeline: Pick<ModelTimeline, 'history'>;
  readonly changes: ModelChanges;
  readonly holds: Pick<VersionHolds, 'unload' | 'load' | 'reload'>;
  /** The commands about stores. */
  readonly sources: SourcesCommands;
}

/** What the user interface may ask for; errors are ServingErrors with messages for the user. */
export function createUiCommands(deps: UiCommandsDependencies): UiCommandHandlers {
  const { catalogue } = deps;
  const served = () => catalogue.models().map(({ config }) => config);

  /** Looks again, since time has passed since the preview; a path in another spelling comes out as the preview has it. */
  async function checkedBasePath(name: ServableName, basePath: string, signal: AbortSignal): Promise<string> {
    const { models, message } = await deps.inspector.inspect(basePath, signal);
    const found = models.find((model) => model.basePath === basePath) ?? (models.length === 1 ? models[0] : undefined);
    if (found) return found.basePath;
    throw new ServingError('INVALID_ARGUMENT', `"${name}" cannot be added: ${message ?? 'no single model is there'}`);
  }

  return {
    ...deps.sources,
    ...deps.traffic,
    ...deps.play,
    ...deps.settings,
    ...deps.serving,
    ...deps.graph,
    async previewAdd({ path, connection }, signal) {
      const inspection = await deps.inspector.inspect(withConnection(path, connection), signal);
      const models = inspection.models.map((model) => ({
        ...model,
        nameTaken: served().some(({ name }) => name === model.name),
        alreadyServed: served().some(({ basePath }) => basePath === model.basePath),
      }));
      return { ...inspection, models };
    },
    listFolder: ({ path }, signal) => deps.inspector.listFolder(path, signal),
    async addModels({ models }, signal) {
      const added = await Promise.all(
        models.map(async ({ name, basePath, connection }) => ({
          name,
          basePath: await checkedBasePath(name, withConnection(basePath, connection), signal),
        })),
      );
      await catalogue.add(added);
      return { added: added.map(({ name }) => name) };
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
    async cancelTask({ id }) {
      deps.tasks.cancel(id);
      return {};
    },
    async modelHistory({ name }) {
      return { events: deps.timeline.history(name) };
    },
    async modelConfig({ name }) {
      const config = catalogue.find(name)?.config;
      if (!config) throw new ServingError('NOT_FOUND', `no model named "${name}" is served`);
      return { text: exportModelConfig([config]) };
    },
    async previewChange({ name, change }) {
      return deps.changes.preview(name, change);
    },
    async applyChange({ name, change }) {
      await deps.changes.apply(name, change);
      return {};
    },
    async previewVersions({ name, versions, action }) {
      return deps.changes.previewVersions(name, versions, action);
    },
    async unloadVersion(id) {
      deps.holds.unload(id);
      return {};
    },
    async loadVersion(id) {
      await deps.holds.load(id);
      return {};
    },
    async reloadVersion(id) {
      await deps.holds.reload(id);
      return {};
    },
    async readLogs(range) {
      return { lines: deps.logBook.read(range) };
    },
    async exportConfig() {
      return { text: exportModelConfig(served()) };
    },
  };
}
