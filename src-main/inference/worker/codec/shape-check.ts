import { ServingError } from '../../../contracts/serving-error.ts';
import type { Dim, ModelSignature } from '../../../contracts/signature.ts';
import type { HostTensor } from './host-tensor.ts';

/** Axes that a tensor may have at most, as in TensorFlow (TensorShape::MaxDimensions). */
export const MAX_RANK = 254;

/**
 * Checks that the shapes that came fit those of the signature: rank, and size where it is fixed.
 * @throws ServingError INVALID_ARGUMENT that names the input, the axis, what came and what the model takes.
 */
export function checkShapes(inputs: ReadonlyMap<string, HostTensor>, signature: ModelSignature): void {
  for (const { name, dims: wanted } of signature.inputs) {
    const got = inputs.get(name)?.dims;
    if (got === undefined || wanted === null) continue;
    if (got.length !== wanted.length) {
      throw shapeError(`Input "${name}" has ${got.length} axes, expected ${wanted.length}`, got, wanted);
    }
    for (let axis = 0; axis < wanted.length; axis++) {
      const size = wanted[axis];
      if (typeof size === 'number' && got[axis] !== size) {
        throw shapeError(`Input "${name}" has size ${got[axis]} on axis ${axis}, expected ${size}`, got, wanted);
      }
    }
  }
}

function shapeError(mismatch: string, got: readonly number[], wanted: readonly Dim[]): ServingError {
  const model = wanted.map((dim) => dim ?? '?').join(',');
  const shapes = `the request has shape [${got.join(',')}], the model takes [${model}]`;
  return new ServingError('INVALID_ARGUMENT', `${mismatch}: ${shapes}.`);
}
