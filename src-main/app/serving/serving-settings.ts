import { z } from 'zod';
import { AccessToken, ExposedAddress, Port, SetExposure } from '../../contracts/ui-serving.ts';

/** A token as it is kept: whoever reads it cannot call with it. */
export const StoredToken = AccessToken.omit({ lastUsedAtMs: true }).extend({
  /** SHA-256 of the whole secret, in hexadecimal. */
  digest: z.string().regex(/^[0-9a-f]{64}$/u),
});
export type StoredToken = z.infer<typeof StoredToken>;

/** What the user chose, and where that was; without networks it is nowhere in force. */
export const StoredExposure = SetExposure.extend({
  networks: z
    .array(ExposedAddress.pick({ interface: true, family: true }).extend({ network: z.string() }))
    .readonly()
    .optional(),
});
export type StoredExposure = z.infer<typeof StoredExposure>;

/** What the switch of the endpoints keeps between two runs; what is left out was never chosen. */
export const StoredServing = z.object({
  restPort: Port.optional(),
  /** 0: off. */
  grpcPort: Port.optional(),
  /** Whether the desktop app was left without serving. */
  isOff: z.literal(true).optional(),
  exposure: StoredExposure.optional(),
  tokens: z.array(StoredToken).readonly().optional(),
});
export type StoredServing = z.infer<typeof StoredServing>;
