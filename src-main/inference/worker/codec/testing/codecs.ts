import { parseServableVersion, type ServableId, ServableName } from '../../../../contracts/ids.ts';
import { ServingError } from '../../../../contracts/serving-error.ts';
import type { ModelSignature } from '../../../../contracts/signature.ts';
import type { ClassLabels } from '../../../onnx-model/class-labels.ts';
import type { Call } from '../../../protocol/call.ts';
import { type Codec, createCodec, type ParsedRequest } from '../codec.ts';

export function idOf(name: string, version: string): ServableId {
  const parsed = parseServableVersion(version);
  if (parsed === undefined) throw new Error(`${version} is no version`);
  return { name: ServableName.parse(name), version: parsed };
}

export function codecFor(
  signature: ModelSignature,
  tensorContent = false,
  classLabels: ClassLabels = new Map(),
): Codec {
  return createCodec({ id: idOf('m', '7'), signature, classLabels, tensorContent });
}

export function parse(call: Call, body: string | Uint8Array, signature: ModelSignature): ParsedRequest {
  return codecFor(signature).parse(call, Buffer.from(body));
}

/** `CODE: message` of the error, so that one text shows both. */
export function errorOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ServingError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no error';
}
