/** Files of warm-up requests as TensorFlow's tools write them. */
import { ProtobufWriter } from '../../../scripts/samples/protobuf-writer.ts';
import { maskedCrc32c } from '../worker/warm-up/crc32c.ts';

/** A TFRecord file. */
export function tfRecords(records: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    records.flatMap((record) => {
      const header = Buffer.alloc(12);
      header.writeBigUInt64LE(BigInt(record.length));
      header.writeUInt32LE(maskedCrc32c(header.subarray(0, 8)), 8);
      const footer = Buffer.alloc(4);
      footer.writeUInt32LE(maskedCrc32c(record));
      return [header, record, footer];
    }),
  );
}

/** A PredictionLog with this request in the member of the given number: 6 is `predict_log`. */
export function predictionLog(member: number, request: Uint8Array): Uint8Array {
  const metadata = new ProtobufWriter().message(1, new ProtobufWriter().text(1, 'm'));
  const log = new ProtobufWriter().bytes(1, request).bytes(2, new Uint8Array(3));
  return new ProtobufWriter().message(1, metadata).message(member, log).toBytes();
}

/** A PredictRequest for the float input `x`. */
export function predictRequest(x: readonly number[]): Uint8Array {
  const spec = new ProtobufWriter().text(1, 'another_name');
  const shape = new ProtobufWriter().message(2, new ProtobufWriter().varint(1, x.length));
  const tensor = new ProtobufWriter().varint(1, 1).message(2, shape).packedFloats(5, x);
  const entry = new ProtobufWriter().text(1, 'x').message(2, tensor);
  return new ProtobufWriter().message(1, spec).message(2, entry).toBytes();
}
