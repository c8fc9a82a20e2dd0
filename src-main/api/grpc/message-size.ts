import protobuf from 'protobufjs';

const BYTES = 2;

/**
 * Whether a message, all that it holds counted, has more than `max` fields and elements of repeated fields. It tells
 * before anything is decoded: two bytes can become an object of some hundred.
 * @throws Error for bytes that are no such message.
 */
export function hasMoreElements(type: protobuf.Type, bytes: Uint8Array, max: number): boolean {
  const reader = protobuf.Reader.create(bytes);
  let count = 0;

  const goThrough = (message: protobuf.Type | undefined, end: number): boolean => {
    while (reader.pos < end) {
      count += 1;
      if (count > max) return true;
      const key = reader.uint32();
      const wireType = key & 7;
      const field = message?.fieldsById[key >>> 3];
      if (wireType !== BYTES || field === undefined) {
        reader.skipType(wireType);
        continue;
      }
      const length = reader.uint32();
      if (!(field instanceof protobuf.MapField) && field.resolvedType instanceof protobuf.Type) {
        if (goThrough(field.resolvedType, reader.pos + length)) return true;
      } else {
        // Numbers in one piece have at least a byte each.
        if (field.repeated && field.type in protobuf.types.packed) count += length;
        reader.skip(length);
      }
    }
    return count > max;
  };

  return goThrough(type, reader.len);
}
