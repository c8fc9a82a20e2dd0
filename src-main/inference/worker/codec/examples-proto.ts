import { ServingError } from '../../../contracts/serving-error.ts';
import type { ModelSignature } from '../../../contracts/signature.ts';
import { checkExampleCount, ExampleBatch, type Feature, SHOWN_NAMES, ValueCount } from './examples.ts';
import type { StackedExamples } from './examples-json.ts';
import { stringProblem } from './string-rules.ts';
import { tagOf, WIRE, type WireReader } from './wire-reader.ts';

/** Source: TensorFlow Serving apis/input.proto; tensorflow/core/example/{example,feature}.proto. */
const EXAMPLE_LIST = tagOf(1, WIRE.bytes);
const EXAMPLE_LIST_WITH_CONTEXT = tagOf(2, WIRE.bytes);
const EXAMPLES = tagOf(1, WIRE.bytes);
const CONTEXT = tagOf(2, WIRE.bytes);
const FEATURES = tagOf(1, WIRE.bytes);
const ENTRY = tagOf(1, WIRE.bytes);
const ENTRY_KEY = tagOf(1, WIRE.bytes);
const ENTRY_VALUE = tagOf(2, WIRE.bytes);
const BYTES_LIST = tagOf(1, WIRE.bytes);
const FLOAT_LIST = tagOf(2, WIRE.bytes);
const INT64_LIST = tagOf(3, WIRE.bytes);
const BYTES_VALUE = tagOf(1, WIRE.bytes);
const FLOAT_VALUE = tagOf(1, WIRE.fixed32);
const INT64_VALUE = tagOf(1, WIRE.varint);
const PACKED_VALUES = tagOf(1, WIRE.bytes);

/** Above this size of the high half a 64-bit integer is beyond ±2^53. */
const SAFE_HIGH_HALF = 2 ** 21;

/** Where the examples of an Input stand, noted before they are read: the context comes after them. */
export class InputSpans {
  /** Which list the Input holds: the one that came last. */
  #list = 0;
  /** Pairs of start and end. */
  #examples: number[] = [];
  #context: number[] = [];

  /** Takes the Input in the field that the reader took last; a second one is merged into the first. */
  take(reader: WireReader): void {
    const inputEnd = reader.enter();
    while (reader.next()) {
      const list = reader.tag;
      if (list !== EXAMPLE_LIST && list !== EXAMPLE_LIST_WITH_CONTEXT) continue;
      if (list !== this.#list) {
        this.#list = list;
        this.#examples = [];
        this.#context = [];
      }
      const listEnd = reader.enter();
      while (reader.next()) {
        if (reader.tag === EXAMPLES) note(this.#examples, reader);
        else if (reader.tag === CONTEXT && list === EXAMPLE_LIST_WITH_CONTEXT) {
          note(this.#context, reader);
        }
      }
      reader.leave(listEnd);
    }
    reader.leave(inputEnd);
  }

  /** How many examples there are. @throws ServingError INVALID_ARGUMENT where there is none. */
  get rows(): number {
    if (this.#examples.length === 0) throw invalid('Input is empty.');
    return this.#examples.length / 2;
  }

  /**
   * Reads and stacks the examples.
   * @param reader which took the Input; it stands nowhere afterwards.
   * @throws ServingError INVALID_ARGUMENT for what is wrong with them, RESOURCE_EXHAUSTED beyond the limit.
   */
  stack(reader: WireReader, signature: ModelSignature, maxTensorBytes: number): StackedExamples {
    const { rows } = this;
    const batch = new ExampleBatch(signature, rows, maxTensorBytes);
    const examples = new ExampleReader(reader, signature);
    const context = new Map<string, Feature>();
    for (let index = 0; index < this.#context.length; index += 2) {
      examples.read(this.#context[index] ?? 0, this.#context[index + 1] ?? 0, context);
    }
    for (let index = 0; index < this.#examples.length; index += 2) {
      const example = new Map<string, Feature>();
      examples.read(this.#examples[index] ?? 0, this.#examples[index + 1] ?? 0, example);
      batch.add(example, context);
    }
    return { rows, inputs: batch.finish() };
  }
}

/** Parts of a context count as examples. */
function note(spans: number[], { start, stop }: WireReader): void {
  checkExampleCount(spans.length / 2 + 1);
  spans.push(start, stop);
}

/** A feature while it is read. */
interface OpenFeature {
  kind: Feature['kind'];
  floats: number[];
  integers: (number | bigint)[];
  texts: string[];
  problem: string | undefined;
}

const NO_VALUES: Feature = { kind: 'empty', values: [] };

class ExampleReader {
  readonly #reader: WireReader;
  /** The inputs' names, as they stand in examples. */
  readonly #names: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** The input that an entry without a key is for. */
  readonly #unnamed: string | undefined;
  readonly #values = new ValueCount();

  constructor(reader: WireReader, { inputs }: ModelSignature) {
    this.#reader = reader;
    this.#names = inputs.map(({ name }) => ({ name, bytes: Buffer.from(name) }));
    this.#unnamed = inputs.find(({ name }) => name === '')?.name;
  }

  /**
   * Reads an Example. Of features that no input has the name of only so many names are kept as a message shows.
   * @throws ServingError INVALID_ARGUMENT for bytes that are none; RESOURCE_EXHAUSTED for too many values.
   */
  read(start: number, end: number, into: Map<string, Feature>): void {
    const reader = this.#reader;
    this.#values.reset();
    reader.goTo(start, end);
    while (reader.next()) {
      if (reader.tag !== FEATURES) continue;
      const featuresEnd = reader.enter();
      while (reader.next()) if (reader.tag === ENTRY) this.#readEntry(into);
      reader.leave(featuresEnd);
    }
  }

  #readEntry(into: Map<string, Feature>): void {
    const reader = this.#reader;
    const entryEnd = reader.enter();
    let input = this.#unnamed;
    let isKeyed = false;
    let keyStart = 0;
    let keyStop = 0;
    let feature: OpenFeature | undefined;
    while (reader.next()) {
      if (reader.tag === ENTRY_KEY) {
        input = this.#names.find(({ bytes }) => reader.holds(bytes))?.name;
        isKeyed = true;
        keyStart = reader.start;
        keyStop = reader.stop;
      } else if (reader.tag === ENTRY_VALUE && (input !== undefined || !isKeyed)) {
        // Before the key came, any feature may be one that is wanted.
        feature ??= { kind: 'empty', floats: [], integers: [], texts: [], problem: undefined };
        this.#readFeature(feature);
      }
    }
    reader.leave(entryEnd);
    if (input !== undefined) into.set(input, feature === undefined ? NO_VALUES : closed(feature));
    else if (into.size <= SHOWN_NAMES) into.set(reader.bytes.toString('utf8', keyStart, keyStop), NO_VALUES);
  }

  #readFeature(feature: OpenFeature): void {
    const reader = this.#reader;
    const featureEnd = reader.enter();
    while (reader.next()) {
      switch (reader.tag) {
        case FLOAT_LIST:
          this.#readList(feature, 'float');
          break;
        case INT64_LIST:
          this.#readList(feature, 'int64');
          break;
        case BYTES_LIST:
          this.#readList(feature, 'bytes');
          break;
      }
    }
    reader.leave(featureEnd);
  }

  /** Of several kinds in one feature the last counts. */
  #readList(feature: OpenFeature, kind: Exclude<Feature['kind'], 'empty'>): void {
    if (feature.kind !== kind) {
      feature.kind = kind;
      feature.floats = [];
      feature.integers = [];
      feature.texts = [];
      feature.problem = undefined;
    }
    const reader = this.#reader;
    const listEnd = reader.enter();
    while (reader.next()) {
      const { tag } = reader;
      if (kind === 'float' && (tag === FLOAT_VALUE || tag === PACKED_VALUES)) this.#takeFloats(feature.floats);
      else if (kind === 'int64' && tag === INT64_VALUE) this.#takeInteger(feature.integers);
      else if (kind === 'int64' && tag === PACKED_VALUES) this.#takeIntegers(feature.integers);
      else if (kind === 'bytes' && tag === BYTES_VALUE) this.#takeText(feature);
    }
    reader.leave(listEnd);
  }

  #takeFloats(floats: number[]): void {
    const { bytes, start, stop } = this.#reader;
    if ((stop - start) % 4 !== 0)
      throw this.#reader.malformed('a list of floats has a length that is no multiple of 4');
    this.#values.add((stop - start) / 4);
    for (let position = start; position < stop; position += 4) floats.push(bytes.readFloatLE(position));
  }

  #takeIntegers(integers: (number | bigint)[]): void {
    const reader = this.#reader;
    const { start, stop } = reader;
    for (let position = start; position < stop;) {
      position = reader.varintAt(position, stop);
      this.#takeInteger(integers);
    }
  }

  /** Takes the varint that was read last. */
  #takeInteger(integers: (number | bigint)[]): void {
    this.#values.add(1);
    integers.push(integerOf(this.#reader));
  }

  #takeText(feature: OpenFeature): void {
    const reader = this.#reader;
    this.#values.add(1);
    const text = reader.text();
    const problem = stringProblem(text, reader.bytes, reader.start, reader.stop);
    if (problem !== undefined) feature.problem ??= `value ${feature.texts.length} ${problem}`;
    feature.texts.push(text);
  }
}

/** The varint that was read last, as int64. */
function integerOf({ low, high }: WireReader): number | bigint {
  if (high < SAFE_HIGH_HALF && high >= -SAFE_HIGH_HALF) return high * 2 ** 32 + (low >>> 0);
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

function closed({ kind, floats, integers, texts, problem }: OpenFeature): Feature {
  switch (kind) {
    case 'float':
      return { kind, values: floats };
    case 'int64':
      return { kind, values: integers };
    case 'bytes':
      return problem === undefined ? { kind, values: texts } : { kind, values: texts, problem };
    case 'empty':
      return NO_VALUES;
    default:
      return kind satisfies never;
  }
}

function invalid(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', message);
}
