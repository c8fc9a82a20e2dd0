/**
 * Layers of a neural network that is trained by backpropagation. Examples lie one after the other, row-major, images as
 * [channels, height, width]. A layer remembers its last `forward` for `learn` and `backward`. Numbers are float64: in
 * JavaScript they are the fastest, and gradients can be checked against differences.
 */
import { addTimes, addTimesTransposed, addTransposedTimes } from './matrix.ts';
import type { Random } from './random.ts';

/** Weights, and how the loss changes with each of them. */
export interface Parameter {
  readonly dims: readonly number[];
  readonly values: Float64Array;
  /** Summed up by `learn`; whoever uses it sets it back to zero. */
  readonly gradient: Float64Array;
}

export interface Layer {
  readonly parameters: readonly Parameter[];
  /** @returns the outputs of all examples; the layer's own, good until the next call. */
  forward(input: Float64Array, examples: number): Float64Array;
  /** Adds to the gradients of the parameters. @param gradient of the loss by the outputs of the last `forward`. */
  learn(gradient: Float64Array): void;
  /** @returns the gradient of the loss by the inputs of the last `forward`, from that by its outputs. */
  backward(gradient: Float64Array): Float64Array;
}

export interface Square {
  readonly channels: number;
  /** Height and width. */
  readonly size: number;
}

export interface Convolution extends Layer {
  readonly kind: 'convolution';
  /** dims [output channels, input channels, kernel, kernel], as ONNX has them. */
  readonly weights: Parameter;
  readonly bias: Parameter;
  readonly stride: number;
  readonly padding: number;
  readonly output: Square;
}

export interface Dense extends Layer {
  readonly kind: 'dense';
  /** dims [outputs, inputs]. */
  readonly weights: Parameter;
  readonly bias: Parameter;
}

export interface Relu extends Layer {
  readonly kind: 'relu';
}

export interface ConvolutionOptions {
  readonly input: Square;
  readonly channels: number;
  /** Odd: the padding is half of it, so that stride 1 keeps the size. */
  readonly kernel: number;
  readonly stride: number;
}

/** A convolution over images; its weights start at random, its bias at zero. */
export function convolution({ input, channels, kernel, stride }: ConvolutionOptions, random: Random): Convolution {
  const padding = (kernel - 1) / 2;
  const size = Math.floor((input.size + 2 * padding - kernel) / stride) + 1;
  const places = size * size;
  const patch = input.channels * kernel * kernel;
  const weights = randomParameter([channels, input.channels, kernel, kernel], patch, random);
  const bias = zeroParameter([channels]);
  const seen = seenPixels({ input, kernel, stride, padding, size });
  const inputSize = input.channels * input.size ** 2;
  const outputSize = channels * places;
  let examples = 0;
  let patches = new Float64Array(0);
  return {
    kind: 'convolution',
    weights,
    bias,
    stride,
    padding,
    output: { channels, size },
    parameters: [weights, bias],
    forward(images, count) {
      examples = count;
      if (patches.length !== count * seen.length) patches = new Float64Array(count * seen.length);
      const output = new Float64Array(count * outputSize);
      for (let example = 0; example < count; example += 1) {
        const own = part(patches, example, seen.length);
        copyPatches(part(images, example, inputSize), own, seen);
        const out = part(output, example, outputSize);
        for (const [channel, value] of bias.values.entries()) out.fill(value, channel * places, (channel + 1) * places);
        addTimesTransposed(out, weights.values, own, { m: channels, n: places, k: patch });
      }
      return output;
    },
    learn(gradient) {
      for (let example = 0; example < examples; example += 1) {
        const out = part(gradient, example, outputSize);
        for (let channel = 0; channel < channels; channel += 1) {
          bias.gradient[channel] = (bias.gradient[channel] ?? 0) + sum(part(out, channel, places));
        }
        const own = part(patches, example, seen.length);
        addTimes(weights.gradient, out, own, { m: channels, n: patch, k: places });
      }
    },
    backward(gradient) {
      const result = new Float64Array(examples * inputSize);
      const byPatch = new Float64Array(seen.length);
      for (let example = 0; example < examples; example += 1) {
        byPatch.fill(0);
        const out = part(gradient, example, outputSize);
        addTransposedTimes(byPatch, out, weights.values, { m: places, n: patch, k: channels });
        addPatches(byPatch, part(result, example, inputSize), seen);
      }
      return result;
    },
  };
}

/** A layer whose every output sees every input. */
export function dense(inputs: number, outputs: number, random: Random): Dense {
  const weights = randomParameter([outputs, inputs], inputs, random);
  const bias = zeroParameter([outputs]);
  let examples = 0;
  let input = new Float64Array(0);
  return {
    kind: 'dense',
    weights,
    bias,
    parameters: [weights, bias],
    forward(values, count) {
      input = values.slice();
      examples = count;
      const output = new Float64Array(count * outputs);
      for (let example = 0; example < count; example += 1) output.set(bias.values, example * outputs);
      addTimesTransposed(output, values, weights.values, { m: count, n: outputs, k: inputs });
      return output;
    },
    learn(gradient) {
      for (const [index, value] of gradient.entries()) {
        bias.gradient[index % outputs] = (bias.gradient[index % outputs] ?? 0) + value;
      }
      addTransposedTimes(weights.gradient, gradient, input, { m: outputs, n: inputs, k: examples });
    },
    backward(gradient) {
      const result = new Float64Array(examples * inputs);
      addTimes(result, gradient, weights.values, { m: examples, n: inputs, k: outputs });
      return result;
    },
  };
}

/** Lets positive numbers through and makes the others zero. */
export function relu(): Relu {
  let output = new Float64Array(0);
  return {
    kind: 'relu',
    parameters: [],
    forward(values) {
      output = values.map((value) => Math.max(0, value));
      return output;
    },
    learn() {
      // There is nothing to learn.
    },
    backward(gradient) {
      return gradient.map((value, index) => ((output[index] ?? 0) > 0 ? value : 0));
    },
  };
}

/** Stands for a pixel beyond the edge. */
const OUTSIDE = -1;

interface Geometry {
  readonly input: Square;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  /** Height and width of the output. */
  readonly size: number;
}

/**
 * For each place of the output the pixels that it sees, channel after channel: their positions in the input, or
 * OUTSIDE beyond the edge.
 */
function seenPixels({ input, kernel, stride, padding, size }: Geometry): Int32Array {
  const seen = new Int32Array(size * size * input.channels * kernel * kernel);
  let index = 0;
  for (let place = 0; place < size * size; place += 1) {
    const top = Math.floor(place / size) * stride - padding;
    const left = (place % size) * stride - padding;
    for (let channel = 0; channel < input.channels; channel += 1) {
      for (let row = top; row < top + kernel; row += 1) {
        for (let column = left; column < left + kernel; column += 1) {
          const inside = row >= 0 && row < input.size && column >= 0 && column < input.size;
          seen[index] = inside ? (channel * input.size + row) * input.size + column : OUTSIDE;
          index += 1;
        }
      }
    }
  }
  return seen;
}

/** Writes what the places see; beyond the edge is zero. */
function copyPatches(image: Float64Array, patches: Float64Array, seen: Int32Array): void {
  for (let index = 0; index < seen.length; index += 1) {
    const pixel = seen[index] ?? OUTSIDE;
    patches[index] = pixel === OUTSIDE ? 0 : (image[pixel] ?? 0);
  }
}

/** The way back of {@link copyPatches}: a pixel gets the sum over all places that saw it. */
function addPatches(patches: Float64Array, image: Float64Array, seen: Int32Array): void {
  for (let index = 0; index < seen.length; index += 1) {
    const pixel = seen[index] ?? OUTSIDE;
    if (pixel !== OUTSIDE) image[pixel] = (image[pixel] ?? 0) + (patches[index] ?? 0);
  }
}

/** One of the equal parts of an array; it shares the array's memory. */
function part(values: Float64Array, index: number, length: number): Float64Array {
  return values.subarray(index * length, (index + 1) * length);
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let index = 0; index < values.length; index += 1) total += values[index] ?? 0;
  return total;
}

/** Spread as He et al. 2015 propose for layers that a ReLU follows. */
function randomParameter(dims: readonly number[], inputs: number, random: Random): Parameter {
  const parameter = zeroParameter(dims);
  for (const index of parameter.values.keys()) parameter.values[index] = random.normal(Math.sqrt(2 / inputs));
  return parameter;
}

function zeroParameter(dims: readonly number[]): Parameter {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { dims, values: new Float64Array(count), gradient: new Float64Array(count) };
}
