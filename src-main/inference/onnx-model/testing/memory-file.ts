import type { RandomAccess } from '../protobuf-reader.ts';

/** A file in memory that counts what is read of it. */
export interface MemoryFile extends RandomAccess {
  readonly reads: { count: number; bytes: number };
}

export function memoryFile(bytes: Uint8Array): MemoryFile {
  const reads = { count: 0, bytes: 0 };
  return {
    sizeBytes: bytes.length,
    reads,
    read(offset, length) {
      const part = bytes.slice(offset, offset + length);
      reads.count += 1;
      reads.bytes += part.length;
      return Promise.resolve(part);
    },
  };
}
