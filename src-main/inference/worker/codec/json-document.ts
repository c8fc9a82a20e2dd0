import { ServingError } from '../../../contracts/serving-error.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET } from './ascii.ts';
import type { JsonScanner } from './json-scanner.ts';

/** A document whose syntax was checked: an object. */
export interface JsonDocument<K extends string> {
  /** Where the object begins. */
  readonly start: number;
  /** The values of the known keys; the first of equal keys counts. */
  readonly members: ReadonlyMap<K, JsonMember>;
}

/** One value of a document. */
export interface JsonMember {
  /** Where it begins. */
  readonly position: number;
  /** How many elements it has; undefined where it is no list. */
  readonly elements: number | undefined;
}

/**
 * Checks the syntax of a whole document and finds the members with these names. Source of the messages: TensorFlow Serving
 * util/json_tensor.cc ParseJson.
 * @param scanner at the document's start.
 * @throws ServingError INVALID_ARGUMENT where it is empty, broken, or no object.
 */
export function readDocument<K extends string>(scanner: JsonScanner, names: readonly K[]): JsonDocument<K> {
  if (scanner.bytes.length === 0) throw invalid('JSON Parse error: The document is empty');
  const first = scanner.peek();
  const start = scanner.position;
  if (start === scanner.bytes.length) throw scanner.failure('The document is empty.', start);
  if (first !== OPEN_BRACE) {
    scanner.skipValue();
    throw formatError(scanner, start, 'Is not object');
  }
  const members = new Map<K, JsonMember>();
  scanner.open();
  if (scanner.peek() === CLOSE_BRACE) return { start, members };
  do {
    const name = scanner.readName();
    const known = names.find((candidate) => candidate === name);
    scanner.peek();
    if (known === undefined || members.has(known)) scanner.skipValue();
    else members.set(known, { position: scanner.position, elements: skipCounting(scanner) });
  } while (scanner.nextMember());
  return { start, members };
}

/** Skips the value at the scanner's position. @returns how many elements it has, where it is a list. */
function skipCounting(scanner: JsonScanner): number | undefined {
  if (scanner.bytes[scanner.position] !== OPEN_BRACKET) {
    scanner.skipValue();
    return undefined;
  }
  let elements = 0;
  scanner.open();
  if (scanner.peek() !== CLOSE_BRACKET) {
    do {
      scanner.skipValue();
      elements++;
    } while (scanner.nextElement());
  }
  scanner.close();
  return elements;
}

/** An error that quotes the value at `position`, whose syntax was checked. */
export function formatError(scanner: JsonScanner, position: number, message: string): ServingError {
  scanner.position = position;
  return invalid(`JSON Value: ${scanner.quote()} ${message}`);
}

function invalid(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', message);
}
