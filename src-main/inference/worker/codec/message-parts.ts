import { ServingError } from '../../../contracts/serving-error.ts';
import type { WireReader } from './wire-reader.ts';

/** No client sends more than one; each costs memory, and two bytes are enough for one. */
const MAX_PARTS = 1000;

/** An embedded message that comes in several fields: it is what it would be with one behind the other. */
export class MessageParts {
  readonly #parts: Buffer[] = [];

  /**
   * Adds the field that the reader took last.
   * @throws ServingError INVALID_ARGUMENT beyond {@link MAX_PARTS}.
   */
  take(reader: WireReader): void {
    this.add(reader.bytes, reader.start, reader.stop);
  }

  /** Adds these bytes, which are not copied. @throws ServingError as {@link take}. */
  add(bytes: Buffer, start: number, stop: number): void {
    if (this.#parts.length === MAX_PARTS) {
      throw new ServingError('INVALID_ARGUMENT', `a message comes in more than ${MAX_PARTS} parts. Send it as one.`);
    }
    this.#parts.push(bytes.subarray(start, stop));
  }

  /** The whole message; a view where it came in one part. */
  joined(): Buffer {
    const [first] = this.#parts;
    return first !== undefined && this.#parts.length === 1 ? first : Buffer.concat(this.#parts);
  }
}
