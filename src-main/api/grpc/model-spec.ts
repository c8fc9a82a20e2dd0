import { ServableName, ServableVersion } from '../../contracts/ids.ts';
import type { InferenceMethod } from '../../contracts/model-servable.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import type { VersionLabels } from '../../core/version-labels.ts';

/** A `tensorflow.serving.ModelSpec` as it was sent. Its signature name matters only to the worker, which reads it again. */
export interface ModelSpec {
  readonly name: string;
  /** A decimal int64, negative ones included; undefined where none was given. */
  readonly version: string | undefined;
  /** Never together with `version`: of the two, the one that was sent last counts. */
  readonly label: string | undefined;
}

/** What a ModelSpec asks for, its label resolved. */
export interface ModelTarget {
  readonly name: ServableName;
  /** Undefined: the latest version that is available. */
  readonly version: ServableVersion | undefined;
}

/** Field numbers of the requests' messages, which put their ModelSpec in the same place. Source: apis/*.proto. */
const REQUEST_MODEL_SPEC = 1;
const MULTI_INFERENCE_TASKS = 1;
const TASK_MODEL_SPEC = 1;
const MODEL_SPEC = { name: 1, version: 2, versionLabel: 4 } as const;
const INT64_VALUE = 1;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const GROUP = 3;
const GROUP_END = 4;
const FIXED32 = 5;
/** Groups are of no use to any message here; so deep can only be an attack. */
const MAX_GROUP_DEPTH = 32;
const MAX_VARINT_BYTES = 10;
/** Fields that are looked at in one request; many more than any has, and a few milliseconds of work. */
const MAX_FIELDS = 100_000;
/** Keys and lengths have 32 bits. */
const MAX_LENGTH_BYTES = 5;

/**
 * Reads only the ModelSpec of a request of the PredictionService, stepping over its tensors.
 * @returns undefined where the request has none.
 * @throws ServingError INVALID_ARGUMENT for bytes that are no such message, or have more fields than a request can need.
 */
export function readModelSpec(method: InferenceMethod, request: Buffer): ModelSpec | undefined {
  const scan = new Scan(request);
  const spec = new SpecReader();
  if (method !== 'multi_inference') {
    while (scan.next()) if (scan.isMessage(REQUEST_MODEL_SPEC)) spec.read(scan.inner());
    return spec.found();
  }
  // The first task's ModelSpec counts (servables/tensorflow/multi_inference_helper.cc); one without reads as empty.
  while (scan.next()) {
    if (!scan.isMessage(MULTI_INFERENCE_TASKS)) continue;
    const task = scan.inner();
    while (task.next()) if (task.isMessage(TASK_MODEL_SPEC)) spec.read(task.inner());
    break;
  }
  return spec.found() ?? NO_SPEC;
}

const NO_SPEC: ModelSpec = { name: '', version: undefined, label: undefined };

/**
 * Turns ModelSpecs into targets.
 *
 * The returned function throws ServingError INVALID_ARGUMENT without a ModelSpec, a name, or such a label, NOT_FOUND for a
 * name or version that no model can have. Wordings: TensorFlow Serving model_servers/server_core.cc and
 * servables/tensorflow/predict_impl.cc.
 */
export function createTargetReader(labels: VersionLabels): (spec: ModelSpec | undefined) => ModelTarget {
  // Clients name few models, very often; checking a name costs more than finding it.
  const names = new Map<string, ServableName>();
  const MAX_NAMES = 1024;

  const readName = (text: string): ServableName | undefined => {
    const known = names.get(text);
    if (known !== undefined) return known;
    const parsed = ServableName.safeParse(text);
    if (!parsed.success) return undefined;
    if (names.size >= MAX_NAMES) names.clear();
    names.set(text, parsed.data);
    return parsed.data;
  };

  return (spec) => {
    if (spec === undefined) throw new ServingError('INVALID_ARGUMENT', 'Missing ModelSpec');
    if (spec.name === '') throw new ServingError('INVALID_ARGUMENT', 'ModelSpec has no name specified.');
    const name = readName(spec.name);
    if (name === undefined) {
      throw new ServingError('NOT_FOUND', `Servable not found for request: Latest(${spec.name})`);
    }
    if (spec.label !== undefined) return { name, version: labels.resolve(name, spec.label) };
    if (spec.version === undefined) return { name, version: undefined };
    const version = ServableVersion.safeParse(spec.version);
    if (version.success) return { name, version: version.data };
    throw new ServingError('NOT_FOUND', `Servable not found for request: Specific(${name}, ${spec.version})`);
  };
}

/** Collects a ModelSpec, which may come in pieces: protobuf merges a message that is repeated. */
class SpecReader {
  #seen = false;
  #name = '';
  #version: string | undefined;
  #label: string | undefined;

  read(scan: Scan): void {
    this.#seen = true;
    while (scan.next()) {
      if (scan.isMessage(MODEL_SPEC.name)) {
        this.#name = scan.text();
      } else if (scan.isMessage(MODEL_SPEC.version)) {
        this.#version = int64Value(scan.inner());
        this.#label = undefined;
      } else if (scan.isMessage(MODEL_SPEC.versionLabel)) {
        this.#label = scan.text();
        this.#version = undefined;
      }
    }
  }

  found(): ModelSpec | undefined {
    return this.#seen ? { name: this.#name, version: this.#version, label: this.#label } : undefined;
  }
}

/** Text of a `google.protobuf.Int64Value`, which is 0 where it is empty. */
function int64Value(scan: Scan): string {
  let value = '0';
  while (scan.next()) if (scan.isVarint(INT64_VALUE)) value = scan.int64();
  return value;
}

/** Goes over the fields of one message without reading what nobody asks for. */
class Scan {
  readonly #bytes: Buffer;
  readonly #end: number;
  /** Shared by all parts of a request. */
  readonly #budget: { fields: number };
  #at: number;
  #field = 0;
  #wireType = 0;
  /** Where the value of the field begins and ends; its length, where it has one, is before that. */
  #valueStart: number;
  #valueEnd: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length, budget = { fields: MAX_FIELDS }) {
    this.#bytes = bytes;
    this.#budget = budget;
    this.#at = start;
    this.#end = end;
    this.#valueStart = start;
    this.#valueEnd = start;
  }

  /** Goes to the next field. @returns false at the end of the message. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    this.#readKey();
    if (this.#wireType === GROUP) this.#skipGroup();
    else this.#skipValue();
    return true;
  }

  isMessage(field: number): boolean {
    return this.#field === field && this.#wireType === BYTES;
  }

  isVarint(field: number): boolean {
    return this.#field === field && this.#wireType === VARINT;
  }

  inner(): Scan {
    return new Scan(this.#bytes, this.#valueStart, this.#valueEnd, this.#budget);
  }

  text(): string {
    return this.#bytes.toString('utf8', this.#valueStart, this.#valueEnd);
  }

  int64(): string {
    let value = 0n;
    for (let at = this.#valueStart, shift = 0n; at < this.#valueEnd; at += 1, shift += 7n) {
      value |= BigInt((this.#bytes[at] ?? 0) & 0x7f) << shift;
    }
    return BigInt.asIntN(64, value).toString();
  }

  #readKey(): void {
    this.#budget.fields -= 1;
    if (this.#budget.fields < 0) {
      throw new ServingError('INVALID_ARGUMENT', `Request has more than ${MAX_FIELDS} fields before its tensors' own`);
    }
    const key = this.#varint();
    this.#wireType = key & 7;
    this.#field = key >>> 3;
    if (this.#field === 0) throw malformed();
  }

  #skipValue(): void {
    switch (this.#wireType) {
      case VARINT:
        this.#valueStart = this.#at;
        this.#skipVarint();
        this.#valueEnd = this.#at;
        return;
      case FIXED64:
        this.#advance(8);
        return;
      case BYTES:
        this.#advance(this.#varint());
        return;
      case FIXED32:
        this.#advance(4);
        return;
      default:
        throw malformed();
    }
  }

  #skipGroup(): void {
    for (let depth = 1; depth > 0;) {
      if (this.#at >= this.#end || depth > MAX_GROUP_DEPTH) throw malformed();
      this.#readKey();
      if (this.#wireType === GROUP) depth += 1;
      else if (this.#wireType === GROUP_END) depth -= 1;
      else this.#skipValue();
    }
    // A group is nothing that anybody here reads.
    this.#wireType = GROUP_END;
  }

  #advance(length: number): void {
    this.#valueStart = this.#at;
    this.#at += length;
    this.#valueEnd = this.#at;
    if (this.#at > this.#end) throw malformed();
  }

  /** A key or a length. */
  #varint(): number {
    let value = 0;
    for (let count = 0; count < MAX_LENGTH_BYTES; count += 1) {
      if (this.#at >= this.#end) break;
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      value |= (byte & 0x7f) << (7 * count);
      if (byte < 0x80) return value >>> 0;
    }
    throw malformed();
  }

  #skipVarint(): void {
    const end = Math.min(this.#end, this.#at + MAX_VARINT_BYTES);
    while (this.#at < end) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      if (byte < 0x80) return;
    }
    throw malformed();
  }
}

function malformed(): ServingError {
  return new ServingError('INVALID_ARGUMENT', 'Request is not a message of the method that was called');
}
