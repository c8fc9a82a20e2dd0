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
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let digits = 0;
  let padding = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === 0x20 || (character >= 0x09 && character <= 0x0d)) continue;
    if (character === 0x3d || character === 0x2e) {
      padding++;
      continue;
    }
    const digit = DIGITS[character] ?? 255;
    if (digit === 255 || padding > 0) return undefined;
    bits = (bits << 6) | digit;
    if (++digits % 4 === 0) {
      bytes[length++] = bits >>> 16;
      bytes[length++] = bits >>> 8;
      bytes[length++] = bits;
      bits = 0;
    }
  }
  const rest = digits % 4;
  const fullPadding = rest === 0 ? 0 : 4 - rest;
  if (rest === 1 || (padding > 0 && padding !== fullPadding)) return undefined;
  if (rest === 2) bytes[length++] = bits >>> 4;
  if (rest === 3) {
    bytes[length++] = bits >>> 10;
    bytes[length++] = bits >>> 2;
  }
  return bytes.subarray(0, length);
}
