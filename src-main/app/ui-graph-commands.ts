import type { UiCommandHandlers } from '../api/ui/commands.ts';
import type { GRAPH_COMMANDS } from '../contracts/ui-graph.ts';
import { ServingError } from '../contracts/serving-error.ts';

export type GraphCommands = Pick<UiCommandHandlers, keyof typeof GRAPH_COMMANDS>;

/** What the user interface may ask about a version's files and the graph in them. */
export function createGraphCommands(): GraphCommands {
  return {
    async modelGraph() {
      throw new ServingError('UNIMPLEMENTED', 'the graph cannot be read yet');
    },
    async modelFiles() {
      throw new ServingError('UNIMPLEMENTED', 'the files cannot be read yet');
    },
  };
}
