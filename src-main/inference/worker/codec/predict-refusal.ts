import { ServingError } from '../../../contracts/serving-error.ts';
import type { ModelSignature, TensorInfo } from '../../../contracts/signature.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './ascii.ts';
import { elementCount } from './host-tensor.ts';
import { formatError, readDocument } from './json-document.ts';
import { JsonScanner } from './json-scanner.ts';
import { bareInput, isKnownSignature, type PredictLimits } from './predict-rules.ts';
import { readTensor } from './tensor-reader.ts';
import { createTensorSink, type TensorSink } from './tensor-sink.ts';

/**
 * Finds the error of a body that could not be read: the one TensorFlow Serving finds first, in its words. Its order of
 * checks is: syntax of the whole document, `signature_name`, which of `inputs` and `instances` is there, then the
 * tensors. Source: util/json_tensor.cc FillPredictRequestFromJson.
 * @param found what stopped the reading; the answer where nothing comes before it.
 */
export function explainRefusal(
  bytes: Uint8Array,
  signature: ModelSignature,
  limits: PredictLimits,
  found: ServingError,
): ServingError {
  try {
    new Explainer(bytes, signature, limits).check();
  } catch (error) {
    if (error instanceof ServingError) return error;
    throw error;
  }
  return found;
}

class Explainer {
  readonly #bytes: Uint8Array;
  readonly #scanner: JsonScanner;
  readonly #signature: ModelSignature;
  readonly #limits: PredictLimits;

  constructor(bytes: Uint8Array, signature: ModelSignature, limits: PredictLimits) {
    this.#bytes = bytes;
    this.#scanner = new JsonScanner(bytes, limits.maxDepth);
    this.#signature = signature;
    this.#limits = limits;
  }

  /** @throws ServingError, the error; returns where none is found. */
  check(): void {
    const { start, members } = readDocument(this.#scanner, ['signature_name', 'instances', 'inputs']);
    const signatureName = members.get('signature_name')?.position;
    const instances = members.get('instances')?.position;
    const inputs = members.get('inputs')?.position;
    if (signatureName !== undefined) this.#checkSignatureName(start, signatureName);
    if (instances !== undefined && inputs !== undefined) {
      const message = "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ";
      throw formatError(this.#scanner, start, message);
    }
    if (instances !== undefined) this.#checkInstances(start, instances);
    else if (inputs !== undefined) this.#checkInputs(inputs);
    else throw invalid("Missing 'inputs' or 'instances' key");
  }

  #checkSignatureName(document: number, position: number): void {
    const scanner = this.#scanner;
    scanner.position = position;
    if (scanner.peek() !== QUOTE) {
      throw formatError(
        this.#scanner,
        document,
        "not formatted correctly. 'signature_name' key must be a string value.",
      );
    }
    const name = scanner.readString();
    if (!isKnownSignature(name)) {
      throw invalid(`Serving signature name: "${name}" not found in signature def`);
    }
  }

  #checkInstances(document: number, position: number): void {
    const scanner = this.#scanner;
    scanner.position = position;
    if (scanner.peek() !== OPEN_BRACKET) {
      throw formatError(this.#scanner, document, "Expecting 'instances' to be an list/array");
    }
    scanner.position++;
    if (scanner.peek() === CLOSE_BRACKET) throw formatError(this.#scanner, document, "No values in 'instances' array");
    const itemsAreObjects = this.#isObject();
    const bare = bareInput(this.#signature);
    if (!itemsAreObjects && bare === undefined) {
      throw invalid(
        'instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map',
      );
    }
    const slots = this.#signature.inputs.map((input) => new ItemSlot(input, this.#bytes.length, this.#limits));
    const bareSlot = slots.find(({ input }) => input === bare);
    let item = 0;
    do {
      scanner.peek();
      if (this.#isObject() !== itemsAreObjects) {
        throw invalid(
          itemsAreObjects
            ? `Expecting object but got list at item ${item} of input list`
            : `Expecting value/list but got object at item ${item} of input list`,
        );
      }
      if (itemsAreObjects) this.#checkItem(item, slots);
      else if (bareSlot !== undefined) this.#checkItemTensor(bareSlot, `element: ${item}`);
      item++;
    } while (scanner.nextElement());
  }

  #checkItem(item: number, slots: readonly ItemSlot[]): void {
    const scanner = this.#scanner;
    const start = scanner.position;
    scanner.position++;
    if (scanner.peek() !== CLOSE_BRACE) {
      do {
        const name = scanner.readName();
        const slot = slots.find(({ input }) => input.name === name);
        const place = `element: ${item} key: ${name}`;
        if (slot === undefined) {
          throw inElement(place, invalid(`JSON object: does not have named input: ${name}`));
        }
        if (slot.lastItem === item) {
          scanner.skipValue();
          continue;
        }
        slot.lastItem = item;
        slot.isWanted ||= item === 0;
        this.#checkItemTensor(slot, place);
      } while (scanner.nextMember());
    }
    scanner.position++;
    if (slots.some((slot) => slot.isWanted !== (slot.lastItem === item))) {
      scanner.position = start;
      const names = slots.filter(({ isWanted }) => isWanted).map(({ input }) => input.name);
      throw invalid(
        `Failed to process element: ${item} of 'instances' list. JSON object: ${scanner.quote()} keys must be equal to: ${names.toSorted().join(',')}`,
      );
    }
  }

  #checkItemTensor(slot: ItemSlot, place: string): void {
    try {
      slot.sink.clear();
      slot.checkDims(readTensor(this.#scanner, slot.sink));
    } catch (error) {
      // A tensor beyond the limits stays what it is; the other errors are about this element.
      throw error instanceof ServingError && error.code !== 'RESOURCE_EXHAUSTED' ? inElement(place, error) : error;
    }
  }

  #checkInputs(position: number): void {
    const scanner = this.#scanner;
    scanner.position = position;
    scanner.peek();
    if (!this.#isObject()) {
      const input = bareInput(this.#signature);
      if (input === undefined) {
        throw invalid(
          'inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map',
        );
      }
      this.#checkTensor(input);
      return;
    }
    const seen = new Set<string>();
    scanner.position++;
    if (scanner.peek() !== CLOSE_BRACE) {
      do {
        const name = scanner.readName();
        const input = this.#signature.inputs.find((candidate) => candidate.name === name);
        if (input === undefined || seen.has(name)) scanner.skipValue();
        else this.#checkTensor(input);
        seen.add(name);
      } while (scanner.nextMember());
    }
    for (const { name, optional } of this.#signature.inputs) {
      if (!optional && !seen.has(name)) throw invalid(`Missing named input: ${name} in 'inputs' object.`);
    }
  }

  #checkTensor(input: TensorInfo): void {
    readTensor(this.#scanner, createTensorSink(input, this.#bytes.length, this.#limits.maxTensorBytes));
  }

  /** Whether a value with names stands at the scanner's position; base64 objects are scalars. */
  #isObject(): boolean {
    const scanner = this.#scanner;
    return scanner.peek() === OPEN_BRACE && !scanner.isBase64Object();
  }
}

/** An input of the signature while items are checked. */
class ItemSlot {
  readonly input: TensorInfo;
  readonly sink: TensorSink;
  /** Shape in the first item. */
  dims: readonly number[] | undefined;
  /** The last item that held it. */
  lastItem = -1;
  /** Whether every item must hold it: required inputs, and optional ones that the first item has. */
  isWanted: boolean;

  constructor(input: TensorInfo, bodyBytes: number, { maxTensorBytes }: PredictLimits) {
    this.input = input;
    this.isWanted = !input.optional;
    this.sink = createTensorSink(input, bodyBytes, maxTensorBytes);
  }

  /** @throws ServingError where the shape is not that of the first item. */
  checkDims(dims: readonly number[]): void {
    const expected = (this.dims ??= dims);
    const [wanted, got] = [elementCount(expected), elementCount(dims)];
    if (wanted !== got) throw invalid(`Expecting tensor size: ${wanted} but got: ${got}`);
    if (expected.join() !== dims.join()) {
      throw invalid(`Expecting shape [${expected.join()}] but got: [${dims.join()}]`);
    }
  }
}

/** What an error of one element becomes: always INVALID_ARGUMENT, the code it had only in the text. */
function inElement(place: string, error: ServingError): ServingError {
  return invalid(`Failed to process ${place} of 'instances' list. Error: ${error.code}: ${error.message}`);
}

function invalid(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', message);
}
