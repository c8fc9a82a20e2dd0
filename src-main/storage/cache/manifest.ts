import { z } from 'zod';
import { Verified } from '../verified.ts';

const Checksum = z.object({
  algorithm: z.enum(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'MD5']),
  value: z.string(),
});

const CachedFile = z.object({
  key: z.string(),
  path: z.string(),
  sizeBytes: z.int().nonnegative(),
  revision: z.string(),
  modifiedMs: z.number(),
  /** Of the local bytes, as they came. */
  checksum: Checksum,
  verified: Verified,
});

/** What a complete copy says about itself. Its presence is what makes a copy complete: it is written last. */
export const Manifest = z.object({
  format: z.literal(1),
  source: z.string(),
  version: z.string(),
  /** SHA-256 over paths, sizes and revisions, in hex. */
  fingerprint: z.string(),
  completedMs: z.number(),
  files: z.array(CachedFile),
});
export type Manifest = Readonly<z.infer<typeof Manifest>>;
