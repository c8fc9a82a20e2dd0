import type { FileHandle } from 'node:fs/promises';
import { ServingError } from '../../../contracts/serving-error.ts';
import { maskedCrc32c } from './crc32c.ts';

/** Length as u64, checksum of these eight bytes; both little-endian. */
const HEADER_BYTES = 12;
const CHECKSUM_BYTES = 4;
const ADVICE = 'Please verify your warmup data is in TFRecord format.';

/**
 * The records of a TFRecord file, one after the other; each is the receiver's own.
 * Source of format and wording: tensorflow core/lib/io/record_reader.cc.
 * @param name what error messages call the file.
 * @throws ServingError DATA_LOSS where a checksum is wrong or the file is cut off.
 */
export async function* readTfRecords(
  file: FileHandle,
  sizeBytes: number,
  name: string,
): AsyncGenerator<Buffer, void, undefined> {
  const dataLoss = (message: string): ServingError => new ServingError('DATA_LOSS', `${name}: ${message}. ${ADVICE}`);
  const readAt = async (position: number, length: number): Promise<Buffer> => {
    const buffer = Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length;) {
      const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) throw dataLoss(`truncated record at ${position}`);
      filled += bytesRead;
    }
    return buffer;
  };
  for (let at = 0; at < sizeBytes;) {
    if (sizeBytes - at < HEADER_BYTES) throw dataLoss(`truncated record at ${at}`);
    const header = await readAt(at, HEADER_BYTES);
    if (header.readUInt32LE(8) !== maskedCrc32c(header.subarray(0, 8))) {
      throw dataLoss(`corrupted record at ${at} (Is this even a TFRecord file?)`);
    }
    const left = sizeBytes - at - HEADER_BYTES - CHECKSUM_BYTES;
    const length = header.readBigUInt64LE(0);
    if (length > BigInt(Math.max(0, left)) || left < 0) throw dataLoss(`truncated record at ${at}`);
    const bytes = Number(length);
    const record = await readAt(at + HEADER_BYTES, bytes + CHECKSUM_BYTES);
    const data = record.subarray(0, bytes);
    if (record.readUInt32LE(bytes) !== maskedCrc32c(data)) throw dataLoss(`corrupted record at ${at}`);
    yield data;
    at += HEADER_BYTES + bytes + CHECKSUM_BYTES;
  }
}
