import { z } from 'zod';
import { ConnectionId } from '../../contracts/ids.ts';
import { AccessKeys, ConnectionFields, ConnectionTest, OPEN_CREDENTIALS } from '../../contracts/ui-sources.ts';
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

/** A connection with all that is needed to use it. Holds secrets: for the thread's ears only. */
export const S3Connection = ConnectionFields.extend({
  /** Absent for one that is only being tried. */
  id: ConnectionId.optional(),
  credentials: z.discriminatedUnion('kind', [
    ...OPEN_CREDENTIALS,
    z.object({ kind: z.literal('keys'), keys: AccessKeys }),
    /** They were stored, but cannot be had; `problem` says why and what to do. */
    z.object({ kind: z.literal('missing'), problem: z.string() }),
  ]),
});
export type S3Connection = z.infer<typeof S3Connection>;

/** How the thread is configured: the connections in their order. */
export const S3Settings = z.object({ connections: z.array(S3Connection).readonly() });
export type S3Settings = z.infer<typeof S3Settings>;

/** What a test has found out so far. */
export const S3TestResult = ConnectionTest.pick({ state: true, stages: true, found: true });
export type S3TestResult = z.infer<typeof S3TestResult>;

/** What the thread is asked besides what every file system does. */
export const S3Question = z.discriminatedUnion('kind', [
  /** `through`: in place of the connection that the URI would have. Answer: PrefixPage. */
  z.object({
    kind: z.literal('browse'),
    uri: z.string(),
    through: S3Connection.optional(),
    from: z.string().optional(),
  }),
  /** Answer: S3TestResult; each news is one, too. */
  z.object({ kind: z.literal('test'), uri: z.string(), through: S3Connection.optional() }),
]);
export type S3Question = z.infer<typeof S3Question>;
