import type { ServableId } from '../../../contracts/ids.ts';
import { DEFAULT_SIGNATURE_NAME } from '../../../contracts/model-format.ts';
import { tagOf, WIRE, type WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** Source: TensorFlow Serving apis/model.proto ModelSpec. */
const NAME = tagOf(1, WIRE.bytes);
const SIGNATURE_NAME = tagOf(3, WIRE.bytes);

/** What is read of a ModelSpec. Which version answers was settled before the request came to a worker. */
export interface ModelSpec {
  /** Empty where there is none. */
  name: string;
  /** Empty where there is none, which means the default. */
  signatureName: string;
}

/** Reads the ModelSpec in the field that the reader took last; a second one is merged into the first. */
export function readModelSpec(reader: WireReader, spec: ModelSpec): void {
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.tag === SIGNATURE_NAME) spec.signatureName = reader.text();
    else if (reader.tag === NAME) spec.name = reader.text();
  }
  reader.leave(outerEnd);
}

/** The ModelSpec of an answer as field `field`: name, version, and the one signature that a model has. */
export function writeModelSpec(writer: WireWriter, field: number, { name, version }: ServableId): void {
  writer.message(field, () => {
    writer
      .text(1, name)
      .message(2, () => writer.int64(1, BigInt(version)))
      .text(3, DEFAULT_SIGNATURE_NAME);
  });
}

/** {@link writeModelSpec}, as bytes. */
export function modelSpecField(field: number, id: ServableId): Buffer {
  const writer = new WireWriter();
  writeModelSpec(writer, field, id);
  return writer.finish();
}
