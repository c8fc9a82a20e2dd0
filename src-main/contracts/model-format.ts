/** Names and numbers of model formats. Here are no schemas, because workers need these and start without zod's classic API. */

/**
 * Element types of tensors: their number in ONNX (onnx.proto TensorProto.DataType), their name in TensorFlow
 * (tensorflow/core/framework/types.proto, as it stands in SignatureDef) and bytes per element (undefined: no fixed size).
 */
export const DATA_TYPES = {
  float32: { onnx: 1, tensorflow: 'DT_FLOAT', bytes: 4 },
  uint8: { onnx: 2, tensorflow: 'DT_UINT8', bytes: 1 },
  int8: { onnx: 3, tensorflow: 'DT_INT8', bytes: 1 },
  uint16: { onnx: 4, tensorflow: 'DT_UINT16', bytes: 2 },
  int16: { onnx: 5, tensorflow: 'DT_INT16', bytes: 2 },
  int32: { onnx: 6, tensorflow: 'DT_INT32', bytes: 4 },
  int64: { onnx: 7, tensorflow: 'DT_INT64', bytes: 8 },
  string: { onnx: 8, tensorflow: 'DT_STRING', bytes: undefined },
  bool: { onnx: 9, tensorflow: 'DT_BOOL', bytes: 1 },
  float16: { onnx: 10, tensorflow: 'DT_HALF', bytes: 2 },
  float64: { onnx: 11, tensorflow: 'DT_DOUBLE', bytes: 8 },
  uint32: { onnx: 12, tensorflow: 'DT_UINT32', bytes: 4 },
  uint64: { onnx: 13, tensorflow: 'DT_UINT64', bytes: 8 },
  bfloat16: { onnx: 16, tensorflow: 'DT_BFLOAT16', bytes: 2 },
} as const satisfies Record<string, { onnx: number; tensorflow: string; bytes: number | undefined }>;

/** The one signature that an ONNX model has, under the name that TensorFlow Serving's clients expect. */
export const DEFAULT_SIGNATURE_NAME = 'serving_default';
