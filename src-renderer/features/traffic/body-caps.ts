/** Bytes of each body that are offered as the most to keep; the last is all that the server takes. */
export const BODY_CAPS: readonly number[] = [1024, 4096, 16_384, 65_536, 262_144, 1_048_576];
