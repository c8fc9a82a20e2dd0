import { z } from 'zod';
import { CacheSettings } from '../remote/store-protocol.ts';
import { S3Options } from './s3-options.ts';

/** What the thread that talks to S3 is started with. */
export const S3WorkerSettings = z.object({
  options: S3Options,
  cache: CacheSettings,
  /** Whether complete copies may stand in for a store that cannot be reached. */
  offline: z.boolean(),
});
export type S3WorkerSettings = z.infer<typeof S3WorkerSettings>;
