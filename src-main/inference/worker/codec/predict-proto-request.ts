import { ServingError } from '../../../contracts/serving-error.ts';
import type { ModelSignature, TensorInfo } from '../../../contracts/signature.ts';
import type { HostTensor } from './host-tensor.ts';
import { MessageParts } from './message-parts.ts';
import { type ModelSpec, readModelSpec } from './model-spec.ts';
import { isKnownSignature } from './predict-rules.ts';
import { checkShapes } from './shape-check.ts';
import { readTensorProto, type TensorLimits } from './tensor-proto-reader.ts';
import { tagOf, WIRE, WireReader } from './wire-reader.ts';

/** Source: TensorFlow Serving apis/predict.proto PredictRequest; map entries have their key in field 1. */
const MODEL_SPEC = tagOf(1, WIRE.bytes);
const INPUTS = tagOf(2, WIRE.bytes);
const OUTPUT_FILTER = tagOf(3, WIRE.bytes);
const ENTRY_KEY = tagOf(1, WIRE.bytes);
const ENTRY_VALUE = tagOf(2, WIRE.bytes);

const MESSAGE = 'tensorflow.serving.PredictRequest';

/** Names that no input has which are kept for the message; more than any mistake has, fewer than an attack could send. */
const MAX_UNKNOWN_NAMES = 100;
/** Entries of `inputs`, of which no model has as many and four bytes are enough for one. */
const MAX_ENTRIES = 100_000;

/** A PredictRequest, read. */
export interface PredictProtoRequest {
  /** By input name; optional inputs that were left out are missing. The caller owns the tensors. */
  readonly inputs: ReadonlyMap<string, HostTensor>;
  /** Names of the wanted outputs, each once, in the request's order; undefined: all. */
  readonly outputs: readonly string[] | undefined;
}

/** Reads PredictRequests for one model. */
export class PredictProtoReader {
  readonly #signature: ModelSignature;
  readonly #limits: TensorLimits;
  /** The inputs' names as they stand in requests. */
  readonly #names: readonly Uint8Array[];

  constructor(signature: ModelSignature, limits: TensorLimits) {
    this.#signature = signature;
    this.#limits = limits;
    this.#names = signature.inputs.map(({ name }) => Buffer.from(name));
  }

  /**
   * Fields may come in any order, and unknown ones are skipped; a name that comes twice counts as it came last.
   * Source of the checks, their order and words: TensorFlow Serving servables/tensorflow/predict_util.cc and TensorFlow
   * cc/saved_model/util.cc; what is wrong with a tensor is said besides, and its shape must fit the signature.
   * @param bytes are only read, and not kept.
   * @throws ServingError INVALID_ARGUMENT, FAILED_PRECONDITION for an unknown signature, RESOURCE_EXHAUSTED for a tensor
   *   beyond the limits.
   */
  read(bytes: Buffer): PredictProtoRequest {
    const { inputs } = this.#signature;
    const reader = new WireReader(bytes, MESSAGE);
    const spec: ModelSpec = { name: '', signatureName: '' };
    const slots: (Slot | undefined)[] = [];
    const unknown = new Set<string>();
    let filter: OutputFilter | undefined;
    let guess = 0;
    let entries = 0;
    while (reader.next()) {
      switch (reader.tag) {
        case INPUTS:
          if (++entries > MAX_ENTRIES) throw invalid(`more than ${MAX_ENTRIES} inputs were sent`);
          guess = this.#readEntry(reader, slots, unknown, guess);
          break;
        case MODEL_SPEC:
          readModelSpec(reader, spec);
          break;
        case OUTPUT_FILTER:
          filter ??= new OutputFilter(this.#signature);
          filter.take(reader);
          break;
      }
    }
    if (!isKnownSignature(spec.signatureName)) {
      throw new ServingError('FAILED_PRECONDITION', `Serving signature key "${spec.signatureName}" not found.`);
    }
    this.#checkNames(slots, unknown);
    const tensors = new Map<string, HostTensor>();
    for (const [index, input] of inputs.entries()) {
      const slot = slots[index];
      if (slot === undefined) continue;
      slot.reader.goTo(slot.start, slot.end);
      tensors.set(input.name, readTensorProto(slot.reader, input, this.#limits));
    }
    const outputs = filter?.names();
    checkShapes(tensors, this.#signature);
    return { inputs: tensors, outputs };
  }

  /**
   * Notes where the tensor of one entry stands.
   * @param guess the input it most likely is for. @returns the same for the next entry.
   */
  #readEntry(reader: WireReader, slots: (Slot | undefined)[], unknown: Set<string>, guess: number): number {
    const outerEnd = reader.enter();
    let index = this.#indexOf(NO_BYTES_READER, guess);
    let name = '';
    let slot: Slot | undefined;
    let parts: MessageParts | undefined;
    while (reader.next()) {
      if (reader.tag === ENTRY_KEY) {
        index = this.#indexOf(reader, guess);
        if (index < 0) name = reader.text();
      } else if (reader.tag === ENTRY_VALUE) {
        if (slot === undefined) {
          slot = { reader, start: reader.start, end: reader.stop };
          continue;
        }
        if (parts === undefined) {
          parts = new MessageParts();
          parts.add(reader.bytes, slot.start, slot.end);
        }
        parts.take(reader);
      }
    }
    reader.leave(outerEnd);
    if (parts !== undefined) slot = wholeOf(parts);
    if (index >= 0) slots[index] = slot ?? { reader, start: 0, end: 0 };
    else if (unknown.size < MAX_UNKNOWN_NAMES) unknown.add(name);
    return index + 1;
  }

  /** Which input has the name that the reader took last; -1 where none has. */
  #indexOf(reader: Pick<WireReader, 'holds'>, guess: number): number {
    const names = this.#names;
    const guessed = names[guess];
    if (guessed !== undefined && reader.holds(guessed)) return guess;
    return names.findIndex((candidate) => reader.holds(candidate));
  }

  #checkNames(slots: readonly (Slot | undefined)[], unknown: ReadonlySet<string>): void {
    const { inputs } = this.#signature;
    const missing = inputs.filter((_input, index) => slots[index] === undefined);
    if (missing.length === 0 && unknown.size === 0) return;
    const sent = inputs.filter((_input, index) => slots[index] !== undefined);
    const sentNames = [...sent.map(({ name }) => name), ...unknown];
    const optional = inputs.filter((input) => input.optional);
    if (sentNames.length > inputs.length || (sentNames.length < inputs.length && optional.length === 0)) {
      throw invalid(
        `input size does not match signature: ${sentNames.length}!=${inputs.length} len({${sorted(sentNames)}}) != ` +
          `len({${sorted(namesOf(inputs))}}). Sent extra: {${sorted([...unknown])}}. Missing but required: ` +
          `{${sorted(namesOf(missing.filter((input) => !input.optional)))}}.`,
      );
    }
    const required = missing.find((input) => !input.optional);
    if (required !== undefined) {
      throw invalid(
        `Signature input alias: ${required.name}(feed name: ${required.name}) not found in request and no default value ` +
          `provided. Inputs expected to be in the request {${sorted(sentNames)}}, or default input alias set: ` +
          sorted(namesOf(optional)),
      );
    }
    if (unknown.size > 0) {
      throw invalid(
        `Inputs contains invalid name. Used request inputs: ${sorted(namesOf(sent))}, request input: ${sorted(sentNames)}`,
      );
    }
  }
}

/** Where the TensorProto of an input stands. */
interface Slot {
  readonly reader: WireReader;
  readonly start: number;
  readonly end: number;
}

/** An entry without a key, which means the empty name. */
const NO_BYTES_READER: Pick<WireReader, 'holds'> = { holds: (expected) => expected.length === 0 };

function wholeOf(parts: MessageParts): Slot {
  const bytes = parts.joined();
  return { reader: new WireReader(bytes, MESSAGE), start: 0, end: bytes.length };
}

/** The wanted outputs. What is wrong with them is kept, because what is wrong with the inputs is said before it. */
class OutputFilter {
  readonly #signature: ModelSignature;
  readonly #names = new Set<string>();
  #problem: ServingError | undefined;

  constructor(signature: ModelSignature) {
    this.#signature = signature;
  }

  /** Takes the name in the field that the reader took last. After the first wrong one none is looked at. */
  take(reader: WireReader): void {
    if (this.#problem !== undefined) return;
    const { outputs } = this.#signature;
    const name = reader.text();
    if (this.#names.has(name)) {
      this.#problem = invalid(`duplicate output tensor alias: ${name}`);
    } else if (outputs.some((output) => output.name === name)) {
      this.#names.add(name);
    } else {
      this.#problem = invalid(
        `output tensor alias not found in signature: ${name} Outputs expected to be in the set ` +
          `{${sorted(namesOf(outputs))}}.`,
      );
    }
  }

  /** In the request's order, each once. @throws ServingError INVALID_ARGUMENT for an unknown name, or one that repeats. */
  names(): readonly string[] {
    if (this.#problem !== undefined) throw this.#problem;
    return [...this.#names];
  }
}

function namesOf(tensors: readonly TensorInfo[]): string[] {
  return tensors.map(({ name }) => name);
}

function sorted(names: readonly string[]): string {
  return names.toSorted().join(',');
}

function invalid(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', message);
}
