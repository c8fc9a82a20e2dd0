/** What classify and regress make of a model's outputs. */
import { ServingError } from '../../../contracts/serving-error.ts';
import type { ModelSignature, TensorInfo } from '../../../contracts/signature.ts';
import type { NamedTensors } from '../tensor-batch.ts';
import { fromHalfBits } from './half.ts';
import type { HostTensor } from './host-tensor.ts';
import { TENSORFLOW_TYPES } from './tensorflow-types.ts';

/** Output names that classify looks for, the most wanted first: TensorFlow Serving's, and those of common exporters. */
const LABEL_NAMES = ['classes', 'labels', 'label', 'output_label'] as const;
const SCORE_NAMES = ['scores', 'probabilities', 'output_probability'] as const;
/** TensorFlow Serving's name for the output of a regression. */
const REGRESSION_NAME = 'outputs';

/** The outputs that a classification is made from; at least one of the two. */
export interface ClassificationOutputs {
  readonly labels: TensorInfo | undefined;
  readonly scores: TensorInfo | undefined;
}

/** The classes of each example, example after example. */
export interface Classifications {
  readonly rows: number;
  readonly classesPerRow: number;
  /** Empty where the model has no labels. */
  readonly labels: readonly string[];
  /** Empty where the model has no scores. */
  readonly scores: Float32Array;
}

/**
 * Finds the outputs for classify: labels are strings or int64, scores floats.
 * @throws ServingError FAILED_PRECONDITION where there are neither.
 */
export function classificationOutputs({ outputs }: ModelSignature): ClassificationOutputs {
  const labels = named(outputs, LABEL_NAMES, isLabel);
  const scores = named(outputs, SCORE_NAMES, isFloat);
  if (labels !== undefined || scores !== undefined) return { labels, scores };
  throw new ServingError(
    'FAILED_PRECONDITION',
    'Expected classification signature outputs to contain at least one of "classes" or "scores". Looked for a string or ' +
      `int64 output named ${quoted(LABEL_NAMES)}, and a float one named ${quoted(SCORE_NAMES)}, each of shape [batch] or ` +
      `[batch, classes]. The model has ${described(outputs)}.`,
  );
}

/**
 * Finds the output for regress: the one float output of shape [batch] or [batch, 1]; of several, the one named `outputs`.
 * @throws ServingError FAILED_PRECONDITION where there is none, or none more fit than the others.
 */
export function regressionOutput({ outputs }: ModelSignature): TensorInfo {
  const fit = outputs.filter((output) => isFloat(output) && isColumn(output));
  const output = fit.length === 1 ? fit[0] : fit.find(({ name }) => name === REGRESSION_NAME);
  if (output !== undefined) return output;
  throw new ServingError(
    'FAILED_PRECONDITION',
    'Expected regression signature outputs to contain one float output of shape [batch] or [batch, 1]; of several, one ' +
      `named "${REGRESSION_NAME}". The model has ${described(outputs)}.`,
  );
}

/**
 * Makes the answer of classify. Source: TensorFlow Serving servables/tensorflow/classifier.cc; labels and scores of shape
 * [batch, n] are n classes per example. Beyond that, for the models of scikit-learn's converters: shape [batch] is one
 * class per example, int64 labels become decimal text, and where the model gives one label, or none, but several scores
 * per example, the labels are those that its classifier has in the model file. Where there are none either, the answer is
 * the one label with the highest of the scores, as which score belongs to which label stands in no output.
 * @param rows how many examples there were.
 * @param names of the columns of the scores, as the model file has them.
 * @throws ServingError INVALID_ARGUMENT where the shapes do not fit each other or the examples.
 */
export function toClassifications(
  { labels, scores }: ClassificationOutputs,
  outputs: NamedTensors,
  rows: number,
  names?: readonly string[],
): Classifications {
  const labelTensor = labels && tensorOf(outputs, labels);
  const scoreTensor = scores && tensorOf(outputs, scores);
  const labelCount = labelTensor && perRow(labelTensor, rows, 'classes');
  const scoreCount = scoreTensor && perRow(scoreTensor, rows, 'scores');
  const classes = names !== undefined && names.length === scoreCount ? names : undefined;
  if (classes && scoreTensor && labelCount !== scoreCount && (labelCount ?? 1) === 1) {
    const all = Array.from({ length: rows }, () => classes).flat();
    return { rows, classesPerRow: classes.length, labels: all, scores: singles(scoreTensor) };
  }
  const texts = labelTensor === undefined ? [] : Array.from<string | number | bigint, string>(labelTensor.data, String);
  const numbers = scoreTensor === undefined ? new Float32Array(0) : singles(scoreTensor);
  if (labelCount === undefined || scoreCount === undefined || labelCount === scoreCount) {
    return { rows, classesPerRow: labelCount ?? scoreCount ?? 0, labels: texts, scores: numbers };
  }
  if (labelCount === 1 && scoreCount > 1) {
    return { rows, classesPerRow: 1, labels: texts, scores: highest(numbers, rows, scoreCount) };
  }
  const counts = `${labelCount} vs. ${scoreCount}`;
  throw invalid(`Tensors class and score should match in dim_size(1). Got ${counts}`);
}

/**
 * Makes the answer of regress: one value for each example. Source: TensorFlow Serving servables/tensorflow/regressor.cc.
 * @throws ServingError INVALID_ARGUMENT where the shape is not [batch] or [batch, 1].
 */
export function toRegressions(output: TensorInfo, outputs: NamedTensors, rows: number): Float32Array {
  const tensor = tensorOf(outputs, output);
  const { dims } = tensor;
  if (!(dims.length === 1 || (dims.length === 2 && dims[1] === 1))) {
    throw invalid(
      `Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [${dims.join(',')}]`,
    );
  }
  if (dims[0] !== rows) {
    throw invalid(`Input batch size did not match output batch size: ${rows} vs. ${dims[0]}`);
  }
  return singles(tensor);
}

function named(
  outputs: readonly TensorInfo[],
  names: readonly string[],
  isFit: (output: TensorInfo) => boolean,
): TensorInfo | undefined {
  for (const name of names) {
    const output = outputs.find((candidate) => candidate.name === name);
    if (output !== undefined && isFit(output) && hasClasses(output)) return output;
  }
  return undefined;
}

function isLabel({ dtype }: TensorInfo): boolean {
  return dtype === 'string' || dtype === 'int64';
}

function isFloat({ dtype }: TensorInfo): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16';
}

function hasClasses({ dims }: TensorInfo): boolean {
  return dims === null || dims.length === 1 || dims.length === 2;
}

function isColumn({ dims }: TensorInfo): boolean {
  if (dims === null || dims.length === 1) return true;
  return dims.length === 2 && (dims[1] === 1 || typeof dims[1] !== 'number');
}

function tensorOf(outputs: NamedTensors, { name }: TensorInfo): HostTensor {
  const tensor = outputs.get(name);
  if (tensor === undefined) throw new ServingError('INTERNAL', `output "${name}" was not computed`);
  return tensor;
}

/** Classes of each example. */
function perRow({ dims }: HostTensor, rows: number, what: string): number {
  if (dims.length !== 1 && dims.length !== 2) {
    throw invalid(`Expected Tensor shape: [batch_size num_classes] but got [${dims.join(',')}]`);
  }
  const [size, classes = 1] = dims;
  if (size !== rows) throw invalid(`Expected ${what} output batch size of ${rows}. Got: ${size}`);
  return classes;
}

function singles(tensor: HostTensor): Float32Array {
  switch (tensor.dtype) {
    case 'float32':
      return tensor.data;
    case 'float64':
      return Float32Array.from(tensor.data);
    case 'float16':
      return Float32Array.from(tensor.data, fromHalfBits);
    default:
      throw new ServingError(
        'INTERNAL',
        `an output is ${TENSORFLOW_TYPES[tensor.dtype].name}, but was found to be float`,
      );
  }
}

/** The highest score of each row; NaN where there is no other. */
function highest(scores: Float32Array, rows: number, count: number): Float32Array {
  const best = new Float32Array(rows).fill(NaN);
  for (let row = 0; row < rows; row++) {
    for (let index = row * count; index < (row + 1) * count; index++) {
      const score = scores[index] ?? NaN;
      const current = best[row] ?? NaN;
      if (score > current || Number.isNaN(current)) best[row] = score;
    }
  }
  return best;
}

function described(outputs: readonly TensorInfo[]): string {
  return outputs
    .map(({ name, dtype, dims }) => {
      const shape = dims === null ? '[...]' : `[${dims.map((dim) => dim ?? '?').join(',')}]`;
      return `"${name}" (${TENSORFLOW_TYPES[dtype].name} ${shape})`;
    })
    .join(', ');
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

function invalid(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', message);
}
