/** One object of a listing. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** Milliseconds since the Unix epoch. */
  readonly modifiedMs: number;
  /** The ETag, with its quotes. */
  readonly revision: string;
  /** Set where it has to be restored before it can be read. */
  readonly archivedIn?: string;
}

export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** With the prefix, and the slash at their end. */
  readonly prefixes: readonly string[];
  /** Set where there is another page. */
  readonly next?: string;
}

const ARCHIVES = new Set(['GLACIER', 'DEEP_ARCHIVE']);
const ROOT = 'ListBucketResult';

/** @returns the storage class of what has to be restored first. */
export function archiveOf(storageClass: string | undefined, isRestored: boolean): string | undefined {
  return storageClass !== undefined && ARCHIVES.has(storageClass) && !isRestored ? storageClass : undefined;
}

/**
 * Reads an answer to ListObjectsV2. It takes what S3 and its likes write and nothing else: a document of one
 * `ListBucketResult`, well-formed, without a document type, in which each object has a key, a size and an ETag, all keys
 * begin with the prefix that was asked for, and it is told whether and where the listing goes on.
 *
 * The SDK can read it as well, but takes ten times as long, and a page of HTML for an empty listing.
 * @returns undefined for what is no such answer.
 */
export function readListPage(xml: string, prefix: string): ListPage | undefined {
  try {
    return pageOf(new Reader(xml), prefix);
  } catch (error) {
    if (error instanceof NoListing) return undefined;
    throw error;
  }
}

class NoListing extends Error {}

function pageOf(reader: Reader, prefix: string): ListPage {
  const raw: ListedObject[] = [];
  const rawPrefixes: string[] = [];
  let bucket: string | undefined;
  let isTruncated: boolean | undefined;
  let next: string | undefined;
  let encoding: string | undefined;
  reader.root(ROOT);
  for (let name = reader.child(); name !== undefined; name = reader.child()) {
    switch (name) {
      case 'Contents':
        raw.push(objectOf(reader));
        break;
      case 'CommonPrefixes':
        rawPrefixes.push(prefixOf(reader));
        break;
      case 'Name':
        bucket = reader.text();
        break;
      case 'IsTruncated':
        isTruncated = booleanOf(reader.text());
        break;
      case 'NextContinuationToken':
        next = reader.text();
        break;
      case 'EncodingType':
        encoding = reader.text();
        break;
      default:
        reader.skip();
    }
  }
  reader.end();
  if (bucket === undefined || isTruncated === undefined) throw new NoListing();
  if (isTruncated && (next === undefined || next === '')) throw new NoListing();
  // Whether names are encoded may be told after them.
  const decode = (text: string): string => {
    const decoded = encoding === 'url' ? decodeName(text) : text;
    if (!decoded.startsWith(prefix)) throw new NoListing();
    return decoded;
  };
  return {
    objects: raw.map(({ key, ...object }) => ({ key: decode(key), ...object })),
    prefixes: rawPrefixes.map(decode),
    ...(isTruncated && next !== undefined ? { next } : {}),
  };
}

/** @returns an object with its key as it was written. */
function objectOf(reader: Reader): ListedObject {
  let key: string | undefined;
  let sizeBytes: number | undefined;
  let revision: string | undefined;
  let modifiedMs = 0;
  let storageClass: string | undefined;
  let isRestored = false;
  for (let name = reader.child(); name !== undefined; name = reader.child()) {
    switch (name) {
      case 'Key':
        key = reader.text();
        break;
      case 'Size':
        sizeBytes = numberOf(reader.text());
        break;
      case 'ETag':
        revision = revisionOf(reader.text());
        break;
      case 'LastModified':
        modifiedMs = timeOf(reader.text());
        break;
      case 'StorageClass':
        storageClass = reader.text();
        break;
      case 'RestoreStatus':
        isRestored = hasExpiryDate(reader);
        break;
      default:
        reader.skip();
    }
  }
  if (key === undefined || sizeBytes === undefined || revision === undefined) throw new NoListing();
  const archivedIn = archiveOf(storageClass, isRestored);
  return { key, sizeBytes, modifiedMs, revision, ...(archivedIn === undefined ? {} : { archivedIn }) };
}

function prefixOf(reader: Reader): string {
  let prefix: string | undefined;
  for (let name = reader.child(); name !== undefined; name = reader.child()) {
    if (name === 'Prefix') prefix = reader.text();
    else reader.skip();
  }
  if (prefix === undefined) throw new NoListing();
  return prefix;
}

/** Archived objects that can be read for a while say until when. */
function hasExpiryDate(reader: Reader): boolean {
  let found = false;
  for (let name = reader.child(); name !== undefined; name = reader.child()) {
    found ||= name === 'RestoreExpiryDate';
    reader.skip();
  }
  return found;
}

/** It comes back as the header of a request, which takes no other characters. */
function revisionOf(text: string): string {
  if (!/^[\t\u0020-\u007e\u0080-\u00ff]{0,1024}$/u.test(text)) throw new NoListing();
  return text;
}

function booleanOf(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new NoListing();
  return text === 'true';
}

function numberOf(text: string): number {
  const value = Number(text);
  if (text === '' || !/^\d+$/u.test(text) || !Number.isSafeInteger(value)) throw new NoListing();
  return value;
}

function timeOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new NoListing();
  return ms;
}

/** Names come URL-encoded, since XML cannot hold all of them; a space may be a `+`. */
function decodeName(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new NoListing();
  }
}

const LESS_THAN = 0x3c;
const SLASH = 0x2f;
const SPACE = /[\s/]/u;
const NAME = /^[A-Za-z_][\w.-]*$/u;
const REFERENCE = /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));|&/giu;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Walks through elements, text in leaves only. Each method throws NoListing where the document is not like that. */
class Reader {
  readonly #xml: string;
  #at = 0;
  /** Names of the elements that are open. */
  readonly #open: string[] = [];
  /** The element that was opened last was empty: `<Prefix/>`. */
  #isEmpty = false;

  constructor(xml: string) {
    // A byte order mark.
    this.#xml = xml.startsWith('\uFEFF') ? xml.slice(1) : xml;
  }

  /** Enters the element that is the whole document. */
  root(name: string): void {
    this.#skipProlog();
    if (this.#tag() !== name) throw new NoListing();
  }

  /** Enters the next child of the element that is open; undefined: it had no more, and is closed. */
  child(): string | undefined {
    if (this.#isEmpty) {
      this.#close();
      return undefined;
    }
    this.#skipSpace();
    if (this.#xml.charCodeAt(this.#at + 1) !== SLASH) return this.#tag();
    this.#endTag();
    return undefined;
  }

  /** The text of the element that was entered, which is closed by that. */
  text(): string {
    if (this.#isEmpty) {
      this.#close();
      return '';
    }
    const end = this.#xml.indexOf('<', this.#at);
    if (end < 0) throw new NoListing();
    const text = this.#xml.slice(this.#at, end);
    this.#at = end;
    this.#endTag();
    return text.includes('&') ? text.replaceAll(REFERENCE, resolveReference) : text;
  }

  /** Leaves the element that was entered, whatever is in it. */
  skip(): void {
    const depth = this.#open.length;
    while (this.#open.length >= depth) {
      if (this.#isEmpty) {
        this.#close();
        continue;
      }
      this.#at = this.#xml.indexOf('<', this.#at);
      if (this.#at < 0) throw new NoListing();
      if (this.#xml.charCodeAt(this.#at + 1) === SLASH) this.#endTag();
      else this.#tag();
    }
  }

  /** Nothing comes after the root. */
  end(): void {
    this.#skipSpace(true);
    if (this.#at < this.#xml.length) throw new NoListing();
  }

  #skipProlog(): void {
    this.#skipSpace();
    if (this.#xml.startsWith('<?xml', this.#at)) this.#at = this.#after('?>');
    this.#skipSpace();
  }

  /** A start tag. Comments, sections of characters and document types begin otherwise than a name does. */
  #tag(): string {
    if (this.#xml.charCodeAt(this.#at) !== LESS_THAN) throw new NoListing();
    const end = this.#after('>') - 1;
    this.#isEmpty = this.#xml.charCodeAt(end - 1) === SLASH;
    const inside = this.#xml.slice(this.#at + 1, this.#isEmpty ? end - 1 : end);
    const cut = inside.search(SPACE);
    const name = cut < 0 ? inside : inside.slice(0, cut);
    if (!NAME.test(name)) throw new NoListing();
    this.#open.push(name);
    this.#at = end + 1;
    return name;
  }

  #endTag(): void {
    const name = this.#open.at(-1) ?? '';
    if (!this.#xml.startsWith(`</${name}>`, this.#at)) throw new NoListing();
    this.#at += name.length + 3;
    this.#open.pop();
  }

  #close(): void {
    this.#isEmpty = false;
    this.#open.pop();
  }

  #after(mark: string): number {
    const at = this.#xml.indexOf(mark, this.#at);
    if (at < 0) throw new NoListing();
    return at + mark.length;
  }

  #skipSpace(mayEnd = false): void {
    while (this.#at < this.#xml.length && /\s/u.test(this.#xml.charAt(this.#at))) this.#at += 1;
    if (!mayEnd && this.#at >= this.#xml.length) throw new NoListing();
  }
}

function resolveReference(_: string, hex: string | undefined, decimal: string | undefined, name: string | undefined) {
  const resolved = name === undefined ? undefined : NAMED[name];
  if (resolved !== undefined) return resolved;
  const code = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16);
  if (!(code >= 0 && code <= 0x10_ff_ff)) throw new NoListing();
  return String.fromCodePoint(code);
}
