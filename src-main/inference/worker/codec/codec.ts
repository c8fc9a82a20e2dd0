import type { ServableId } from '../../../contracts/ids.ts';
import type { ModelSignature } from '../../../contracts/signature.ts';
import type { ClassLabels } from '../../onnx-model/class-labels.ts';
import type { Call } from '../../protocol/call.ts';
import type { NamedTensors } from '../tensor-batch.ts';
import { parseInferenceJson, parseInferenceProto, parseMultiInferenceProto } from './inference-calls.ts';
import { modelSpecField } from './model-spec.ts';
import { PredictProtoReader } from './predict-proto-request.ts';
import { writePredictProtoResponse } from './predict-proto-response.ts';
import { parsePredictRequest } from './predict-request.ts';
import { checkRowOutputs, writePredictResponse } from './predict-response.ts';

/** A request, read. */
export interface ParsedRequest {
  /** By input name. The receiver owns them. */
  readonly inputs: NamedTensors;
  /** Names of the outputs to compute, in any order, each once; undefined: all. */
  readonly outputs?: readonly string[];
  /**
   * Writes the body of the response.
   * @param outputs the outputs for this request's rows alone, in the signature's order; more than it asked for will do.
   * @throws ServingError where they cannot be written as the call asks for.
   */
  write(outputs: NamedTensors): Uint8Array;
}

/** Turns the bodies of one model's requests into tensors, and its outputs into bodies. */
export interface Codec {
  /**
   * @param body is only read, and not kept.
   * @throws ServingError for what the caller did wrong.
   */
  parse(call: Call, body: Buffer): ParsedRequest;
}

export interface CodecOptions {
  /** Named in gRPC responses. */
  readonly id: ServableId;
  readonly signature: ModelSignature;
  /** Of the outputs of a classifier, see OnnxModel. */
  readonly classLabels: ClassLabels;
  /** Whether gRPC responses hold `tensor_content` instead of typed values. */
  readonly tensorContent: boolean;
}

/**
 * What one request may ask for. Objects and lists may be nested as deep as nobody needs, because TensorFlow Serving's
 * parser has no bound; each level takes eight bytes while it is open. Tensors may be as large as the largest body could fill.
 */
const LIMITS = { maxDepth: 1_000_000, maxTensorBytes: 2 ** 30, maxFilledBytes: 2 ** 26 };

/** Field of the model_spec in a PredictResponse. */
const PREDICT_MODEL_SPEC = 2;

export function createCodec({ id, signature, classLabels, tensorContent }: CodecOptions): Codec {
  const predictProto = new PredictProtoReader(signature, LIMITS);
  const jsonOptions = { signature, classLabels };
  const protoOptions = { id, signature, classLabels, maxTensorBytes: LIMITS.maxTensorBytes };
  const modelSpec = modelSpecField(PREDICT_MODEL_SPEC, id);
  return {
    parse(call, body) {
      switch (call) {
        case 'predictJson': {
          const request = parsePredictRequest(body, signature, LIMITS);
          if (request.format === 'row') checkRowOutputs(signature);
          return { inputs: request.inputs, write: (outputs) => writePredictResponse(outputs, request.format) };
        }
        case 'predictProto': {
          const { inputs, outputs: wanted } = predictProto.read(body);
          if (wanted === undefined) {
            return { inputs, write: (outputs) => writePredictProtoResponse(outputs, modelSpec, tensorContent) };
          }
          const write = (outputs: NamedTensors): Uint8Array =>
            writePredictProtoResponse(only(wanted, outputs), modelSpec, tensorContent);
          return { inputs, outputs: wanted, write };
        }
        case 'classifyJson':
          return parseInferenceJson('classify', body, jsonOptions, LIMITS);
        case 'regressJson':
          return parseInferenceJson('regress', body, jsonOptions, LIMITS);
        case 'classifyProto':
          return parseInferenceProto('classify', body, protoOptions);
        case 'regressProto':
          return parseInferenceProto('regress', body, protoOptions);
        case 'multiInferenceProto':
          return parseMultiInferenceProto(body, protoOptions);
        default:
          return call satisfies never;
      }
    },
  };
}

function only(names: readonly string[], tensors: NamedTensors): NamedTensors {
  return new Map([...tensors].filter(([name]) => names.includes(name)));
}
