/** Requests of classify, regress and multi-inference, whose inputs are examples. */
import type { ServableId } from '../../../contracts/ids.ts';
import { DEFAULT_SIGNATURE_NAME } from '../../../contracts/model-format.ts';
import { ServingError } from '../../../contracts/serving-error.ts';
import type { ModelSignature } from '../../../contracts/signature.ts';
import type { ClassLabels } from '../../onnx-model/class-labels.ts';
import type { NamedTensors } from '../tensor-batch.ts';
import { classificationOutputs, regressionOutput, toClassifications, toRegressions } from './classification.ts';
import { checkStackable } from './examples.ts';
import { readExamplesJson } from './examples-json.ts';
import { InputSpans } from './examples-proto.ts';
import {
  type InferenceResult,
  writeClassificationsJson,
  writeMultiResponseProto,
  writeRegressionsJson,
  writeResponseProto,
} from './inference-results.ts';
import { type ModelSpec, readModelSpec } from './model-spec.ts';
import { isKnownSignature, type PredictLimits } from './predict-rules.ts';
import { tagOf, WIRE, WireReader } from './wire-reader.ts';

/** The methods that take examples. */
export type ExampleMethod = 'classify' | 'regress';

/** A request, read; codec.ts says what its parts promise. */
export interface ParsedInference {
  readonly inputs: NamedTensors;
  readonly outputs: readonly string[];
  write(outputs: NamedTensors): Uint8Array;
}

/** Source: TensorFlow Serving apis/classification.proto, regression.proto, inference.proto. */
const MODEL_SPEC = tagOf(1, WIRE.bytes);
const INPUT = tagOf(2, WIRE.bytes);
const TASKS = tagOf(1, WIRE.bytes);
const TASK_METHOD_NAME = tagOf(2, WIRE.bytes);

/** How a task of a MultiInferenceRequest names the methods. Source: TensorFlow cc/saved_model/signature_constants.h. */
const METHODS: ReadonlyMap<string, ExampleMethod> = new Map([
  ['tensorflow/serving/classify', 'classify'],
  ['tensorflow/serving/regress', 'regress'],
]);

/** What is known about the outputs and inputs of a model. */
interface ModelFacts {
  readonly signature: ModelSignature;
  readonly classLabels: ClassLabels;
}

/** What a method needs of a model, and what it makes of it. */
interface Plan {
  /** Names of the outputs to compute. */
  readonly outputs: readonly string[];
  readonly result: (outputs: NamedTensors, rows: number) => InferenceResult;
}

/** @throws ServingError FAILED_PRECONDITION where the model does not fit the method. */
function planFor(method: ExampleMethod, { signature, classLabels }: ModelFacts): Plan {
  checkStackable(signature);
  if (method === 'regress') {
    const output = regressionOutput(signature);
    return {
      outputs: [output.name],
      result: (outputs, rows) => ({ method, values: toRegressions(output, outputs, rows) }),
    };
  }
  const wanted = classificationOutputs(signature);
  const names = wanted.scores && classLabels.get(wanted.scores.name);
  return {
    outputs: [wanted.labels, wanted.scores].flatMap((output) => output?.name ?? []),
    result: (outputs, rows) => ({ method, classifications: toClassifications(wanted, outputs, rows, names) }),
  };
}

/**
 * Reads the JSON body of a classify or regress request.
 * @throws ServingError INVALID_ARGUMENT for a wrong body, FAILED_PRECONDITION for a model that does not fit the method,
 *   RESOURCE_EXHAUSTED beyond the limits.
 */
export function parseInferenceJson(
  method: ExampleMethod,
  body: Buffer,
  facts: ModelFacts,
  limits: PredictLimits,
): ParsedInference {
  const { rows, inputs, plan } = readExamplesJson(body, facts.signature, limits, () => planFor(method, facts));
  const { outputs, result } = plan;
  return { inputs, outputs, write: (tensors) => writeJson(result(tensors, rows)) };
}

function writeJson(result: InferenceResult): Uint8Array {
  return result.method === 'classify'
    ? writeClassificationsJson(result.classifications)
    : writeRegressionsJson(result.values);
}

/**
 * Reads a ClassificationRequest or RegressionRequest. Source of the checks, their order and words: TensorFlow Serving
 * servables/tensorflow/classifier.cc, regressor.cc and util.cc.
 * @throws ServingError as {@link parseInferenceJson}.
 */
export function parseInferenceProto(
  method: ExampleMethod,
  body: Buffer,
  { id, maxTensorBytes, ...facts }: ProtoOptions,
): ParsedInference {
  const message = method === 'classify' ? 'ClassificationRequest' : 'RegressionRequest';
  const reader = new WireReader(body, `tensorflow.serving.${message}`);
  const spec: ModelSpec = { name: '', signatureName: '' };
  const input = new InputSpans();
  while (reader.next()) {
    if (reader.tag === MODEL_SPEC) readModelSpec(reader, spec);
    else if (reader.tag === INPUT) input.take(reader);
  }
  if (!isKnownSignature(spec.signatureName)) {
    throw invalid(`No signature was found with the name: ${spec.signatureName}`);
  }
  const { outputs, result } = planFor(method, facts);
  const { rows, inputs } = input.stack(reader, facts.signature, maxTensorBytes);
  return { inputs, outputs, write: (tensors) => writeResponseProto(result(tensors, rows), id) };
}

/** What is known about the model that answers. */
export interface ProtoOptions extends ModelFacts {
  readonly id: ServableId;
  readonly maxTensorBytes: number;
}

interface Task {
  readonly spec: ModelSpec;
  methodName: string;
}

/**
 * Reads a MultiInferenceRequest; all tasks are answered from one run. Source of the checks, their order and words:
 * TensorFlow Serving servables/tensorflow/multi_inference.cc. Deviation: as an ONNX model has one signature for all methods,
 * a classify and a regress task may both name it.
 * @throws ServingError as {@link parseInferenceJson}, and UNIMPLEMENTED for a task of another method.
 */
export function parseMultiInferenceProto(
  body: Buffer,
  { id, maxTensorBytes, ...facts }: ProtoOptions,
): ParsedInference {
  const reader = new WireReader(body, 'tensorflow.serving.MultiInferenceRequest');
  const tasks: Task[] = [];
  const input = new InputSpans();
  while (reader.next()) {
    if (reader.tag === TASKS) tasks.push(readTask(reader));
    else if (reader.tag === INPUT) input.take(reader);
    // One of them is wrong by itself, or asks for the same as another.
    if (tasks.length > METHODS.size) break;
  }
  if (tasks.length === 0) throw invalid('The request has no tasks.');
  const plans = plansFor(tasks, facts);
  const { rows, inputs } = input.stack(reader, facts.signature, maxTensorBytes);
  return {
    inputs,
    outputs: [...new Set(plans.flatMap(({ outputs }) => outputs))],
    write: (tensors) =>
      writeMultiResponseProto(
        plans.map(({ result }) => result(tensors, rows)),
        id,
      ),
  };
}

function readTask(reader: WireReader): Task {
  const task: Task = { spec: { name: '', signatureName: '' }, methodName: '' };
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.tag === MODEL_SPEC) readModelSpec(reader, task.spec);
    else if (reader.tag === TASK_METHOD_NAME) task.methodName = reader.text();
  }
  reader.leave(outerEnd);
  return task;
}

function plansFor(tasks: readonly Task[], facts: ModelFacts): Plan[] {
  const plans = new Map<ExampleMethod, Plan>();
  const modelName = tasks[0]?.spec.name;
  for (const { spec, methodName } of tasks) {
    if (spec.name === '') throw invalid('Found ModelSpec with an empty model name.');
    if (spec.name !== modelName) {
      throw invalid('All ModelSpecs in a MultiInferenceRequest must access the same model name.');
    }
    if (!isKnownSignature(spec.signatureName)) {
      throw invalid(`Requested signature not found in model graph: ${spec.signatureName}`);
    }
    const method = METHODS.get(methodName);
    if (method === undefined) {
      throw new ServingError('UNIMPLEMENTED', `Unsupported signature method_name: ${methodName}`);
    }
    if (plans.has(method)) throw invalid(`Duplicate evaluation of signature: ${DEFAULT_SIGNATURE_NAME}`);
    plans.set(method, planFor(method, facts));
  }
  return [...plans.values()];
}

function invalid(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', message);
}
