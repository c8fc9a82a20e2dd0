import { isUtf8 } from 'node:buffer';
import { ServingError } from '../../../contracts/serving-error.ts';
import {
  BACKSLASH,
  CARRIAGE_RETURN,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DOT,
  LINE_FEED,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  LOWER_U,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  QUOTE,
  SPACE,
  TAB,
  UPPER_E,
  UPPER_I,
  UPPER_N,
  ZERO,
} from './ascii.ts';
import { toDouble } from './decimal.ts';

/** What kinds of JSON value there are, named as TensorFlow Serving's messages name them. */
type JsonType = 'Null' | 'False' | 'True' | 'Object' | 'Array' | 'String' | 'Number';

/** Bytes of JSON that an error message quotes at most. */
const QUOTED_BYTES = 256;
/** Below this length a token cannot exceed the range of a double unless it has an exponent. */
const DIGITS_SURE_TO_FIT = 300;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');
const NAN = Buffer.from('NaN');
const INF = Buffer.from('Inf');
const INFINITY_TAIL = Buffer.from('inity');

/** A base64 value as most clients write it, up to its text; some put a space after the colon. */
const BASE64_START = Buffer.from('{"b64":');
/** Bytes that are decoded at once for short strings: the first time, and at most. */
const FIRST_WINDOW_BYTES = 256;
const LARGEST_WINDOW_BYTES = 65_536;
/** From here on a string is decoded by itself. */
const LONG_STRING_BYTES = 1024;

/** What a one-letter escape stands for, by its letter. */
const ESCAPES: ReadonlyMap<number, string> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, meaning]) => [letter.charCodeAt(0), meaning],
  ),
);

/**
 * Walks over the bytes of one JSON document. The dialect is that of RapidJSON with NaN and infinities allowed, which is
 * what TensorFlow Serving reads (util/json_tensor.cc ParseJson): strict but for `NaN`, `Inf`, `Infinity` (with or without
 * `-`), raw invalid UTF-8 in strings and a byte order mark. Wording of errors: RapidJSON error/en.h.
 * Nothing here calls itself: nesting costs no stack, and is bounded by `maxDepth`.
 *
 * `position` is public and plain, because the number readers next door keep it in a local variable while they run.
 * @throws ServingError INVALID_ARGUMENT "JSON Parse error: …" from every method that says it reads or skips.
 */
export class JsonScanner {
  readonly bytes: Uint8Array;
  /** The same bytes. */
  readonly view: DataView;
  position = 0;
  /** Set by the run readers: whether they stopped at a value they could not read, rather than behind one they did. */
  stoppedAtValue = false;
  readonly #maxDepth: number;
  #depth = 0;
  #buffer: Buffer | undefined;
  #isUtf8: boolean | undefined;
  /** The bytes from `#windowStart` on, one character each. */
  #window = '';
  #windowStart = 0;
  #windowBytes = FIRST_WINDOW_BYTES;

  /** @param maxDepth how many objects and arrays may be open at once. */
  constructor(bytes: Uint8Array, maxDepth: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#maxDepth = maxDepth;
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.position = 3;
  }

  /** Skips white space. @returns the byte then at `position`, 0 at the end. */
  peek(): number {
    const { bytes } = this;
    let position = this.position;
    let character = bytes[position] ?? 0;
    while (character === SPACE || character === LINE_FEED || character === CARRIAGE_RETURN || character === TAB) {
      character = bytes[++position] ?? 0;
    }
    this.position = position;
    return character;
  }

  /** Steps over the `[` or `{` at `position`. */
  open(): void {
    if (++this.#depth > this.#maxDepth) {
      throw this.failure(`Nested more than ${this.#maxDepth} levels deep.`, this.position);
    }
    this.position++;
  }

  /** Steps over the `]` or `}` at `position`. */
  close(): void {
    this.#depth--;
    this.position++;
  }

  /**
   * After an element of an array: steps over the comma.
   * @returns whether another element follows; if not, `position` is at the `]`.
   */
  nextElement(): boolean {
    const character = this.peek();
    if (character === COMMA) {
      this.position++;
      return true;
    }
    if (character !== CLOSE_BRACKET) {
      throw this.failure("Missing a comma or ']' after an array element.", this.position);
    }
    return false;
  }

  /**
   * After a member of an object: steps over the comma.
   * @returns whether another member follows; if not, `position` is at the `}`.
   */
  nextMember(): boolean {
    const character = this.peek();
    if (character === COMMA) {
      this.position++;
      return true;
    }
    if (character !== CLOSE_BRACE) {
      throw this.failure("Missing a comma or '}' after an object member.", this.position);
    }
    return false;
  }

  /** Reads the name of a member and the colon after it. */
  readName(): string {
    if (this.peek() !== QUOTE) throw this.failure('Missing a name for object member.', this.position);
    const name = this.readString();
    this.skipColon();
    return name;
  }

  /**
   * Steps over a member's name and its colon if the name stands there in exactly these bytes.
   * @param quoted the name in its plainest JSON form, quotation marks included.
   */
  skipNameIf(quoted: Uint8Array): boolean {
    this.peek();
    const { bytes, position } = this;
    for (let index = 0; index < quoted.length; index++) {
      if (bytes[position + index] !== quoted[index]) return false;
    }
    this.position = position + quoted.length;
    this.skipColon();
    return true;
  }

  /** Whether all of the bytes are UTF-8; found out when it is asked first. */
  get isUtf8(): boolean {
    return (this.#isUtf8 ??= isUtf8(this.bytes));
  }

  /** Reads the string at `position`, escapes resolved. Bytes that are no UTF-8 become U+FFFD. */
  readString(): string {
    const { bytes } = this;
    let position = this.position + 1;
    let segmentStart = position;
    let text = '';
    let ascii = true;
    for (;;) {
      const character = bytes[position] ?? 0;
      if (character === QUOTE) {
        this.position = position + 1;
        const segment = this.#decode(segmentStart, position, ascii);
        return text === '' ? segment : text + segment;
      }
      if (character === BACKSLASH) {
        text += this.#decode(segmentStart, position, ascii);
        this.position = position;
        text += this.#readEscape();
        position = segmentStart = this.position;
        ascii = true;
      } else if (character < SPACE) {
        throw this.#brokenString(character, position);
      } else {
        if (character >= 0x80) ascii = false;
        position++;
      }
    }
  }

  /** Skips the value that starts at or after `position`, checking its syntax. */
  skipValue(): void {
    /** The closing bytes of what is open, innermost last. */
    const open: number[] = [];
    for (;;) {
      const character = this.peek();
      if (character === OPEN_BRACKET || character === OPEN_BRACE) {
        const isArray = character === OPEN_BRACKET;
        this.open();
        if (this.peek() !== (isArray ? CLOSE_BRACKET : CLOSE_BRACE)) {
          open.push(isArray ? CLOSE_BRACKET : CLOSE_BRACE);
          if (!isArray) this.#skipName();
          continue;
        }
        this.close();
      } else {
        this.#skipScalar(character);
      }
      for (;;) {
        const innermost = open.at(-1);
        if (innermost === undefined) return;
        if (innermost === CLOSE_BRACKET ? this.nextElement() : this.nextMember()) {
          if (innermost === CLOSE_BRACE) this.#skipName();
          break;
        }
        this.close();
        open.pop();
      }
    }
  }

  /** The kind of the value that starts with this byte; undefined where no value does. */
  typeAt(character: number): JsonType | undefined {
    switch (character) {
      case OPEN_BRACE:
        return 'Object';
      case OPEN_BRACKET:
        return 'Array';
      case QUOTE:
        return 'String';
      case LOWER_T:
        return 'True';
      case LOWER_F:
        return 'False';
      case LOWER_N:
        return 'Null';
      default:
        return character === MINUS || character === UPPER_N || character === UPPER_I || isDigit(character)
          ? 'Number'
          : undefined;
    }
  }

  /**
   * Whether the `{` at `position` opens a base64 value: an object whose one member is named `b64` and holds a string.
   * Moves nothing.
   */
  isBase64Object(): boolean {
    const start = this.position;
    try {
      this.position++;
      if (this.peek() !== QUOTE || this.readName() !== 'b64' || this.peek() !== QUOTE) return false;
      this.#skipString();
      return this.peek() === CLOSE_BRACE;
    } finally {
      this.position = start;
    }
  }

  /** Reads the text of the base64 value at `position`, for which {@link isBase64Object} holds. */
  readBase64Text(): string {
    this.position++;
    this.readName();
    this.peek();
    const text = this.readString();
    this.peek();
    this.position++;
    return text;
  }

  /**
   * Where the text of the base64 value at `position` stands, if the value has no escape and no other white space than a
   * space after its colon; then it is stepped over. Undefined, and nothing moves, for every other value.
   */
  readPlainBase64(): { readonly start: number; readonly end: number } | undefined {
    const { bytes, position } = this;
    for (let index = 0; index < BASE64_START.length; index++) {
      if (bytes[position + index] !== BASE64_START[index]) return undefined;
    }
    let start = position + BASE64_START.length;
    if (bytes[start] === SPACE) start++;
    if (bytes[start++] !== QUOTE) return undefined;
    let end = start;
    for (let character = bytes[end] ?? 0; character !== QUOTE; character = bytes[++end] ?? 0) {
      if (character < SPACE || character === BACKSLASH) return undefined;
    }
    if (bytes[end + 1] !== CLOSE_BRACE) return undefined;
    this.position = end + 2;
    return { start, end };
  }

  /**
   * The value that starts at `position`, indented as TensorFlow Serving's messages show it, but cut after 256 bytes.
   * The value's syntax must have been checked. Moves nothing.
   */
  quote(): string {
    const start = this.position;
    let text = '';
    let depth = 0;
    const newLine = (): string => `\n${'    '.repeat(Math.min(depth, QUOTED_BYTES / 4))}`;
    do {
      const character = this.peek();
      const from = this.position;
      if (character === OPEN_BRACE || character === OPEN_BRACKET) {
        this.position++;
        const closing = this.peek();
        if (closing === CLOSE_BRACE || closing === CLOSE_BRACKET) {
          text += String.fromCharCode(character, closing);
          this.position++;
        } else {
          depth++;
          text += String.fromCharCode(character) + newLine();
        }
      } else if (character === CLOSE_BRACE || character === CLOSE_BRACKET) {
        depth--;
        text += newLine() + String.fromCharCode(character);
        this.position++;
      } else if (character === COMMA) {
        text += `,${newLine()}`;
        this.position++;
      } else if (character === COLON) {
        text += ': ';
        this.position++;
      } else {
        this.#skipScalar(character);
        text += this.#decode(from, Math.min(this.position, from + QUOTED_BYTES), false);
        if (this.position > from + QUOTED_BYTES) text += ' '.repeat(QUOTED_BYTES); // makes sure that the cut shows
      }
    } while (depth > 0 && text.length <= QUOTED_BYTES);
    this.position = start;
    return cutToBytes(text, QUOTED_BYTES);
  }

  /** The bytes from `start` to `end` as text, one character each. */
  latin1(start: number, end: number): string {
    return this.#asBuffer().toString('latin1', start, end);
  }

  /** The error of a document that breaks the grammar. @param offset in bytes from the start of the body. */
  failure(message: string, offset: number): ServingError {
    return new ServingError('INVALID_ARGUMENT', `JSON Parse error: ${message} at offset: ${offset}`);
  }

  /**
   * Reads over the number token at `start`.
   * @returns where it ends.
   */
  endOfNumber(start: number): number {
    const { bytes } = this;
    let position = start;
    if (bytes[position] === MINUS) position++;
    const first = bytes[position] ?? 0;
    if (!isDigit(first)) return this.endOfSpecialNumber(position);
    const digits = position;
    position++;
    if (first !== ZERO) while (isDigit(bytes[position] ?? 0)) position++;
    if (bytes[position] === DOT) {
      position = this.#endOfDigits(position + 1, 'Miss fraction part in number.');
    }
    const character = bytes[position];
    const hasExponent = character === LOWER_E || character === UPPER_E;
    if (hasExponent) {
      const sign = bytes[++position];
      if (sign === PLUS || sign === MINUS) position++;
      position = this.#endOfDigits(position, 'Miss exponent in number.');
    }
    if ((hasExponent || position - digits > DIGITS_SURE_TO_FIT) && toDouble(bytes, digits, position) === Infinity) {
      throw this.failure('Number too big to be stored in double.', start);
    }
    return position;
  }

  /** Where the `NaN`, `Inf` or `Infinity` at `start` ends. Its sign has been read. */
  endOfSpecialNumber(start: number): number {
    if (this.#startsWith(NAN, start)) return start + NAN.length;
    if (!this.#startsWith(INF, start)) throw this.failure('Invalid value.', start);
    const afterInf = start + INF.length;
    if (this.bytes[afterInf] !== INFINITY_TAIL[0]) return afterInf;
    if (!this.#startsWith(INFINITY_TAIL, afterInf)) throw this.failure('Invalid value.', start);
    return afterInf + INFINITY_TAIL.length;
  }

  #endOfDigits(start: number, messageIfNone: string): number {
    let position = start;
    while (isDigit(this.bytes[position] ?? 0)) position++;
    if (position === start) throw this.failure(messageIfNone, start);
    return position;
  }

  skipColon(): void {
    if (this.peek() !== COLON) {
      throw this.failure('Missing a colon after a name of object member.', this.position);
    }
    this.position++;
  }

  #skipName(): void {
    if (this.peek() !== QUOTE) throw this.failure('Missing a name for object member.', this.position);
    this.#skipString();
    this.skipColon();
  }

  #skipScalar(character: number): void {
    switch (this.typeAt(character)) {
      case 'String':
        this.#skipString();
        return;
      case 'True':
        this.#skipWord(TRUE);
        return;
      case 'False':
        this.#skipWord(FALSE);
        return;
      case 'Null':
        this.#skipWord(NULL);
        return;
      case 'Number':
        this.position = this.endOfNumber(this.position);
        return;
      case 'Object':
      case 'Array':
      case undefined:
        throw this.failure('Invalid value.', this.position);
    }
  }

  #skipWord(word: Uint8Array): void {
    for (const character of word) {
      if (this.bytes[this.position] !== character) throw this.failure('Invalid value.', this.position);
      this.position++;
    }
  }

  #skipString(): void {
    const { bytes } = this;
    let position = this.position + 1;
    for (;;) {
      const character = bytes[position] ?? 0;
      if (character === QUOTE) {
        this.position = position + 1;
        return;
      }
      if (character === BACKSLASH) {
        this.position = position;
        this.#readEscape();
        position = this.position;
      } else if (character < SPACE) {
        throw this.#brokenString(character, position);
      } else {
        position++;
      }
    }
  }

  #brokenString(character: number, position: number): ServingError {
    return character === 0
      ? this.failure('Missing a closing quotation mark in string.', position)
      : this.failure('Invalid encoding in string.', position);
  }

  /** Reads the escape whose backslash is at `position`. */
  #readEscape(): string {
    const start = this.position;
    const letter = this.bytes[start + 1] ?? 0;
    if (letter !== LOWER_U) {
      const meaning = ESCAPES.get(letter);
      if (meaning === undefined) throw this.failure('Invalid escape character in string.', start);
      this.position = start + 2;
      return meaning;
    }
    const unit = this.#hex(start + 2, start);
    this.position = start + 6;
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    const isPair = unit < 0xdc00 && this.bytes[start + 6] === BACKSLASH && this.bytes[start + 7] === LOWER_U;
    const second = isPair ? this.#hex(start + 8, start) : 0;
    if (second < 0xdc00 || second > 0xdfff) throw this.failure('The surrogate pair in string is invalid.', start);
    this.position = start + 12;
    return String.fromCharCode(unit, second);
  }

  #hex(start: number, escapeStart: number): number {
    let value = 0;
    for (let position = start; position < start + 4; position++) {
      const character = this.bytes[position] ?? 0;
      const letter = character | 0x20;
      let digit: number;
      if (isDigit(character)) digit = character - ZERO;
      else if (letter >= 0x61 && letter <= 0x66) digit = letter - 0x61 + 10;
      else throw this.failure('Incorrect hex digit after \\u escape in string.', escapeStart);
      value = value * 16 + digit;
    }
    return value;
  }

  #startsWith(word: Uint8Array, start: number): boolean {
    return word.every((character, index) => this.bytes[start + index] === character);
  }

  #decode(start: number, end: number, ascii: boolean): string {
    if (start === end) return '';
    if (!ascii) return this.#asBuffer().toString('utf8', start, end);
    if (end - start >= LONG_STRING_BYTES) return this.latin1(start, end);
    // A call into Node for each short string would cost several times as much as its part of a window.
    if (start < this.#windowStart || end > this.#windowStart + this.#window.length) {
      this.#window = this.latin1(start, Math.max(end, start + this.#windowBytes));
      this.#windowStart = start;
      this.#windowBytes = Math.min(this.#windowBytes * 4, LARGEST_WINDOW_BYTES);
    }
    return this.#window.slice(start - this.#windowStart, end - this.#windowStart);
  }

  #asBuffer(): Buffer {
    this.#buffer ??= Buffer.isBuffer(this.bytes)
      ? this.bytes
      : Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    return this.#buffer;
  }
}

/** Whether the byte is one of `0` to `9`. */
export function isDigit(character: number): boolean {
  return (character - ZERO) >>> 0 <= 9;
}

/** The text, or its start and an ellipsis where it has more than `limit` bytes of UTF-8. */
function cutToBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString('utf8', 0, end)}...`;
}
