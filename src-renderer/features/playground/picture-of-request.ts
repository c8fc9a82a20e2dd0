import type { ModelSignature } from '#contracts/signature.ts';
import type { Rgba } from '../../tensors/image-frame.ts';
import { decodeImage, imageSize, imageSpecOf } from '../../tensors/image-tensor.ts';
import { readRequest } from '../../tensors/request-form.ts';

/** The first picture among the inputs of a request, as the model saw it; of a batch the first. */
export function pictureOfRequest(body: string, signature: ModelSignature): Rgba | undefined {
  if (!signature.inputs.some((info) => imageSpecOf(info))) return undefined;
  const reading = readRequest(body, signature);
  if (reading.kind !== 'form') return undefined;
  for (const info of signature.inputs) {
    const spec = imageSpecOf(info);
    const input = reading.inputs.get(info.name);
    if (!spec || input?.kind !== 'tensor') continue;
    const { width, height } = imageSize(spec, input.tensor.shape);
    const count = width * height * spec.channels;
    if (input.tensor.cells.length < count) continue;
    return decodeImage(input.tensor.cells.slice(0, count).map(Number), spec, width, height);
  }
  return undefined;
}
