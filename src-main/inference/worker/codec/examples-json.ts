import { ServingError } from '../../../contracts/serving-error.ts';
import type { DataType, ModelSignature } from '../../../contracts/signature.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './ascii.ts';
import { decodeBase64 } from './base64.ts';
import { type Example, ExampleBatch, type Feature, SHOWN_NAMES, ValueCount } from './examples.ts';
import type { HostTensor } from './host-tensor.ts';
import { formatError, readDocument } from './json-document.ts';
import { JsonScanner } from './json-scanner.ts';
import { readDoubles } from './number-reader.ts';
import { isKnownSignature, type PredictLimits } from './predict-rules.ts';
import { jsonStringProblem, stringProblem } from './string-rules.ts';

/** Examples of a request, stacked. */
export interface StackedExamples {
  /** How many there are. */
  readonly rows: number;
  /** By input name. The caller owns the tensors. */
  readonly inputs: ReadonlyMap<string, HostTensor>;
}

/**
 * Reads the JSON body of a classify or regress request. Source: TensorFlow Serving util/json_tensor.cc
 * FillClassifyRegressRequestFromJson. Deviation: for inputs of floats, integers are numbers like others, and may stand
 * among them.
 * @param bytes are only read, and not kept.
 * @param planFor is called before the features of examples are looked at; throws where the model does not fit the method.
 * @returns the examples, and what `planFor` returned.
 * @throws ServingError INVALID_ARGUMENT for a body that is wrong, RESOURCE_EXHAUSTED beyond the limits.
 */
export function readExamplesJson<P>(
  bytes: Uint8Array,
  signature: ModelSignature,
  limits: PredictLimits,
  planFor: () => P,
): StackedExamples & { readonly plan: P } {
  const scanner = new JsonScanner(bytes, limits.maxDepth);
  const { start, members } = readDocument(scanner, ['signature_name', 'context', 'examples']);
  const signatureName = members.get('signature_name')?.position;
  const contextAt = members.get('context')?.position;
  const examples = members.get('examples');
  const name = signatureName === undefined ? '' : readSignatureName(scanner, start, signatureName);
  const reader = new ExampleReader(scanner, signature);
  const context = contextAt === undefined ? undefined : reader.readAt(contextAt);
  // Upstream says so of regress too.
  if (examples === undefined) {
    throw formatError(scanner, start, "When method is classify, key 'examples' is expected and was not found");
  }
  const rows = examples.elements;
  if (rows === undefined) throw formatError(scanner, start, "Expecting 'examples' value to be an list/array");
  if (rows === 0) throw formatError(scanner, start, "'examples' value is an empty array");
  if (!isKnownSignature(name)) throw invalid(`No signature was found with the name: ${name}`);
  const plan = planFor();
  const batch = new ExampleBatch(signature, rows, limits.maxTensorBytes);
  scanner.position = examples.position + 1;
  do {
    scanner.peek();
    batch.add(reader.readAt(scanner.position), context);
  } while (scanner.nextElement());
  return { rows, inputs: batch.finish(), plan };
}

function readSignatureName(scanner: JsonScanner, document: number, position: number): string {
  if (scanner.bytes[position] !== QUOTE) {
    throw formatError(scanner, document, "not formatted correctly. 'signature_name' key must be a string value.");
  }
  scanner.position = position;
  return scanner.readString();
}

/** Numbers read before they are stored. */
const scratch = new Float64Array(1024);

const NO_VALUES: Feature = { kind: 'empty', values: [] };

/** A feature while its values are read; its kind is that of the first. */
interface OpenFeature {
  readonly name: string;
  readonly dtype: DataType | undefined;
  kind: Feature['kind'];
  readonly floats: number[];
  readonly integers: (number | bigint)[];
  readonly texts: string[];
  problem: string | undefined;
}

class ExampleReader {
  readonly #scanner: JsonScanner;
  readonly #dtypes: ReadonlyMap<string, DataType>;
  readonly #values = new ValueCount();

  constructor(scanner: JsonScanner, { inputs }: ModelSignature) {
    this.#scanner = scanner;
    this.#dtypes = new Map(inputs.map(({ name, dtype }) => [name, dtype]));
  }

  /**
   * Reads the example at `position`; the scanner is behind it afterwards. Of equal names the last counts. Of features that
   * no input has the name of only so many names are kept as a message shows.
   */
  readAt(position: number): Example {
    const scanner = this.#scanner;
    scanner.position = position;
    this.#values.reset();
    if (scanner.peek() !== OPEN_BRACE) {
      const type = scanner.typeAt(scanner.peek()) ?? 'Null';
      throw invalid(`Example must be JSON object but got JSON ${type}`);
    }
    const example = new Map<string, Feature>();
    scanner.position++;
    if (scanner.peek() !== CLOSE_BRACE) {
      do {
        const name = scanner.readName();
        const feature = this.#readFeature(name);
        if (this.#dtypes.has(name)) example.set(name, feature);
        else if (example.size <= SHOWN_NAMES) example.set(name, NO_VALUES);
      } while (scanner.nextMember());
    }
    scanner.position++;
    return example;
  }

  #readFeature(name: string): Feature {
    const scanner = this.#scanner;
    const dtype = this.#dtypes.get(name);
    const feature: OpenFeature = {
      name,
      dtype,
      kind: 'empty',
      floats: [],
      integers: [],
      texts: [],
      problem: undefined,
    };
    if (scanner.peek() === OPEN_BRACKET) {
      scanner.position++;
      if (scanner.peek() !== CLOSE_BRACKET) this.#readList(feature);
      scanner.position++;
    } else {
      this.#readValue(feature, 1);
    }
    return closed(feature);
  }

  /** Reads the values of a list up to its `]`. */
  #readList(feature: OpenFeature): void {
    const scanner = this.#scanner;
    for (;;) {
      scanner.peek();
      scanner.stoppedAtValue = false;
      this.#readValue(feature, scratch.length);
      if (scanner.stoppedAtValue) continue;
      if (!scanner.nextElement()) return;
    }
  }

  /** Reads the value at the scanner's position; numbers for floats together with those behind them, up to `limit`. */
  #readValue(feature: OpenFeature, limit: number): void {
    const scanner = this.#scanner;
    const character = scanner.peek();
    const type = scanner.typeAt(character);
    switch (type) {
      case 'Number':
        if (feature.dtype?.startsWith('float') === true) this.#readFloats(feature, limit);
        else this.#readNumber(feature);
        return;
      case 'True':
      case 'False':
        this.#setKind(feature, 'int64');
        this.#values.add(1);
        feature.integers.push(type === 'True' ? 1 : 0);
        scanner.skipValue();
        return;
      case 'String': {
        this.#setKind(feature, 'bytes');
        const start = scanner.position;
        const text = scanner.readString();
        this.#addText(feature, text, jsonStringProblem(text, scanner, start));
        return;
      }
      case 'Object':
        if (!scanner.isBase64Object()) throw typeError(feature, type);
        this.#setKind(feature, 'bytes');
        this.#readBase64(feature);
        return;
      default:
        throw typeError(feature, type ?? 'Null');
    }
  }

  #readFloats(feature: OpenFeature, limit: number): void {
    this.#setKind(feature, 'float');
    const count = readDoubles(this.#scanner, scratch, limit);
    this.#values.add(count);
    for (let index = 0; index < count; index++) feature.floats.push(scratch[index] ?? 0);
  }

  /** An integer token is an int64, any other number a float, as is an integer beyond uint64. */
  #readNumber(feature: OpenFeature): void {
    const scanner = this.#scanner;
    this.#values.add(1);
    const start = scanner.position;
    const end = scanner.endOfNumber(start);
    const text = scanner.latin1(start, end);
    const integer = /^-?\d{1,20}$/u.test(text) ? BigInt(text) : undefined;
    if (integer === undefined || integer >= 2n ** 64n || integer < -(2n ** 63n)) {
      this.#setKind(feature, 'float');
      readDoubles(scanner, scratch, 1);
      feature.floats.push(scratch[0] ?? 0);
      return;
    }
    this.#setKind(feature, 'int64');
    if (integer >= 2n ** 63n && feature.dtype !== 'uint64') {
      throw invalid(`Feature: ${feature.name} has uint64 element. Only int64 is supported.`);
    }
    const number = Number(integer);
    feature.integers.push(Number.isSafeInteger(number) ? number : integer);
    scanner.position = end;
  }

  #readBase64(feature: OpenFeature): void {
    const bytes = decodeBase64(this.#scanner.readBase64Text());
    if (bytes === undefined) throw invalid('Unable to base64 decode');
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
    this.#addText(feature, text, stringProblem(text, bytes, 0, bytes.length));
  }

  #addText(feature: OpenFeature, text: string, problem: string | undefined): void {
    this.#values.add(1);
    if (problem !== undefined) feature.problem ??= `value ${feature.texts.length} ${problem}`;
    feature.texts.push(text);
  }

  #setKind(feature: OpenFeature, kind: Exclude<Feature['kind'], 'empty'>): void {
    if (feature.kind === 'empty') feature.kind = kind;
    if (feature.kind === kind) return;
    throw invalid(`Unexpected element type in feature: ${feature.name} expecting type: ${feature.kind}`);
  }
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
      return { kind, values: [] };
    default:
      return kind satisfies never;
  }
}

function typeError({ name }: OpenFeature, type: string): ServingError {
  return invalid(`Feature: ${name} has element with unexpected JSON type: ${type}`);
}

function invalid(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', message);
}
