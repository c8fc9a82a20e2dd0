export const PLAY_COMMANDS = {} as const;
