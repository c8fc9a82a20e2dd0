export const SETTINGS_COMMANDS = {} as const;
