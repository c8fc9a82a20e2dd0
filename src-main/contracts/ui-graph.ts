export const GRAPH_COMMANDS = {} as const;
