import { z } from 'zod';

/**
 * How it is known that a local file's bytes are the store's, the best first: by a checksum of the whole, by one over the
 * checksums of the parts in which it was uploaded, by the MD5 that an ETag is; or only that it has as many bytes.
 */
export const VERIFIED = ['checksum', 'composite', 'md5', 'size'] as const;
export const Verified = z.enum(VERIFIED);
export type Verified = z.infer<typeof Verified>;
