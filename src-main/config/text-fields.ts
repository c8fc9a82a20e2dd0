import { parseServableVersion, type ServableVersion } from '../contracts/ids.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { parseTextProto, type TextField, TextProtoError, type TextValue } from './text-proto.ts';

/** How each field of one message is read into `T`. A field that is not here is an error. */
export type Readers<T> = Readonly<Record<string, (value: TextValue, into: T, field: TextField) => void>>;

/**
 * Reads a file in the text format.
 * @param read gets the fields of the top-level message.
 * @throws ServingError INVALID_ARGUMENT; its message starts with line and column where the text is at fault.
 */
export function readTextFile<T>(text: string, read: (fields: readonly TextField[]) => T): T {
  return withPlaces(() => read(parseTextProto(text)));
}

/** @throws ServingError INVALID_ARGUMENT in the place of a TextProtoError. */
export function withPlaces<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TextProtoError) throw new ServingError('INVALID_ARGUMENT', error.message, { cause: error });
    throw error;
  }
}

/**
 * Reads fields in file order. In JSON a field may be written in lowerCamelCase too.
 * @param message name of the message, for errors.
 * @param repeated names of the fields that may come more than once, or as a list.
 * @throws TextProtoError at a field that `readers` have not got, and at one that comes twice and must not. Wording of the
 *   latter: google/protobuf/text_format.cc.
 */
export function readFields<T>(
  fields: readonly TextField[],
  message: string,
  into: T,
  readers: Readers<T>,
  repeated: readonly string[] = [],
): void {
  // Messages have few fields, and there are many messages.
  const seen: string[] = [];
  for (const field of fields) {
    if (field.isPragma) failAt(field.place, 'comments that start with "slipway:" stand directly inside config { … }');
    const name = canonicalName(field, readers);
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (!read) {
      const known = Object.keys(readers);
      const hint = known.length > 0 ? `; known here: ${known.join(', ')}` : '';
      failAt(field.place, `message ${message} has no field "${field.name}" in this server${hint}`);
    }
    if (!repeated.includes(name)) {
      if (field.isListItem) failAt(field.place, `field "${name}" takes one value, not a list`);
      if (seen.includes(name)) failAt(field.place, `Non-repeated field "${name}" is specified multiple times.`);
      seen.push(name);
    }
    read(field.value, into, field);
  }
}

function canonicalName(field: TextField, readers: Readonly<Record<string, unknown>>): string {
  if (!field.isJson || Object.hasOwn(readers, field.name)) return field.name;
  return field.name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}

export function asMessage(value: TextValue, name: string): readonly TextField[] {
  if (value.kind !== 'message') failAt(value.place, `${name} is a message: write ${name} { … }`);
  return value.fields;
}

export function asString(value: TextValue, name: string): string {
  if (value.kind !== 'string') failAt(value.place, `${name} is a string: write it in quotes`);
  return value.text;
}

/** A non-negative int64, decimal as it stands, or octal or hexadecimal as the text format allows. */
export function asVersion(value: TextValue, name: string): ServableVersion {
  const version = parseServableVersion(decimal(scalarText(value)));
  if (version === undefined) failAt(value.place, `${name} is a whole number from 0 to 9223372036854775807`);
  return version;
}

/** A whole number from `min` to `max`. */
export function asCount(value: TextValue, name: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  const text = decimal(scalarText(value));
  const count = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  if (!(count >= min && count <= max)) failAt(value.place, `${name} is a whole number from ${min} to ${max}`);
  return count;
}

export function asBoolean(value: TextValue, name: string): boolean {
  if (value.kind === 'literal' && /^(?:true|True|t|1)$/u.test(value.text)) return true;
  if (value.kind === 'literal' && /^(?:false|False|f|0)$/u.test(value.text)) return false;
  return failAt(value.place, `${name} is true or false`);
}

/** One of the names of an enum. */
export function asEnum<const E extends string>(value: TextValue, name: string, names: readonly E[]): E {
  const text = scalarText(value);
  return names.find((known) => known === text) ?? failAt(value.place, `${name} is one of ${names.join(', ')}`);
}

/**
 * The `value` of a wrapper message such as google.protobuf.Int64Value: `{ value: 3 }`, and in JSON just `3`.
 * @param fallback what a message without it stands for.
 */
export function unwrapped<T>(value: TextValue, name: string, fallback: T, read: (inner: TextValue) => T): T {
  if (value.kind !== 'message' && value.isJson) return read(value);
  const found = { value: fallback };
  readFields(asMessage(value, name), name, found, {
    value: (inner, into) => {
      into.value = read(inner);
    },
  });
  return found.value;
}

/** A number or name as it stands; in JSON it may stand in quotes. Empty for anything else. */
function scalarText(value: TextValue): string {
  if (value.kind === 'literal') return value.text;
  return value.kind === 'string' && value.isJson ? value.text : '';
}

/** @throws TextProtoError always. */
export function failAt(place: TextField['place'], message: string): never {
  throw new TextProtoError(place, message);
}

/** Octal and hexadecimal numbers as decimal ones; everything else as it is. */
function decimal(text: string): string {
  if (/^0[xX][0-9A-Fa-f]+$/u.test(text)) return BigInt(text).toString();
  if (/^0[0-7]+$/u.test(text)) return BigInt(`0o${text.slice(1)}`).toString();
  return text;
}
