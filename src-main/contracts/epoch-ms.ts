import { z } from 'zod';

/** Milliseconds since the Unix epoch, by the server's clock. */
export const EpochMs = z.number().nonnegative();
