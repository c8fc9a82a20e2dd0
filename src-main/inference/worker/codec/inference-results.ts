/** The answers of classify, regress and multi-inference as bodies. */
import type { ServableId } from '../../../contracts/ids.ts';
import type { Classifications } from './classification.ts';
import { MAX_FLOAT_BYTES, writeSingle } from './float-writer.ts';
import { JsonWriter } from './json-writer.ts';
import { writeModelSpec } from './model-spec.ts';
import { WireWriter } from './wire-writer.ts';

/** Bytes that one class or value most likely takes, for the first guess of a JSON body's size. */
const TYPICAL_BYTES = 24;
/** What stands for a score where a model has none. */
const NO_SCORE = new Float32Array(1);

/** `{"results": [[["label", score], …], …]}`. Source: TensorFlow Serving util/json_tensor.cc. Owned by the caller. */
export function writeClassificationsJson({ rows, classesPerRow, labels, scores }: Classifications): Uint8Array {
  const writer = new JsonWriter(64 + rows * classesPerRow * TYPICAL_BYTES);
  writer.ascii('{"results": [');
  for (let row = 0; row < rows; row++) {
    writer.ascii(row === 0 ? '[' : ', [');
    for (let index = row * classesPerRow; index < (row + 1) * classesPerRow; index++) {
      writer.ascii(index === row * classesPerRow ? '[' : ', [');
      writer.string(labels[index] ?? '');
      writer.separator();
      if (scores.length > 0) writeNumber(scores, index, writer);
      else writeNumber(NO_SCORE, 0, writer);
      writer.ascii(']');
    }
    writer.ascii(']');
  }
  writer.ascii(']}');
  return writer.finish();
}

/** `{"results": [value, …]}`. Source: TensorFlow Serving util/json_tensor.cc. Owned by the caller. */
export function writeRegressionsJson(values: Float32Array): Uint8Array {
  const writer = new JsonWriter(64 + values.length * TYPICAL_BYTES);
  writer.ascii('{"results": [');
  for (let index = 0; index < values.length; index++) {
    if (index > 0) writer.separator();
    writeNumber(values, index, writer);
  }
  writer.ascii(']}');
  return writer.finish();
}

function writeNumber(values: Float32Array, index: number, writer: JsonWriter): void {
  writer.reserve(MAX_FLOAT_BYTES);
  writer.position = writeSingle(values, index, writer.bytes, writer.position);
}

/** The answer of one method. */
export type InferenceResult =
  | { readonly method: 'classify'; readonly classifications: Classifications }
  | { readonly method: 'regress'; readonly values: Float32Array };

/** A ClassificationResponse or RegressionResponse: the result in field 1, the model_spec in field 2. */
export function writeResponseProto(result: InferenceResult, id: ServableId): Uint8Array {
  const writer = new WireWriter();
  writer.message(1, () => writeResult(writer, result));
  writeModelSpec(writer, 2, id);
  return writer.finish();
}

/** A MultiInferenceResponse: a result for each task, in their order. Source: TensorFlow Serving apis/inference.proto. */
export function writeMultiResponseProto(results: readonly InferenceResult[], id: ServableId): Uint8Array {
  const writer = new WireWriter();
  for (const result of results) {
    writer.message(1, () => {
      writeModelSpec(writer, 1, id);
      writer.message(result.method === 'classify' ? 2 : 3, () => writeResult(writer, result));
    });
  }
  return writer.finish();
}

/** A ClassificationResult or RegressionResult. Source: TensorFlow Serving apis/classification.proto, regression.proto. */
function writeResult(writer: WireWriter, result: InferenceResult): void {
  if (result.method === 'regress') {
    for (const value of result.values) writer.message(1, () => writer.float(1, value));
    return;
  }
  const { rows, classesPerRow, labels, scores } = result.classifications;
  for (let row = 0; row < rows; row++) {
    writer.message(1, () => {
      for (let index = row * classesPerRow; index < (row + 1) * classesPerRow; index++) {
        writer.message(1, () => writer.text(1, labels[index] ?? '').float(2, scores[index] ?? 0));
      }
    });
  }
}
