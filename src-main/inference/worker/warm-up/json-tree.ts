/** Some JSON, as it is written: numbers keep their digits, and every value knows where it stands in the text. */
export type JsonTree = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  /** Also `NaN`, `Infinity` and `-Infinity`, which responses may hold. */
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'array'; readonly items: readonly JsonTree[] }
  /** Of keys that come twice, the first one counts, as everywhere. */
  | { readonly kind: 'object'; readonly entries: ReadonlyMap<string, JsonTree> }
);

/** Text that is no JSON; the message says where and what. */
export class JsonSyntaxError extends Error {
  override readonly name: string = 'JsonSyntaxError';
}

/** Deeper than any tensor can be. */
const MAX_DEPTH = 200;
const SPACE = /[\t\n\r ]*/uy;
const NUMBER = /-?(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)|NaN/uy;
const WORD = /null|true|false/uy;

/** @throws JsonSyntaxError */
export function parseJsonTree(text: string): JsonTree {
  const reader = new Reader(text);
  const tree = reader.value(0);
  reader.end();
  return tree;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonTree {
    if (depth > MAX_DEPTH) throw this.#problem('nested too deep');
    this.#take(SPACE);
    const start = this.#at;
    if (this.#text[start] === '{') return { kind: 'object', entries: this.#entries(depth), start, end: this.#at };
    if (this.#text[start] === '[') return { kind: 'array', items: this.#items(depth), start, end: this.#at };
    if (this.#text[start] === '"') return { kind: 'string', value: this.#string(), start, end: this.#at };
    const digits = this.#take(NUMBER);
    if (digits !== undefined) return { kind: 'number', digits, start, end: this.#at };
    const word = this.#take(WORD);
    if (word === undefined) throw this.#problem('expected a value');
    return word === 'null'
      ? { kind: 'null', start, end: this.#at }
      : { kind: 'boolean', value: word === 'true', start, end: this.#at };
  }

  end(): void {
    this.#take(SPACE);
    if (this.#at < this.#text.length) throw this.#problem('unexpected text after the end');
  }

  #items(depth: number): readonly JsonTree[] {
    const items: JsonTree[] = [];
    this.#at += 1;
    if (this.#skip(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.#skip(','));
    if (!this.#skip(']')) throw this.#problem('expected "," or "]"');
    return items;
  }

  #entries(depth: number): ReadonlyMap<string, JsonTree> {
    const entries = new Map<string, JsonTree>();
    this.#at += 1;
    if (this.#skip('}')) return entries;
    do {
      this.#take(SPACE);
      if (this.#text[this.#at] !== '"') throw this.#problem('expected a key in quotes');
      const key = this.#string();
      if (!this.#skip(':')) throw this.#problem('expected ":"');
      const value = this.value(depth + 1);
      if (!entries.has(key)) entries.set(key, value);
    } while (this.#skip(','));
    if (!this.#skip('}')) throw this.#problem('expected "," or "}"');
    return entries;
  }

  #string(): string {
    const end = this.#endOfString();
    try {
      const value: unknown = JSON.parse(this.#text.slice(this.#at, end));
      if (typeof value === 'string') {
        this.#at = end;
        return value;
      }
    } catch {
      // Said below.
    }
    throw this.#problem('a string that is not well-formed');
  }

  /** Not by a pattern, which would run out of stack in a string of megabytes. */
  #endOfString(): number {
    let at = this.#at + 1;
    while (at < this.#text.length && this.#text[at] !== '"') at += this.#text[at] === '\\' ? 2 : 1;
    return at + 1;
  }

  #skip(character: string): boolean {
    this.#take(SPACE);
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }

  #problem(what: string): JsonSyntaxError {
    const before = this.#text.slice(0, this.#at).split('\n');
    return new JsonSyntaxError(`line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${what}`);
  }
}
