import type { ModelSignature } from '#contracts/signature.ts';
import type { Rgba } from '../../tensors/image-frame.ts';
import { decodeImage, imageSize, imageSpecOf } from '../../tensors/image-tensor.ts';
import type { FormRequest } from '../../tensors/request-form.ts';
import { readRequest } from '../../tensors/request-form.ts';

/**
 * The first picture among the inputs of a request, as the model saw it; of a batch the first.
 * @param request its text, or the form that wrote it, which is quicker.
 */
export function pictureOfRequest(request: string | FormRequest, signature: ModelSignature): Rgba | undefined {
  if (!signature.inputs.some((info) => imageSpecOf(info))) return undefined;
  const reading = typeof request === 'string' ? readRequest(request, signature) : request;
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
