/** What the user interface shows and sets of the stores that models come from. */
import { z } from 'zod';

export const SourcesBoard = z.object({});
export type SourcesBoard = z.infer<typeof SourcesBoard>;

export const SOURCES_COMMANDS = {} as const;
