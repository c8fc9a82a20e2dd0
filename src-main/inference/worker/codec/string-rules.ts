import { isUtf8 } from 'node:buffer';
import type { JsonScanner } from './json-scanner.ts';

const NUL = 'holds the character U+0000, which ONNX Runtime strings cannot hold.';

/**
 * Why bytes cannot be a string of an ONNX model; undefined where they can. onnxruntime-node passes strings on as C strings,
 * so it would cut them at U+0000 without a word.
 * @param text the bytes from `start` to `end`, decoded as UTF-8.
 */
export function stringProblem(text: string, bytes: Uint8Array, start: number, end: number): string | undefined {
  if (text.includes('\0')) return NUL;
  // Only what was no UTF-8 became this character, or it was there from the start.
  if (text.includes('\u{fffd}') && !isUtf8(bytes.subarray(start, end))) {
    return 'is not UTF-8. Strings of ONNX models are UTF-8 text; raw bytes need an input of type uint8.';
  }
  return undefined;
}

/** The same for a string that the scanner has just read, from `start`. */
export function jsonStringProblem(text: string, scanner: JsonScanner, start: number): string | undefined {
  // One look at the whole body is cheaper than one at each string.
  if (scanner.isUtf8) return text.includes('\0') ? NUL : undefined;
  return stringProblem(text, scanner.bytes, start, scanner.position);
}
