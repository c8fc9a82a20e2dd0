/**
 * Reader of Protocol Buffers' text format, without a schema: it gives a tree of fields in file order, each with its place,
 * and leaves to the caller which names and types are right.
 * Grammar: the published text-format specification (comments, both quotes with escapes, adjacent strings joined, `{}` and
 * `<>`, `:` optional before a message, lists in `[]`, `,` or `;` between fields). Comments that start with a given word
 * hold fields of ours, which other readers of the format do not see.
 */

/** A place in the text, both counted from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

export type TextValue =
  /** `isJson`: a string of JSON, which also stands for numbers and enum names (see json-tree.ts). */
  | { readonly kind: 'string'; readonly text: string; readonly place: TextPlace; readonly isJson?: true }
  /** A number, a boolean or an enum name, as it stands in the file, sign included. */
  | { readonly kind: 'literal'; readonly text: string; readonly place: TextPlace; readonly isJson?: true }
  | { readonly kind: 'message'; readonly fields: readonly TextField[]; readonly place: TextPlace };

/** One field with one value; a list in the file gives one of these for each of its items. */
export interface TextField {
  readonly name: string;
  readonly value: TextValue;
  readonly place: TextPlace;
  /** Set where the value stands in a list. */
  readonly isListItem?: true;
  /** Set where the field stands in a comment. */
  readonly isPragma?: true;
  /** Set where the name is a key of JSON. */
  readonly isJson?: true;
}

/** The text is not what it is to be. Its message starts with line and column. */
export class TextProtoError extends Error {
  override readonly name = 'TextProtoError';
  readonly place: TextPlace;
  constructor(place: TextPlace, message: string) {
    super(`line ${place.line}, column ${place.column}: ${message}`);
    this.place = place;
  }
}

/** Deep enough for any message we know, shallow enough for the call stack. */
export const MAX_DEPTH = 100;

const WHITE_SPACE = /\s*/uy;
const COMMENT = /#[^\n]*/uy;
/** What a string holds up to its end, an escape or the end of the line. */
const PLAIN = { '"': /[^"\\\n]*/uy, "'": /[^'\\\n]*/uy } as const;
type Quote = keyof typeof PLAIN;
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

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * @param pragma a word: comments that start with it and a colon (`# word: name: "x"`) hold whole fields of the message in
 *   which they stand.
 * @returns the fields of the top-level message, in file order.
 * @throws TextProtoError at the first thing that is not text format.
 */
export function parseTextProto(text: string, pragma?: string): readonly TextField[] {
  const isPragma = pragma === undefined ? undefined : new RegExp(`^#[ \\t]*${pragma}:`, 'u');
  return new Reader(text.startsWith('\ufeff') ? text.slice(1) : text, isPragma).fields(undefined, 0);
}

class Reader {
  readonly #text: string;
  readonly #isPragma: RegExp | undefined;
  /** Comments with fields, not read yet: they belong to the message in which the reading goes on. */
  readonly #pragmas: { readonly text: string; readonly place: TextPlace }[] = [];
  #offset = 0;
  #line: number;
  #lineStart: number;
  /** The first line end that {@link #place} has not passed yet; looked for once, since lines can be long. */
  #lineEnd: number;

  /** @param start where the text begins in the file. */
  constructor(text: string, isPragma: RegExp | undefined, start: TextPlace = { line: 1, column: 1 }) {
    this.#text = text;
    this.#isPragma = isPragma;
    this.#line = start.line;
    this.#lineStart = 1 - start.column;
    this.#lineEnd = text.indexOf('\n');
    this.#skipSpace();
  }

  /** Reads fields up to the closing bracket, which it consumes, or to the end of the text when there is none. */
  fields(closing: '}' | '>' | undefined, depth: number): readonly TextField[] {
    if (depth > MAX_DEPTH) this.#fail(`messages are nested deeper than ${MAX_DEPTH}`);
    const fields: TextField[] = [];
    for (;;) {
      for (let next = this.#pragmas.shift(); next; next = this.#pragmas.shift()) {
        const inner = new Reader(next.text, undefined, next.place).fields(undefined, 0);
        for (const field of inner) fields.push({ ...field, isPragma: true });
      }
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
    do into.push({ name, place, value: this.#value(colon, depth), isListItem: true });
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
    return { kind: 'literal', place, text: text.startsWith('-') ? text.replace(/\s+/u, '') : text };
  }

  /** One or more quoted strings in a row make one value. */
  #strings(): string {
    const opened = this.#place();
    const bytes: number[] = [];
    let text = '';
    let isPlain = true;
    for (;;) {
      const quote = this.#text[this.#offset];
      if (quote !== '"' && quote !== "'") break;
      const plain = this.#plainString(quote);
      if (isPlain && plain !== undefined) {
        text += plain;
      } else {
        // Escapes stand for bytes, of which several may make one character.
        if (isPlain) bytes.push(...encoder.encode(text));
        isPlain = false;
        if (plain === undefined) this.#string(quote, bytes);
        else bytes.push(...encoder.encode(plain));
      }
      this.#skipSpace();
    }
    if (isPlain) return text;
    try {
      return decoder.decode(Uint8Array.from(bytes));
    } catch {
      throw new TextProtoError(opened, 'the escapes in this string do not make UTF-8 text');
    }
  }

  /** Reads a string without escapes, as nearly all are; undefined, with nothing read, where there are some. */
  #plainString(quote: Quote): string | undefined {
    const pattern = PLAIN[quote];
    const start = this.#offset + 1;
    pattern.lastIndex = start;
    pattern.test(this.#text);
    const end = pattern.lastIndex;
    if (this.#text[end] !== quote) return undefined;
    this.#offset = end + 1;
    return this.#text.slice(start, end);
  }

  #string(quote: Quote, bytes: number[]): void {
    const opened = this.#place();
    this.#offset += 1;
    for (;;) {
      bytes.push(...encoder.encode(this.#matchRaw(PLAIN[quote]) ?? ''));
      const character = this.#text[this.#offset];
      if (character === undefined || character === '\n') {
        throw new TextProtoError(opened, `the string that starts here has no closing ${quote} on its line`);
      }
      this.#offset += 1;
      if (character === quote) return;
      this.#escape(bytes);
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
      const code = this.#joinSurrogates(Number.parseInt(unicode.slice(1), 16));
      if (code > 0x10_ffff || isSurrogate(code)) this.#fail(`\\${unicode} is not a Unicode character`);
      bytes.push(...encoder.encode(String.fromCodePoint(code)));
      return;
    }
    const simple = SIMPLE_ESCAPES[this.#text[this.#offset] ?? ''];
    if (simple === undefined) this.#fail('unknown escape in a string');
    this.#offset += 1;
    bytes.push(simple);
  }

  /** Some write a character beyond 16 bits as two escapes, as JSON has it. */
  #joinSurrogates(code: number): number {
    if (code < 0xd800 || code > 0xdbff) return code;
    const low = this.#matchRaw(/\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}/uy);
    if (low === undefined) return code;
    return 0x1_0000 + ((code - 0xd800) << 10) + (Number.parseInt(low.slice(2), 16) - 0xdc00);
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
    const start = this.#offset;
    pattern.lastIndex = start;
    if (!pattern.test(this.#text)) return undefined;
    this.#offset = pattern.lastIndex;
    return this.#text.slice(start, this.#offset);
  }

  #skipSpace(): void {
    for (;;) {
      // The usual blanks by hand: a third of the time goes here.
      let code = this.#text.charCodeAt(this.#offset);
      while (code === 32 || code === 10 || code === 13 || code === 9) {
        this.#offset += 1;
        code = this.#text.charCodeAt(this.#offset);
      }
      if (code > 32 && code < 128 && code !== 35) return;
      this.#matchRaw(WHITE_SPACE);
      if (this.#text[this.#offset] !== '#') return;
      const place = this.#isPragma && this.#place();
      const comment = this.#matchRaw(COMMENT) ?? '';
      const prefix = this.#isPragma?.exec(comment)?.[0];
      if (place === undefined || prefix === undefined) continue;
      const start = { line: place.line, column: place.column + prefix.length };
      this.#pragmas.push({ text: comment.slice(prefix.length), place: start });
    }
  }

  #here(): string {
    const character = this.#text[this.#offset];
    return character === undefined ? 'the end of the text' : JSON.stringify(character);
  }

  /** Places are asked for in text order, so counting goes on from the last one. */
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

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}
