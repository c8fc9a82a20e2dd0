import type { UiCommandHandlers } from '../api/ui/commands.ts';
import type { PLAY_COMMANDS } from '../contracts/ui-play.ts';
import type { PlayHistory } from './play-history.ts';
import type { PlayModelFiles } from './play-model-files.ts';
import type { PlayPresets } from './play-presets.ts';

/** The handlers of PLAY_COMMANDS. */
export type PlayCommands = Pick<UiCommandHandlers, keyof typeof PLAY_COMMANDS>;

export interface PlayCommandsDependencies {
  readonly presets: PlayPresets;
  readonly history: PlayHistory;
  readonly files: Pick<PlayModelFiles, 'labels'>;
}

/** What the playground may ask for. */
export function createPlayCommands({ presets, history, files }: PlayCommandsDependencies): PlayCommands {
  return {
    listPresets: ({ model }, signal) => presets.list(model, signal),
    async readPreset({ model, place, name }, signal) {
      return { body: await presets.read(model, place, name, signal) };
    },
    async savePreset({ model, place, name, body }) {
      await presets.save(model, place, name, body);
      return {};
    },
    async deletePreset({ model, place, name }, signal) {
      await presets.remove(model, place, name, signal);
      return {};
    },
    async listPlayHistory({ model }) {
      return { entries: await history.list(model) };
    },
    readPlayHistory: ({ model, id }) => history.read(model, id),
    async addPlayHistory(entry) {
      return { id: await history.add(entry) };
    },
    async clearPlayHistory({ model }) {
      await history.clear(model);
      return {};
    },
    async readLabels({ model, version }, signal) {
      return (await files.labels(model, version, signal)) ?? {};
    },
  };
}
