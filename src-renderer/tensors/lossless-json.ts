/**
 * JSON that keeps every number as it was written, and knows the tokens NaN, Infinity and -Infinity that TensorFlow
 * Serving's dialect adds. `JSON.parse` would round an int64 and refuse NaN.
 */

import { strings } from '../strings/index.ts';

const words = strings.tensors.json;

/** A number as its text: `9007199254740993`, `1e-7`, `NaN`, `-Infinity`. */
export class NumberToken {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Json = null | boolean | string | NumberToken | Json[] | JsonObject;
/** Keys in the order of the text. */
export type JsonObject = Map<string, Json>;

export type ParsedJson =
  | { readonly ok: true; readonly value: Json }
  /** Line and column count from 1. */
  | { readonly ok: false; readonly message: string; readonly line: number; readonly column: number };

const MAX_DEPTH = 100;
const NUMBER = /-?(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)|NaN/y;
// eslint-disable-next-line no-control-regex -- control characters are what must not stand in a JSON string
const STRING_END = /["\\\u0000-\u001f]/g;

class Failure extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Parses one JSON value. Of a key that is written twice the first counts, as in TensorFlow Serving. */
export function parseJson(text: string): ParsedJson {
  const reader = new Reader(text);
  try {
    return { ok: true, value: reader.document() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const before = text.slice(0, error.offset);
    const lineStart = before.lastIndexOf('\n') + 1;
    return {
      ok: false,
      message: error.message,
      line: before.split('\n').length,
      column: error.offset - lineStart + 1,
    };
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw new Failure(words.afterEnd, this.#at);
    return value;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at += 1;
    }
  }

  #value(depth: number): Json {
    this.#space();
    if (depth > MAX_DEPTH) throw new Failure(words.tooDeep(String(MAX_DEPTH)), this.#at);
    const first = this.#text[this.#at];
    switch (first) {
      case undefined:
        throw new Failure(words.tooEarly, this.#at);
      case '[':
        return this.#array(depth);
      case '{':
        return this.#object(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number(first);
    }
  }

  #word<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw new Failure(`Expected ${word}`, this.#at);
    this.#at += word.length;
    return value;
  }

  #number(first: string): NumberToken {
    NUMBER.lastIndex = this.#at;
    const token = NUMBER.exec(this.#text)?.[0];
    const after = token === undefined ? undefined : this.#text[this.#at + token.length];
    if (token === undefined || (after !== undefined && /[\w.+]/u.test(after))) {
      throw new Failure(/[-+.\d]/u.test(first) ? words.notNumber : words.unexpected(first), this.#at);
    }
    this.#at += token.length;
    return new NumberToken(token);
  }

  #string(): string {
    const start = this.#at;
    let end = start + 1;
    for (;;) {
      STRING_END.lastIndex = end;
      const stop = STRING_END.exec(this.#text);
      if (!stop) throw new Failure(words.noQuote, start);
      if (stop[0] === '"') {
        end = stop.index + 1;
        break;
      }
      if (stop[0] !== '\\') throw new Failure(words.control, stop.index);
      end = stop.index + 2;
    }
    this.#at = end;
    const token = this.#text.slice(start, end);
    if (!token.includes('\\')) return token.slice(1, -1);
    try {
      return String(JSON.parse(token));
    } catch {
      throw new Failure(words.badEscape, start);
    }
  }

  #array(depth: number): Json[] {
    const items: Json[] = [];
    this.#at += 1;
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at += 1;
      return items;
    }
    for (;;) {
      items.push(this.#value(depth + 1));
      if (this.#comma(']')) return items;
    }
  }

  #object(depth: number): JsonObject {
    const entries: JsonObject = new Map();
    this.#at += 1;
    this.#space();
    if (this.#text[this.#at] === '}') {
      this.#at += 1;
      return entries;
    }
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw new Failure(words.noKey, this.#at);
      const key = this.#string();
      this.#space();
      if (this.#text[this.#at] !== ':') throw new Failure(words.noColon, this.#at);
      this.#at += 1;
      const value = this.#value(depth + 1);
      if (!entries.has(key)) entries.set(key, value);
      if (this.#comma('}')) return entries;
    }
  }

  /** @returns true where the closing bracket stood instead of a comma. */
  #comma(close: ']' | '}'): boolean {
    this.#space();
    const next = this.#text[this.#at];
    if (next === close) {
      this.#at += 1;
      return true;
    }
    if (next !== ',') throw new Failure(next === undefined ? words.tooEarly : words.noComma(close), this.#at);
    this.#at += 1;
    return false;
  }
}

function scalarText(value: null | boolean | string | NumberToken): string {
  if (value instanceof NumberToken) return value.text;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** On one line: `{"instances": [1.0, 2.0]}`. */
export function printCompact(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(printCompact).join(', ')}]`;
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}: ${printCompact(item)}`).join(', ')}}`;
  }
  return scalarText(value);
}

/** Length of the compact form, or undefined as soon as it exceeds the budget. */
function compactLength(value: Json, budget: number): number | undefined {
  if (!Array.isArray(value) && !(value instanceof Map)) {
    const length = scalarText(value).length;
    return length <= budget ? length : undefined;
  }
  let length = 2;
  for (const [key, item] of value instanceof Map ? value : value.entries()) {
    if (length > 2) length += ', '.length;
    if (typeof key === 'string') length += JSON.stringify(key).length + ': '.length;
    const inner = compactLength(item, budget - length);
    if (inner === undefined) return undefined;
    length += inner;
  }
  return length <= budget ? length : undefined;
}

/** Readable: what fits on a line stays on it, rows of numbers are filled up to the width, the rest is one per line. */
export function printJson(value: Json, width = 88): string {
  return print(value, 0, width);
}

function print(value: Json, indent: number, width: number): string {
  if (compactLength(value, width - indent) !== undefined) return printCompact(value);
  const pad = ' '.repeat(indent + 2);
  const close = `\n${' '.repeat(indent)}`;
  if (value instanceof Map) {
    const lines = [...value].map(([key, item]) => `${pad}${JSON.stringify(key)}: ${print(item, indent + 2, width)}`);
    return `{\n${lines.join(',\n')}${close}}`;
  }
  if (!Array.isArray(value)) return scalarText(value);
  if (value.some((item) => Array.isArray(item) || item instanceof Map)) {
    return `[\n${value.map((item) => pad + print(item, indent + 2, width)).join(',\n')}${close}]`;
  }
  const lines: string[] = [];
  let line = '';
  for (const item of value) {
    const text = printCompact(item);
    if (line !== '' && pad.length + line.length + 2 + text.length >= width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? text : `${line}, ${text}`;
  }
  lines.push(line);
  return `[\n${lines.map((filled) => pad + filled).join(',\n')}${close}]`;
}
