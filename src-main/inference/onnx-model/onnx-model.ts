import type { DataType, Dim } from '../../contracts/signature.ts';
import type { ClassLabels } from './class-labels.ts';

/** What an input or output holds: a tensor of a type that can be served, or anything else, described in words. */
export type OnnxValueType =
  /** `dims` is null where the rank is unknown, `[]` for a scalar. */
  | { readonly kind: 'tensor'; readonly dtype: DataType; readonly dims: readonly Dim[] | null }
  /** A tensor of an element type that has no name here, as `float8e4m3fn`. */
  | { readonly kind: 'unsupported tensor'; readonly description: string }
  /** As `sequence<map<int64, float32>>`. */
  | { readonly kind: 'no tensor'; readonly description: string };

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxValueType;
  /** An input that the model has a default for (an initializer of the same name). Always false for outputs. */
  readonly optional: boolean;
}

/** A tensor whose elements are, or may be, in another file. */
export interface ExternalDataReference {
  /** Name of the tensor; may be empty. */
  readonly tensor: string;
  /** As it stands in the file: to be checked before it is used as a path. */
  readonly location: string;
  /** Bytes. */
  readonly offset: number;
  /** Bytes; computed from the shape where the file leaves it out, undefined where neither is known. */
  readonly length: number | undefined;
  /** False for a left-over reference of a tensor that says its elements are in the model file. */
  readonly inUse: boolean;
}

/** What an ONNX file says about itself, without its nodes and weights. Numbers of 64 bits are decimal text. */
export interface OnnxModel {
  readonly irVersion: string;
  readonly opsets: readonly { readonly domain: string; readonly version: string }[];
  readonly producerName: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: string;
  /** The file's doc_string; cut when it is very long. */
  readonly description: string;
  /** The file's metadata_props; values are cut when they are very long. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly graphName: string;
  /** In the file's order, without those that hold weights (before IR version 4 every initializer is an input too). */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /**
   * Operators anywhere in the file that take statistics over a whole tensor, the rows of a batch included; each once.
   * See MIXING_OPERATORS in read-onnx-model.ts.
   */
  readonly mixingOperators: readonly string[];
  /** Of outputs that are the scores of a classifier which names its classes. */
  readonly classLabels: ClassLabels;
  /** Of every tensor anywhere in the file: initializers, attributes, subgraphs, functions, training graphs. */
  readonly externalData: readonly ExternalDataReference[];
}
