import { z } from 'zod';
import { ServableVersion } from './ids.ts';

/** What the last poll of one model's base path found; the part of discovery that never reaches the manager. */
export const SourceReport = z.object({
  /** `pending` before the first poll is done; `error`: the listing failed and the last good one stands. */
  status: z.enum(['pending', 'ok', 'error']),
  /** Why the poll failed, or a warning about what it found (no versions, requested versions missing). */
  message: z.string().optional(),
  /** End of the last poll, and start of the next as planned, in milliseconds since the Unix epoch. */
  polledAtMs: z.number().optional(),
  nextPollAtMs: z.number().optional(),
  /** Every version found, highest first, whether the policy picks it or not. */
  versions: z
    .array(
      z.object({
        version: ServableVersion,
        /** The folder's own name, `00123` for version 123. */
        entry: z.string(),
        /** Whether the policy picks it and it is complete. */
        aspired: z.boolean(),
        /** Set while the version, or what it is to be loaded afresh from, is not offered yet: `weights.bin is still growing`. */
        waiting: z.string().optional(),
        sizeBytes: z.number().nonnegative().optional(),
      }),
    )
    .readonly(),
  /** Entries of the base path that are no version, each with the reason. */
  ignored: z.array(z.object({ entry: z.string(), reason: z.string() })).readonly(),
});
export type SourceReport = z.infer<typeof SourceReport>;
