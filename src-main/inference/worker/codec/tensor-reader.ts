import { ServingError } from '../../../contracts/serving-error.ts';
import { CLOSE_BRACKET, OPEN_BRACKET } from './ascii.ts';
import type { JsonScanner } from './json-scanner.ts';
import { MAX_RANK } from './shape-check.ts';
import type { TensorSink } from './tensor-sink.ts';

/** Size of an axis whose first list is still open. */
const OPEN = -1;

/**
 * Reads one tensor: a scalar or rectangular nested lists, whose shape is that of the first branch at each level.
 * @param scanner at the value's first byte, white space allowed; afterwards behind the value.
 * @param sink takes the scalars.
 * @param expected the shape to insist on; undefined: any.
 * @returns the shape.
 * @throws ServingError with the message of TensorFlow Serving (util/json_tensor.cc FillTensorProto) that comes first in
 *   its order of checks, in which the size of a list is checked before its elements. A JSON error anywhere in the value
 *   comes before all of them.
 */
export function readTensor(scanner: JsonScanner, sink: TensorSink, expected?: readonly number[]): readonly number[] {
  return new TensorReader(scanner, sink, expected).read();
}

class TensorReader {
  readonly #scanner: JsonScanner;
  readonly #sink: TensorSink;
  readonly #dims: number[];
  /** Undefined until the first scalar or empty list shows how deep the tensor is. */
  #rank: number | undefined;
  /** Elements read so far of each list that is open. */
  readonly #counts: number[] = [];

  constructor(scanner: JsonScanner, sink: TensorSink, expected: readonly number[] | undefined) {
    this.#scanner = scanner;
    this.#sink = sink;
    // Never written to where the shape is given: every axis is known then.
    this.#dims = expected === undefined ? [] : [...expected];
    this.#rank = expected?.length;
  }

  read(): readonly number[] {
    const scanner = this.#scanner;
    for (;;) {
      if (scanner.peek() === OPEN_BRACKET) {
        this.#openList();
        if (scanner.peek() !== CLOSE_BRACKET) continue;
        this.#rank ??= this.#counts.length;
      } else {
        this.#rank ??= this.#counts.length;
        if (this.#counts.length !== this.#rank) throw this.#fault(this.#levelOfScalar(), true);
        if (this.#rank === 0) {
          if (this.#sink.take(scanner, 1) === 0) throw this.#refusal();
          return this.#dims;
        }
        if (!this.#readScalars()) continue;
      }
      if (this.#closeLists()) return this.#dims;
    }
  }

  #openList(): void {
    const level = this.#counts.length;
    if (level === MAX_RANK)
      throw this.#fault(invalid(`A tensor has at most ${MAX_RANK} axes, but here are more.`), true);
    if (this.#rank === undefined) this.#dims.push(OPEN);
    else if (level >= this.#rank) {
      throw this.#fault(invalid(`Encountered list at unexpected level: ${level} expected < ${this.#rank}`), true);
    }
    this.#scanner.open();
    this.#counts.push(0);
  }

  /**
   * Reads the scalars of an innermost list.
   * @returns true at the list's `]`, false at a list where a scalar should be.
   */
  #readScalars(): boolean {
    const scanner = this.#scanner;
    const level = this.#counts.length - 1;
    let count = 0;
    for (;;) {
      count += this.#sink.take(scanner, Infinity);
      if (scanner.stoppedAtValue) {
        this.#counts[level] = count;
        if (scanner.peek() === OPEN_BRACKET) return false;
        throw this.#refusal();
      }
      if (!scanner.nextElement()) {
        this.#counts[level] = count;
        return true;
      }
      scanner.peek();
    }
  }

  /**
   * At a `]`: closes the list, and those around it that end here too.
   * @returns whether that was the outermost; if not, another element follows.
   */
  #closeLists(): boolean {
    do {
      this.#scanner.close();
      const level = this.#counts.length - 1;
      const size = this.#counts.pop() ?? 0;
      const expected = this.#dims[level];
      if (expected === OPEN) this.#dims[level] = size;
      else if (expected !== size) throw this.#fault(sizeError(size, level, expected ?? 0), false);
      if (level === 0) return true;
      this.#counts[level - 1] = (this.#counts[level - 1] ?? 0) + 1;
    } while (!this.#scanner.nextElement());
    return false;
  }

  #levelOfScalar(): ServingError {
    this.#checkValue();
    const level = this.#counts.length + 1;
    return invalid(
      `JSON Value: ${this.#scanner.quote()} found at incorrect level: ${level} in the JSON DOM. Expected at level: ${this.#rank}`,
    );
  }

  #refusal(): ServingError {
    this.#checkValue();
    return this.#fault(this.#sink.refusal(this.#scanner), true);
  }

  /** Checks the syntax of the value at the scanner's position, without moving there, so that it can be quoted. */
  #checkValue(): void {
    const start = this.#scanner.position;
    this.#scanner.skipValue();
    this.#scanner.position = start;
  }

  /**
   * The error to report: of `error`, found at the scanner's position, and the wrong sizes of the lists that are open
   * there, the outermost. The lists are read to their ends for it.
   * @param atValue whether the scanner is at an element; otherwise behind one that is not counted yet.
   */
  #fault(error: ServingError, atValue: boolean): ServingError {
    const scanner = this.#scanner;
    let fault = error;
    if (atValue) scanner.skipValue();
    for (let level = this.#counts.length - 1; level >= 0; level--) {
      let size = (this.#counts[level] ?? 0) + 1;
      for (; scanner.nextElement(); size++) scanner.skipValue();
      scanner.close();
      const expected = this.#dims[level] ?? OPEN;
      if (expected !== OPEN && expected !== size) fault = sizeError(size, level, expected);
    }
    return fault;
  }
}

function sizeError(size: number, level: number, expected: number): ServingError {
  return invalid(`Encountered list at unexpected size: ${size} at level: ${level} expected size: ${expected}`);
}

function invalid(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', message);
}
