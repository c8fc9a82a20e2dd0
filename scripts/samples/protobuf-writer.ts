const WIRE_VARINT = 0;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

/**
 * Builds one protobuf message, field by field in the order of the calls.
 * Source: the encoding guide of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/).
 * Payloads are kept by reference until {@link toBytes} copies them once, so a message may hold hundreds of megabytes.
 */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** An int64, uint64, int32, bool or enum field; a negative number takes ten bytes, as protobuf has it. */
  varint(field: number, value: number | bigint): this {
    return this.#tag(field, WIRE_VARINT).#append(encodeVarint(value));
  }

  float(field: number, value: number): this {
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setFloat32(0, value, true);
    return this.#tag(field, WIRE_FIXED32).#append(payload);
  }

  bytes(field: number, payload: Uint8Array): this {
    return this.#tag(field, WIRE_BYTES).#append(encodeVarint(payload.length)).#append(payload);
  }

  text(field: number, text: string): this {
    return this.bytes(field, new TextEncoder().encode(text));
  }

  message(field: number, message: ProtobufWriter): this {
    this.#tag(field, WIRE_BYTES).#append(encodeVarint(message.#length));
    for (const chunk of message.#chunks) this.#append(chunk);
    return this;
  }

  packedVarints(field: number, values: readonly (number | bigint)[]): this {
    return this.bytes(field, Uint8Array.from(values.flatMap((value) => [...encodeVarint(value)])));
  }

  packedFloats(field: number, values: readonly number[]): this {
    const payload = new DataView(new ArrayBuffer(values.length * 4));
    values.forEach((value, index) => payload.setFloat32(index * 4, value, true));
    return this.bytes(field, new Uint8Array(payload.buffer));
  }

  /** The whole message; the caller owns the bytes. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes;
  }

  #tag(field: number, wireType: number): this {
    return this.#append(encodeVarint(field * 8 + wireType));
  }

  #append(chunk: Uint8Array): this {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    return this;
  }
}

/** Encodes a number as a base-128 varint, least significant group first. */
export function encodeVarint(value: number | bigint): Uint8Array {
  const groups: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const group = Number(rest & 0x7fn);
    rest >>= 7n;
    groups.push(rest === 0n ? group : group | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(groups);
}
