import { ServingError } from '../../../contracts/serving-error.ts';
import type { ModelSignature, TensorInfo } from '../../../contracts/signature.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './ascii.ts';
import type { HostTensor } from './host-tensor.ts';
import { JsonScanner } from './json-scanner.ts';
import { explainRefusal } from './predict-refusal.ts';
import { bareInput, isKnownSignature, type PredictLimits } from './predict-rules.ts';
import { checkShapes } from './shape-check.ts';
import { readTensor } from './tensor-reader.ts';
import { createTensorSink, type TensorSink } from './tensor-sink.ts';

/** `row`: the body has `instances`, one item each; `column`: it has `inputs`, one tensor each. */
export type PredictFormat = 'row' | 'column';

/** A predict request, read. */
export interface PredictRequest {
  readonly format: PredictFormat;
  /** In row format the number of instances, which is axis 0 of every input; in column format undefined. */
  readonly batchRows: number | undefined;
  /** By input name; optional inputs that were left out are missing. The caller owns the tensors. */
  readonly inputs: ReadonlyMap<string, HostTensor>;
}

/**
 * Reads the JSON body of a predict request. Source: TensorFlow Serving util/json_tensor.cc FillPredictRequestFromJson.
 * Deviations: inputs that the signature marks optional may be left out; uint16 and float16 are read; integers must fit
 * their dtype; the shapes must fit the signature (fixed sizes and rank); strings must be UTF-8 without U+0000.
 *
 * A body that is fine is read once, numbers going straight into their typed arrays. One that is not is read again to
 * find the error that TensorFlow Serving would report.
 * @param bytes are only read, and not kept.
 * @throws ServingError INVALID_ARGUMENT for a body that is wrong; UNIMPLEMENTED for a bfloat16 input in column format;
 *   RESOURCE_EXHAUSTED for a tensor beyond the limit or beyond the memory there is.
 */
export function parsePredictRequest(
  bytes: Uint8Array,
  signature: ModelSignature,
  limits: PredictLimits,
): PredictRequest {
  try {
    return new PredictReader(bytes, signature, limits).read();
  } catch (error) {
    if (!(error instanceof ServingError)) throw error;
    throw explainRefusal(bytes, signature, limits, error);
  }
}

/** The key of nearly every request, as it stands there; told apart without making a string. */
const INSTANCES = Buffer.from('"instances"');

/** An input while it is read. */
interface InputSlot {
  readonly input: TensorInfo;
  readonly sink: TensorSink;
  /** Shape of the tensor or, in row format with objects, of one item; undefined until there is one. */
  dims: readonly number[] | undefined;
  /** How many items held this input, and the last that did. */
  items: number;
  lastItem: number;
}

/** A member of the first item; the others most likely have the same in the same order. */
interface ExpectedMember {
  readonly slot: InputSlot;
  /** `"name"` as it most likely stands in the body. */
  readonly quotedName: Uint8Array;
}

class PredictReader {
  readonly #scanner: JsonScanner;
  readonly #signature: ModelSignature;
  readonly #limits: PredictLimits;

  constructor(bytes: Uint8Array, signature: ModelSignature, limits: PredictLimits) {
    this.#scanner = new JsonScanner(bytes, limits.maxDepth);
    this.#signature = signature;
    this.#limits = limits;
  }

  read(): PredictRequest {
    const scanner = this.#scanner;
    if (scanner.peek() !== OPEN_BRACE) throw refused();
    scanner.open();
    let request: PredictRequest | undefined;
    let hasSignatureName = false;
    if (scanner.peek() !== CLOSE_BRACE) {
      do {
        const name = scanner.skipNameIf(INSTANCES) ? 'instances' : scanner.readName();
        const character = scanner.peek();
        if (name === 'signature_name' && !hasSignatureName) {
          hasSignatureName = true;
          if (character !== QUOTE || !isKnownSignature(scanner.readString())) throw refused();
        } else if (name === 'instances' && request?.format !== 'row') {
          if (request !== undefined || character !== OPEN_BRACKET) throw refused();
          request = this.#readInstances();
        } else if (name === 'inputs' && request?.format !== 'column') {
          if (request !== undefined) throw refused();
          request = this.#readInputs(character);
        } else {
          scanner.skipValue();
        }
      } while (scanner.nextMember());
    }
    // What follows the closing brace is nobody's business: TensorFlow Serving stops reading there.
    if (request === undefined) throw refused();
    checkShapes(request.inputs, this.#signature);
    return request;
  }

  #readInstances(): PredictRequest {
    const scanner = this.#scanner;
    const start = scanner.position;
    scanner.position++;
    const first = scanner.peek();
    const itemsAreObjects = first === OPEN_BRACE && !scanner.isBase64Object();
    scanner.position = start;
    if (first === CLOSE_BRACKET) throw refused();
    if (itemsAreObjects) return this.#readItemObjects();
    // Items without names are, as a whole, a tensor with one more axis.
    const { name, tensor } = this.#readBare();
    return { format: 'row', batchRows: tensor.dims[0] ?? 0, inputs: new Map([[name, tensor]]) };
  }

  #readItemObjects(): PredictRequest {
    const scanner = this.#scanner;
    const slots = this.#signature.inputs.map((input) => this.#slot(input));
    const canBeMistaken = slots.some(({ input }) => input.name === 'b64');
    let items = 0;
    scanner.open();
    const order: ExpectedMember[] = [];
    do {
      if (scanner.peek() !== OPEN_BRACE || (canBeMistaken && scanner.isBase64Object())) throw refused();
      this.#readItem(items++, slots, order);
    } while (scanner.nextElement());
    scanner.close();
    const inputs = new Map<string, HostTensor>();
    for (const { input, sink, dims, items: held } of slots) {
      if (held === 0 && input.optional) continue;
      if (held !== items || dims === undefined) throw refused();
      inputs.set(input.name, sink.finish([items, ...dims]));
    }
    return { format: 'row', batchRows: items, inputs };
  }

  #readItem(item: number, slots: readonly InputSlot[], order: ExpectedMember[]): void {
    const scanner = this.#scanner;
    scanner.open();
    let member = 0;
    if (scanner.peek() !== CLOSE_BRACE) {
      do {
        const guess = order[member];
        const slot =
          guess !== undefined && scanner.skipNameIf(guess.quotedName) ? guess.slot : namedSlot(slots, scanner);
        if (slot === undefined) throw refused();
        if (item === 0) order.push({ slot, quotedName: Buffer.from(JSON.stringify(slot.input.name)) });
        member++;
        // The first of two equal names counts.
        if (slot.lastItem === item) {
          scanner.skipValue();
          continue;
        }
        slot.items++;
        slot.lastItem = item;
        slot.dims = readTensor(scanner, slot.sink, slot.dims);
      } while (scanner.nextMember());
    }
    scanner.close();
  }

  #readInputs(character: number): PredictRequest {
    const scanner = this.#scanner;
    const inputs = new Map<string, HostTensor>();
    if (character === OPEN_BRACE && !scanner.isBase64Object()) {
      scanner.open();
      if (scanner.peek() !== CLOSE_BRACE) {
        do {
          const name = scanner.readName();
          const input = this.#signature.inputs.find((candidate) => candidate.name === name);
          if (input === undefined || inputs.has(name)) scanner.skipValue();
          else inputs.set(name, this.#readWhole(input));
        } while (scanner.nextMember());
      }
      scanner.close();
      if (this.#signature.inputs.some(({ name, optional }) => !optional && !inputs.has(name))) throw refused();
    } else {
      const { name, tensor } = this.#readBare();
      inputs.set(name, tensor);
    }
    return { format: 'column', batchRows: undefined, inputs };
  }

  /** Reads a tensor that comes without a name. */
  #readBare(): { name: string; tensor: HostTensor } {
    const input = bareInput(this.#signature);
    if (input === undefined) throw refused();
    return { name: input.name, tensor: this.#readWhole(input) };
  }

  #readWhole(input: TensorInfo): HostTensor {
    const { sink } = this.#slot(input);
    return sink.finish(readTensor(this.#scanner, sink));
  }

  #slot(input: TensorInfo): InputSlot {
    const remaining = this.#scanner.bytes.length - this.#scanner.position;
    const sink = createTensorSink(input, remaining, this.#limits.maxTensorBytes);
    return { input, sink, dims: undefined, items: 0, lastItem: -1 };
  }
}

/** Marks a body that {@link explainRefusal} has to look at; no caller ever sees it. */
function refused(): ServingError {
  return new ServingError('INTERNAL', 'the request was refused without a reason');
}

function namedSlot(slots: readonly InputSlot[], scanner: JsonScanner): InputSlot | undefined {
  const name = scanner.readName();
  return slots.find(({ input }) => input.name === name);
}
