export const VERSION_COMMANDS = {} as const;
