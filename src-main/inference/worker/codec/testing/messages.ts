/** Messages of TensorFlow Serving's PredictionService, for tests: built field by field, and read back. */
import { ProtobufWriter } from '../../../../../scripts/samples/protobuf-writer.ts';

/** A TensorProto whose values `addValues` adds. */
export function tensorProto(
  dtype: number,
  dims: readonly (number | bigint)[],
  addValues: (message: ProtobufWriter) => void = () => undefined,
): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const size of dims) shape.message(2, new ProtobufWriter().varint(1, size));
  const tensor = new ProtobufWriter().varint(1, dtype).message(2, shape);
  addValues(tensor);
  return tensor;
}

/** One entry of a map of messages by name. */
export function mapEntry(name: string, value: ProtobufWriter): ProtobufWriter {
  return new ProtobufWriter().text(1, name).message(2, value);
}

export function modelSpec(name: string, signatureName = ''): ProtobufWriter {
  const spec = new ProtobufWriter().text(1, name);
  return signatureName === '' ? spec : spec.text(3, signatureName);
}

/** A PredictRequest. */
export function predictRequest(
  inputs: Readonly<Record<string, ProtobufWriter>>,
  { signatureName = '', filter = [] }: { readonly signatureName?: string; readonly filter?: readonly string[] } = {},
): ProtobufWriter {
  const request = new ProtobufWriter().message(1, modelSpec('m', signatureName));
  for (const [name, tensor] of Object.entries(inputs)) request.message(2, mapEntry(name, tensor));
  for (const name of filter) request.text(3, name);
  return request;
}

/** The elements as little-endian bytes. */
export function memory(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
}

/** A message taken apart: for each field number what came, in order; varints as bigint, the rest as bytes. */
export type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

/** Takes a message apart, as the encoding guide says; a reader of its own, so that it can prove the product's. */
export function fieldsOf(bytes: Uint8Array): Fields {
  const buffer = Buffer.from(bytes);
  const fields = new Map<number, (bigint | Buffer)[]>();
  let position = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = buffer.readUInt8(position++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (position + length > buffer.length) throw new Error('the message ends too early');
    position += length;
    return buffer.subarray(position - length, position);
  };
  while (position < buffer.length) {
    const tag = Number(varint());
    const wireType = tag & 7;
    const value = wireType === 0 ? varint() : take(wireType === 1 ? 8 : wireType === 5 ? 4 : Number(varint()));
    const field = Math.floor(tag / 8);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

/** The varints of a packed field, as int64. */
export function varintsOf(packed: Uint8Array): bigint[] {
  const values: bigint[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of packed) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    values.push(BigInt.asIntN(64, value));
    value = 0n;
    shift = 0n;
  }
  return values;
}

/** The only value of a field that holds bytes; empty where it is not there. */
export function bytesOf(fields: Fields, field: number): Buffer {
  const values = fields.get(field) ?? [];
  const [value] = values;
  if (value === undefined) return Buffer.alloc(0);
  if (typeof value === 'bigint' || values.length > 1) throw new Error(`field ${field} is not one field of bytes`);
  return value;
}

export function textOf(fields: Fields, field: number): string {
  return bytesOf(fields, field).toString();
}

/** Every value of a field that holds messages. */
export function messagesOf(fields: Fields, field: number): Fields[] {
  return (fields.get(field) ?? []).map((value) => {
    if (typeof value === 'bigint') throw new Error(`field ${field} is no message`);
    return fieldsOf(value);
  });
}
