import { z } from 'zod';

/** Largest version number: TensorFlow Serving keeps versions as int64. */
const MAX_VERSION = 9_223_372_036_854_775_807n;

// eslint-disable-next-line no-control-regex -- control characters are exactly what a name must not hold
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/u;

/** Name of a servable (a model), unique in one server. Any text of 1 to 255 characters without control characters. */
export const ServableName = z
  .string()
  .min(1, 'a model name must not be empty')
  .max(255, 'a model name has at most 255 characters')
  .refine((name) => !CONTROL_CHARACTERS.test(name), 'a model name must not contain control characters')
  .brand<'ServableName'>();
export type ServableName = z.infer<typeof ServableName>;

/**
 * Version of a servable: a non-negative int64 as its canonical decimal text (`"123"`, never `"00123"`).
 * It stays text from the disk to the wire, so no digit is lost above 2^53. Order with {@link compareVersions}.
 */
export const ServableVersion = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,18})$/u, 'a version is a non-negative whole number without leading zeros')
  .refine((text) => BigInt(text) <= MAX_VERSION, 'a version is at most 9223372036854775807 (int64)')
  .brand<'ServableVersion'>();
export type ServableVersion = z.infer<typeof ServableVersion>;

/**
 * Reads a version as it stands in a folder name or a URL: decimal digits, leading zeros allowed (`"007"` is 7).
 * @returns undefined where the text is no such number or exceeds int64.
 */
export function parseServableVersion(text: string): ServableVersion | undefined {
  if (!/^\d+$/u.test(text)) return undefined;
  const canonical = ServableVersion.safeParse(text.replace(/^0+(?=\d)/u, ''));
  return canonical.success ? canonical.data : undefined;
}

/** Orders versions by number, smallest first; fit for `Array.prototype.sort`. */
export function compareVersions(left: ServableVersion, right: ServableVersion): number {
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** One version of one servable. */
export interface ServableId {
  readonly name: ServableName;
  readonly version: ServableVersion;
}

/** A text form of the id that is unique and fit as a map key: the version has no `/`, so the last one separates. */
export function servableKey({ name, version }: ServableId): string {
  return `${name}/${version}`;
}

/** The name of a connection to a store in URIs: `s3://minio-lab@bucket/prefix`. */
export const ConnectionId = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/u, 'must be the id of a connection: small letters, digits and hyphens')
  .brand<'ConnectionId'>();
export type ConnectionId = z.infer<typeof ConnectionId>;
