/**
 * Reader of JSON that gives the same tree as the text format's reader, each field with its place, so that one set of
 * readers serves both forms of a file. A list gives one field for each of its items, and null stands for a field that is
 * left out. Source: the JSON mapping of Protocol Buffers.
 */
import { MAX_DEPTH, type TextField, type TextPlace, TextProtoError, type TextValue } from './text-proto.ts';

const WHITE_SPACE = /[ \t\r\n]*/uy;
// eslint-disable-next-line no-control-regex -- JSON strings must not hold control characters
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/uy;
const LITERAL = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false/uy;

/** Whether a text is meant to be JSON: no file in the text format starts with a brace. */
export function looksLikeJson(text: string): boolean {
  return /^\ufeff?\s*\{/u.test(text);
}

/**
 * @returns the fields of the object that the text holds.
 * @throws TextProtoError at the first thing that is not JSON, or when it is no object.
 */
export function parseJsonTree(text: string): readonly TextField[] {
  const scanner = new Scanner(text.startsWith('\ufeff') ? text.slice(1) : text);
  return scanner.document();
}

class Scanner {
  readonly #text: string;
  #offset = 0;
  #line = 1;
  #lineStart = 0;
  #lineEnd: number;

  constructor(text: string) {
    this.#text = text;
    this.#lineEnd = text.indexOf('\n');
    this.#match(WHITE_SPACE);
  }

  document(): readonly TextField[] {
    if (!this.#take('{')) this.#fail(`expected "{", found ${this.#here()}`);
    const fields = this.#object(0);
    if (this.#offset < this.#text.length) this.#fail(`expected the end of the text, found ${this.#here()}`);
    return fields;
  }

  /** Reads what follows an opening brace, up to the closing one, which it consumes. */
  #object(depth: number): readonly TextField[] {
    if (depth > MAX_DEPTH) this.#fail(`objects are nested deeper than ${MAX_DEPTH}`);
    const fields: TextField[] = [];
    if (this.#take('}')) return fields;
    do {
      const place = this.#place();
      const name = this.#string() ?? this.#fail(`expected a key in double quotes, found ${this.#here()}`);
      if (!this.#take(':')) this.#fail(`expected ":" after a key, found ${this.#here()}`);
      if (this.#take('[')) this.#list(fields, name, place, depth);
      else if (!this.#takeNull()) fields.push({ name, place, value: this.#value(depth), isJson: true });
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail(`expected "," or "}" in an object, found ${this.#here()}`);
    return fields;
  }

  #list(into: TextField[], name: string, place: TextPlace, depth: number): void {
    if (this.#take(']')) return;
    do into.push({ name, place, value: this.#value(depth), isListItem: true, isJson: true });
    while (this.#take(','));
    if (!this.#take(']')) this.#fail(`expected "," or "]" in a list, found ${this.#here()}`);
  }

  #value(depth: number): TextValue {
    const place = this.#place();
    if (this.#take('{')) return { kind: 'message', place, fields: this.#object(depth + 1) };
    const text = this.#string();
    if (text !== undefined) return { kind: 'string', place, text, isJson: true };
    const literal = this.#match(LITERAL) ?? this.#fail(`expected a value, found ${this.#here()}`);
    this.#match(WHITE_SPACE);
    return { kind: 'literal', place, text: literal, isJson: true };
  }

  #string(): string | undefined {
    const quoted = this.#match(STRING);
    if (quoted === undefined) {
      if (this.#text[this.#offset] === '"') this.#fail('the string that starts here is no JSON string');
      return undefined;
    }
    const parsed: unknown = JSON.parse(quoted);
    this.#match(WHITE_SPACE);
    return String(parsed);
  }

  #takeNull(): boolean {
    const found = this.#match(/null\b/uy) !== undefined;
    if (found) this.#match(WHITE_SPACE);
    return found;
  }

  #take(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false;
    this.#offset += 1;
    this.#match(WHITE_SPACE);
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#offset += found.length;
    return found;
  }

  #here(): string {
    const character = this.#text[this.#offset];
    return character === undefined ? 'the end of the text' : JSON.stringify(character);
  }

  #place(): TextPlace {
    while (this.#lineEnd !== -1 && this.#lineEnd < this.#offset) {
      this.#line += 1;
      this.#lineStart = this.#lineEnd + 1;
      this.#lineEnd = this.#text.indexOf('\n', this.#lineStart);
    }
    return { line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }

  #fail(message: string): never {
    throw new TextProtoError(this.#place(), message);
  }
}
