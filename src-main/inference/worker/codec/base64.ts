/** Value of each base64 digit by its ASCII code; 255 where it is none. */
const DIGITS = new Uint8Array(128).fill(255);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
for (let value = 0; value < ALPHABET.length; value++) DIGITS[ALPHABET.charCodeAt(value)] = value;

/**
 * Decodes base64 as Abseil's Base64Unescape does, which TensorFlow Serving uses: the standard alphabet only, white space
 * anywhere, padding (`=` or `.`) either complete or left out.
 * @returns undefined where the text is no base64.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const source = Buffer.from(text);
  const out = new Uint8Array(decodedLength(source.length));
  const length = decodeBase64Bytes(source, 0, source.length, out);
  return length < 0 ? undefined : out.subarray(0, length);
}

/** How many bytes so many characters of base64 decode to at most. */
export function decodedLength(characters: number): number {
  return Math.floor((characters * 3) / 4);
}

/**
 * {@link decodeBase64} of the bytes from `start` to before `end`.
 * @param out has room for {@link decodedLength} of them.
 * @returns how many bytes were written to the start of `out`; -1 where the text is no base64.
 */
export function decodeBase64Bytes(source: Uint8Array, start: number, end: number, out: Uint8Array): number {
  let length = 0;
  let bits = 0;
  let digits = 0;
  let padding = 0;
  for (let index = start; index < end; index++) {
    const character = source[index] ?? 0;
    if (character === 0x20 || (character >= 0x09 && character <= 0x0d)) continue;
    if (character === 0x3d || character === 0x2e) {
      padding++;
      continue;
    }
    const digit = DIGITS[character] ?? 255;
    if (digit === 255 || padding > 0) return -1;
    bits = (bits << 6) | digit;
    if (++digits % 4 === 0) {
      out[length++] = bits >>> 16;
      out[length++] = bits >>> 8;
      out[length++] = bits;
      bits = 0;
    }
  }
  const rest = digits % 4;
  const fullPadding = rest === 0 ? 0 : 4 - rest;
  if (rest === 1 || (padding > 0 && padding !== fullPadding)) return -1;
  if (rest === 2) out[length++] = bits >>> 4;
  if (rest === 3) {
    out[length++] = bits >>> 10;
    out[length++] = bits >>> 2;
  }
  return length;
}
