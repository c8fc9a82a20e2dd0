/**
 * Reader of Protocol Buffers' text format, without a schema: it gives a tree of fields in file order, each with its place,
 * and leaves to the caller which names and types are right.
 * Grammar: the published text-format specification (comments, both quotes with escapes, adjacent strings joined, `{}` and
 * `<>`, `:` optional before a message, lists in `[]`, `,` or `;` between fields).
 */

/** A place in the text, both counted from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

export type TextValue =
  | { readonly kind: 'string'; readonly text: string; readonly place: TextPlace }
  /** A number, a boolean or an enum name, as it stands in the file, sign included. */
  | { readonly kind: 'literal'; readonly text: string; readonly place: TextPlace }
  | { readonly kind: 'message'; readonly fields: readonly TextField[]; readonly place: TextPlace };

/** One field with one value; a list in the file gives one of these for each of its items. */
export interface TextField {
  readonly name: string;
  readonly value: TextValue;
  readonly place: TextPlace;
}

/** The text is not in the text format. Its message starts with line and column. */
export class TextProtoError extends Error {
  override readonly name = 'TextProtoError';
  readonly place: TextPlace;
  constructor(place: TextPlace, message: string) {
    super(`line ${place.line}, column ${place.column}: ${message}`);
    this.place = place;
  }
}

/** Deep enough for any message we know, shallow enough for the call stack. */
const MAX_DEPTH = 100;

const WHITE_SPACE_OR_COMMENT = /(?:[\s]|#[^\n]*)*/uy;
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/uy;
const LITERAL = /-?\s*[A-Za-z0-9_.][A-Za-z0-9_.+-]*/uy;
const EXTENSION_NAME = /[A-Za-z0-9_./-]+/uy;

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '?': 63,
  '\\': 92,
  "'": 39,
  '"': 34,
};

/**
 * @returns the fields of the top-level message, in file order.
 * @throws TextProtoError at the first thing that is not text format.
 */
export function parseTextProto(text: string): readonly TextField[] {
  const reader = new Reader(text.startsWith('\ufeff') ? text.slice(1) : text);
  return reader.fields(undefined, 0);
}

class Reader {
  readonly #text: string;
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipSpace();
  }

  /** Reads fields up to the closing bracket, which it consumes, or to the end of the text when there is none. */
  fields(closing: '}' | '>' | undefined, depth: number): readonly TextField[] {
    if (depth > MAX_DEPTH) this.#fail(`messages are nested deeper than ${MAX_DEPTH}`);
    const fields: TextField[] = [];
    for (;;) {
      if (this.#offset >= this.#text.length) {
        if (closing === undefined) return fields;
        this.#fail(`the text ends where "${closing}" was expected`);
      }
      if (closing !== undefined && this.#take(closing)) return fields;
      this.#field(fields, depth);
      if (!this.#take(',')) this.#take(';');
    }
  }

  #field(into: TextField[], depth: number): void {
    const place = this.#place();
    const name = this.#name();
    const colon = this.#take(':');
    if (!this.#take('[')) {
      into.push({ name, place, value: this.#value(colon, depth) });
      return;
    }
    if (this.#take(']')) return;
    do into.push({ name, place, value: this.#value(colon, depth) });
    while (this.#take(','));
    if (!this.#take(']')) this.#fail('expected "," or "]" in a list');
  }

  #name(): string {
    if (this.#take('[')) {
      const name = this.#match(EXTENSION_NAME) ?? this.#fail('expected an extension name after "["');
      if (!this.#take(']')) this.#fail('expected "]" after an extension name');
      return `[${name}]`;
    }
    return this.#match(IDENTIFIER) ?? this.#fail(`expected a field name, found ${this.#here()}`);
  }

  #value(colon: boolean, depth: number): TextValue {
    const place = this.#place();
    if (this.#take('{')) return { kind: 'message', place, fields: this.fields('}', depth + 1) };
    if (this.#take('<')) return { kind: 'message', place, fields: this.fields('>', depth + 1) };
    if (!colon) this.#fail(`expected ":" or "{" after the field name, found ${this.#here()}`);
    const first = this.#text[this.#offset];
    if (first === '"' || first === "'") return { kind: 'string', place, text: this.#strings() };
    const text = this.#match(LITERAL) ?? this.#fail(`expected a value, found ${this.#here()}`);
    return { kind: 'literal', place, text: text.replace(/\s+/gu, '') };
  }

  /** One or more quoted strings in a row make one value. */
  #strings(): string {
    const bytes: number[] = [];
    for (;;) {
      const quote = this.#text[this.#offset];
      if (quote !== '"' && quote !== "'") break;
      this.#string(quote, bytes);
      this.#skipSpace();
    }
    return new TextDecoder().decode(Uint8Array.from(bytes));
  }

  #string(quote: string, bytes: number[]): void {
    const opened = this.#place();
    this.#offset += 1;
    for (;;) {
      const code = this.#text.codePointAt(this.#offset);
      if (code === undefined || code === 10) {
        throw new TextProtoError(opened, `the string that starts here has no closing ${quote} on its line`);
      }
      const character = String.fromCodePoint(code);
      this.#offset += character.length;
      if (character === quote) return;
      if (character === '\\') this.#escape(bytes);
      else bytes.push(...new TextEncoder().encode(character));
    }
  }

  #escape(bytes: number[]): void {
    const octal = this.#matchRaw(/[0-7]{1,3}/uy);
    if (octal !== undefined) {
      bytes.push(Number.parseInt(octal, 8) & 0xff);
      return;
    }
    const hex = this.#matchRaw(/[xX][0-9A-Fa-f]{1,2}/uy);
    if (hex !== undefined) {
      bytes.push(Number.parseInt(hex.slice(1), 16));
      return;
    }
    const unicode = this.#matchRaw(/u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}/uy);
    if (unicode !== undefined) {
      const code = Number.parseInt(unicode.slice(1), 16);
      if (code > 0x10_ffff) this.#fail(`\\${unicode} is not a Unicode character`);
      bytes.push(...new TextEncoder().encode(String.fromCodePoint(code)));
      return;
    }
    const simple = SIMPLE_ESCAPES[this.#text[this.#offset] ?? ''];
    if (simple === undefined) this.#fail('unknown escape in a string');
    this.#offset += 1;
    bytes.push(simple);
  }

  #take(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false;
    this.#offset += 1;
    this.#skipSpace();
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    const found = this.#matchRaw(pattern);
    if (found !== undefined) this.#skipSpace();
    return found;
  }

  #matchRaw(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#offset += found.length;
    return found;
  }

  #skipSpace(): void {
    this.#matchRaw(WHITE_SPACE_OR_COMMENT);
  }

  #here(): string {
    const character = this.#text[this.#offset];
    return character === undefined ? 'the end of the text' : JSON.stringify(character);
  }

  /** Places are asked for in text order, so counting goes on from the last one. */
  #place(): TextPlace {
    for (;;) {
      const newline = this.#text.indexOf('\n', this.#lineStart);
      if (newline === -1 || newline >= this.#offset) break;
      this.#line += 1;
      this.#lineStart = newline + 1;
    }
    return { line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }

  #fail(message: string): never {
    throw new TextProtoError(this.#place(), message);
  }
}
