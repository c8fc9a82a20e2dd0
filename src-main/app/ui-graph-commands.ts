import { EncodedJson, type UiCommandHandlers } from '../api/ui/commands.ts';
import type { GRAPH_COMMANDS } from '../contracts/ui-graph.ts';
import type { ModelFiles } from './model-files.ts';

/** The handlers of GRAPH_COMMANDS. */
export type GraphCommands = Pick<UiCommandHandlers, keyof typeof GRAPH_COMMANDS>;

/** What the user interface may ask about a version's files and the graph in them. */
export function createGraphCommands(files: ModelFiles): GraphCommands {
  return {
    modelGraph: async (id, signal) => new EncodedJson(await files.graph(id, signal)),
    async modelFiles({ name, version, checksums }, signal) {
      return files.list({ name, version }, checksums ?? false, signal);
    },
  };
}
