import { DEFAULT_SIGNATURE_NAME } from '../../../contracts/model-format.ts';
import type { ModelSignature, TensorInfo } from '../../../contracts/signature.ts';

/** Bounds on what a request may ask for. */
export interface PredictLimits {
  /** Objects and lists that may be open at once, the body's own object included. */
  readonly maxDepth: number;
  /** Bytes that one input's data may take in memory. */
  readonly maxTensorBytes: number;
}

/** Whether `signature_name` names the one signature an ONNX model has; empty means the default. */
export function isKnownSignature(name: string): boolean {
  return name === '' || name === DEFAULT_SIGNATURE_NAME;
}

/** The input that a tensor without a name is for: the only one, or the only one that must be given. */
export function bareInput({ inputs }: ModelSignature): TensorInfo | undefined {
  if (inputs.length === 1) return inputs[0];
  const required = inputs.filter((input) => !input.optional);
  return required.length === 1 ? required[0] : undefined;
}
