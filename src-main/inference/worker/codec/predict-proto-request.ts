import { ServingError } from '../../../contracts/serving-error.ts';
import type { ModelSignature, TensorInfo } from '../../../contracts/signature.ts';
import type { HostTensor } from './host-tensor.ts';
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
    let filter: string[] | undefined;
    let guess = 0;
    while (reader.next()) {
      switch (reader.tag) {
        case INPUTS:
          guess = this.#readEntry(reader, slots, unknown, guess);
          break;
        case MODEL_SPEC:
          readModelSpec(reader, spec);
          break;
        case OUTPUT_FILTER:
          (filter ??= []).push(reader.text());
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
    if (filter !== undefined) checkFilter(filter, this.#signature);
    checkShapes(tensors, this.#signature);
    return { inputs: tensors, outputs: filter };
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
    while (reader.next()) {
      if (reader.tag === ENTRY_KEY) {
        index = this.#indexOf(reader, guess);
        if (index < 0) name = reader.text();
      } else if (reader.tag === ENTRY_VALUE) {
        slot = slot === undefined ? { reader, start: reader.start, end: reader.stop } : merged(slot, reader);
      }
    }
    reader.leave(outerEnd);
    if (index < 0) unknown.add(name);
    else slots[index] = slot ?? { reader, start: 0, end: 0 };
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

/** A message that comes in two parts is what it would be with one behind the other. */
function merged(slot: Slot, reader: WireReader): Slot {
  const bytes = Buffer.concat([
    slot.reader.bytes.subarray(slot.start, slot.end),
    reader.bytes.subarray(reader.start, reader.stop),
  ]);
  return { reader: new WireReader(bytes, MESSAGE), start: 0, end: bytes.length };
}

function checkFilter(filter: readonly string[], { outputs }: ModelSignature): void {
  const seen = new Set<string>();
  for (const name of filter) {
    if (!outputs.some((output) => output.name === name)) {
      throw invalid(
        `output tensor alias not found in signature: ${name} Outputs expected to be in the set ` +
          `{${sorted(namesOf(outputs))}}.`,
      );
    }
    if (seen.has(name)) throw invalid(`duplicate output tensor alias: ${name}`);
    seen.add(name);
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
