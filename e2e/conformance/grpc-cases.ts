/** One call of the gRPC API and what TensorFlow Serving answers, or what we answer on purpose. */
export interface GrpcCase {
  readonly name: string;
  /** The file of TensorFlow Serving (or of another project, named in full) that it follows. */
  readonly upstream: string;
  /** Why the answer differs from upstream's; left out where it does not. */
  readonly deviation?: string;
  /** `Predict`: a method of the PredictionService; others with their service. */
  readonly method: string;
  readonly request: object;
  /** The name of the status; default OK. */
  readonly code?: string;
  /** What the response holds at least. */
  readonly response?: Readonly<Record<string, unknown>>;
  readonly error?: string | RegExp;
}

const PREDICT_UTIL = 'servables/tensorflow/predict_util.cc';
const TENSOR_PROTO = 'tensorflow: core/framework/tensor.proto';
const CORE = 'model_servers/server_core.cc';
const MULTI = 'servables/tensorflow/multi_inference.cc';

const shape = (...sizes: number[]): object => ({ dim: sizes.map((size) => ({ size })) });
const floats = (...values: number[]): object => ({
  dtype: 'DT_FLOAT',
  tensor_shape: shape(values.length),
  float_val: values,
});
const content = (
  dtype: string,
  bytes: Uint8Array | Uint16Array | Float32Array | BigInt64Array,
  ...sizes: number[]
): object => ({
  dtype,
  tensor_shape: shape(...sizes),
  tensor_content: Buffer.from(bytes.buffer),
});

/** What is the same in responses: shapes have their sizes as text. */
const dims = (...sizes: number[]): object => ({ dim: sizes.map((size) => ({ size: String(size) })) });
const floatsOut = (values: readonly number[], ...sizes: number[]): object => ({
  dtype: 'DT_FLOAT',
  tensor_shape: dims(...(sizes.length > 0 ? sizes : [values.length])),
  float_val: values,
});
const answeredBy = (name: string, version: string): object => ({
  name,
  version: { value: version },
  signature_name: 'serving_default',
});

function predict(
  upstream: string,
  name: string,
  spec: object | undefined,
  inputs: object,
  expected: Pick<GrpcCase, 'code' | 'response' | 'error' | 'deviation'>,
  outputFilter: readonly string[] = [],
): GrpcCase {
  const request = { ...(spec && { model_spec: spec }), inputs, output_filter: outputFilter };
  return { name, upstream, method: 'Predict', request, ...expected };
}

const X = { x: floats(1, 2, 5) };
const HALF = { name: 'half' };

export const MODEL_SPEC: readonly GrpcCase[] = [
  predict('apis/model.proto', 'no choice is the latest version, and the response names it', HALF, X, {
    response: { outputs: { y: floatsOut([4.5, 5, 6.5]) }, model_spec: answeredBy('half', '124') },
  }),
  predict('apis/model.proto', 'a version', { ...HALF, version: { value: 123 } }, X, {
    response: { outputs: { y: floatsOut([3.5, 4, 5.5]) }, model_spec: answeredBy('half', '123') },
  }),
  predict(CORE, 'a label', { ...HALF, version_label: 'stable' }, X, {
    response: { model_spec: answeredBy('half', '123') },
  }),
  predict('apis/model.proto', 'serving_default by its name', { ...HALF, signature_name: 'serving_default' }, X, {
    response: { model_spec: answeredBy('half', '124') },
  }),
  predict(PREDICT_UTIL, 'an unknown signature', { ...HALF, signature_name: 'no' }, X, {
    code: 'FAILED_PRECONDITION',
    error: 'Serving signature key "no" not found.',
  }),
  predict('servables/tensorflow/predict_impl.cc', 'no ModelSpec', undefined, X, {
    code: 'INVALID_ARGUMENT',
    error: 'Missing ModelSpec',
  }),
  predict(CORE, 'no name', {}, X, { code: 'INVALID_ARGUMENT', error: 'ModelSpec has no name specified.' }),
  predict('core/basic_manager.cc', 'an unknown model', { name: 'no' }, X, {
    code: 'NOT_FOUND',
    error: 'Servable not found for request: Latest(no)',
  }),
  predict('core/basic_manager.cc', 'an unknown version', { ...HALF, version: { value: '9223372036854775807' } }, X, {
    code: 'NOT_FOUND',
    error: 'Servable not found for request: Specific(half, 9223372036854775807)',
  }),
  predict('core/basic_manager.cc', 'a negative version', { ...HALF, version: { value: -1 } }, X, {
    code: 'NOT_FOUND',
    error: 'Servable not found for request: Specific(half, -1)',
  }),
  predict(CORE, 'an unknown label', { ...HALF, version_label: 'no' }, X, {
    code: 'INVALID_ARGUMENT',
    error: 'Unrecognized servable version label: no',
  }),
  predict(CORE, 'a label of a version that is not there', { ...HALF, version_label: 'pending' }, X, {
    code: 'NOT_FOUND',
    error: 'Servable not found for request: Specific(half, 999)',
  }),
  predict('core/basic_manager.cc', 'a model whose version failed to load', { name: 'broken' }, X, {
    code: 'NOT_FOUND',
    error: 'Servable not found for request: Latest(broken)',
  }),
];

const copies = (upstream: string, name: string, dtype: string, input: object, output: object): GrpcCase =>
  predict(upstream, name, { name: `id_${dtype}` }, { x: input }, { response: { outputs: { y: output } } });

export const TENSORS: readonly GrpcCase[] = [
  copies(
    TENSOR_PROTO,
    'float in tensor_content',
    'float32',
    content('DT_FLOAT', new Float32Array([1.5, -2]), 2),
    floatsOut([1.5, -2]),
  ),
  copies(
    TENSOR_PROTO,
    'one value fills the shape',
    'float32',
    { ...floats(7), tensor_shape: shape(3) },
    floatsOut([7, 7, 7]),
  ),
  copies(
    TENSOR_PROTO,
    'the last value fills the rest',
    'float32',
    { ...floats(1, 2), tensor_shape: shape(4) },
    floatsOut([1, 2, 2, 2]),
  ),
  copies(
    TENSOR_PROTO,
    'no value at all is zeros',
    'int32',
    { dtype: 'DT_INT32', tensor_shape: shape(2) },
    { int_val: [0, 0] },
  ),
  copies(TENSOR_PROTO, 'no rows', 'float32', floats(), { dtype: 'DT_FLOAT', tensor_shape: dims(0) }),
  copies(
    TENSOR_PROTO,
    'double_val',
    'float64',
    { dtype: 'DT_DOUBLE', tensor_shape: shape(1), double_val: [0.1] },
    { dtype: 'DT_DOUBLE', double_val: [0.1] },
  ),
  copies(
    TENSOR_PROTO,
    'half_val holds bits',
    'float16',
    { dtype: 'DT_HALF', tensor_shape: shape(2), half_val: [0x3e00, 0xc000] },
    { dtype: 'DT_HALF', half_val: [0x3e00, 0xc000] },
  ),
  copies(TENSOR_PROTO, 'half in tensor_content', 'float16', content('DT_HALF', new Uint16Array([0x3e00]), 1), {
    half_val: [0x3e00],
  }),
  copies(
    TENSOR_PROTO,
    'int8 in int_val',
    'int8',
    { dtype: 'DT_INT8', tensor_shape: shape(2), int_val: [-128, 127] },
    { dtype: 'DT_INT8', int_val: [-128, 127] },
  ),
  copies(TENSOR_PROTO, 'uint8 in tensor_content', 'uint8', content('DT_UINT8', new Uint8Array([0, 255]), 2), {
    dtype: 'DT_UINT8',
    int_val: [0, 255],
  }),
  copies(
    TENSOR_PROTO,
    'int16',
    'int16',
    { dtype: 'DT_INT16', tensor_shape: shape(1), int_val: [-5] },
    { dtype: 'DT_INT16', int_val: [-5] },
  ),
  copies(
    TENSOR_PROTO,
    'uint16',
    'uint16',
    { dtype: 'DT_UINT16', tensor_shape: shape(1), int_val: [65_535] },
    { dtype: 'DT_UINT16', int_val: [65_535] },
  ),
  copies(
    TENSOR_PROTO,
    'int64 above 2^53',
    'int64',
    content('DT_INT64', new BigInt64Array([9_007_199_254_740_993n, -1n]), 2),
    { dtype: 'DT_INT64', int64_val: ['9007199254740993', '-1'] },
  ),
  copies(
    TENSOR_PROTO,
    'uint32_val',
    'uint32',
    { dtype: 'DT_UINT32', tensor_shape: shape(1), uint32_val: [4_294_967_295] },
    { uint32_val: [4_294_967_295] },
  ),
  copies(
    TENSOR_PROTO,
    'uint64_val',
    'uint64',
    { dtype: 'DT_UINT64', tensor_shape: shape(1), uint64_val: ['18446744073709551615'] },
    { uint64_val: ['18446744073709551615'] },
  ),
  copies(
    TENSOR_PROTO,
    'bool_val',
    'bool',
    { dtype: 'DT_BOOL', tensor_shape: shape(2), bool_val: [true, false] },
    { dtype: 'DT_BOOL', bool_val: [true, false] },
  ),
  copies(
    TENSOR_PROTO,
    'string_val',
    'string',
    { dtype: 'DT_STRING', tensor_shape: shape(2), string_val: [Buffer.from('é'), Buffer.from('')] },
    { dtype: 'DT_STRING', string_val: [Buffer.from('é'), Buffer.from('')] },
  ),
  predict(
    TENSOR_PROTO,
    'a scalar',
    { name: 'scalar' },
    { x: { dtype: 'DT_FLOAT', tensor_shape: {}, float_val: [3] } },
    {
      response: { outputs: { y: { dtype: 'DT_FLOAT', float_val: [3] } } },
    },
  ),
  predict(
    'tensorflow: core/framework/tensor.cc',
    'tensor_content that is too short',
    HALF,
    { x: content('DT_FLOAT', new Uint8Array(3), 1) },
    {
      code: 'INVALID_ARGUMENT',
      error: /^tensor parsing error: x/u,
    },
  ),
  predict(
    'tensorflow: core/framework/tensor.cc',
    'more values than the shape has',
    HALF,
    { x: { ...floats(1, 2), tensor_shape: shape(1) } },
    {
      code: 'INVALID_ARGUMENT',
      error: /^tensor parsing error: x/u,
    },
  ),
  predict(
    'tensorflow: core/framework/tensor_shape.cc',
    'a negative dimension',
    HALF,
    { x: { ...floats(1), tensor_shape: shape(-1) } },
    {
      code: 'INVALID_ARGUMENT',
      error: /x/u,
    },
  ),
  predict(
    'servables/tensorflow/predict_impl_test.cc',
    'another element type than the signature has',
    HALF,
    { x: { dtype: 'DT_INT64', tensor_shape: shape(1), int64_val: [1] } },
    {
      code: 'INVALID_ARGUMENT',
      error: /x/u,
    },
  ),
  predict(
    'servables/tensorflow/predict_impl_test.cc',
    'another shape than the signature has',
    HALF,
    { x: { ...floats(1, 2), tensor_shape: shape(1, 2) } },
    {
      code: 'INVALID_ARGUMENT',
      error: /x/u,
    },
  ),
];

const SUM = { name: 'sum' };
const ROW = (...values: number[]): object => ({ ...floats(...values), tensor_shape: shape(1, 3) });
const AB = { a: ROW(1, 2, 3), b: ROW(4, 5, 6) };

export const PREDICT: readonly GrpcCase[] = [
  predict(PREDICT_UTIL, 'several inputs and outputs', SUM, AB, {
    response: { outputs: { sum: floatsOut([5, 7, 9], 1, 3), difference: floatsOut([-3, -3, -3], 1, 3) } },
  }),
  predict(PREDICT_UTIL, 'output_filter', SUM, AB, { response: { outputs: { sum: floatsOut([5, 7, 9], 1, 3) } } }, [
    'sum',
  ]),
  predict(
    PREDICT_UTIL,
    'output_filter with an unknown output',
    SUM,
    AB,
    {
      code: 'INVALID_ARGUMENT',
      error: /^output tensor alias not found in signature: no Outputs expected to be in the set \{.*\}\.$/u,
    },
    ['no'],
  ),
  predict(
    PREDICT_UTIL,
    'output_filter with an output twice',
    SUM,
    AB,
    {
      code: 'INVALID_ARGUMENT',
      error: 'duplicate output tensor alias: sum',
    },
    ['sum', 'sum'],
  ),
  predict(
    PREDICT_UTIL,
    'an input is missing',
    SUM,
    { a: ROW(1, 2, 3) },
    {
      code: 'INVALID_ARGUMENT',
      error:
        'input size does not match signature: 1!=2 len({a}) != len({a,b}). Sent extra: {}. Missing but required: {b}.',
    },
  ),
  predict(
    PREDICT_UTIL,
    'an input that is none',
    SUM,
    { ...AB, c: ROW(1, 2, 3) },
    {
      code: 'INVALID_ARGUMENT',
      error: /c/u,
    },
  ),
];

const example = (features: Readonly<Record<string, object>>): object => ({ features: { feature: features } });
const floatList = (...value: number[]): object => ({ float_list: { value } });
const int64List = (...value: number[]): object => ({ int64_list: { value } });
const list = (...examples: object[]): object => ({ example_list: { examples } });
const TWO = list(example({ x: floatList(0.25, 0.75) }), example({ x: floatList(1, 0) }));
const ROWS = list(example({ a: floatList(1), n: int64List(2) }), example({ a: floatList(0.5), n: int64List(3) }));

const classes = (first: number, second: number): object => ({
  classes: [
    { label: 'cat', score: first },
    { label: 'dog', score: second },
  ],
});

export const EXAMPLES: readonly GrpcCase[] = [
  {
    name: 'classify: labels and scores of each example',
    upstream: 'servables/tensorflow/classifier.cc',
    method: 'Classify',
    request: { model_spec: { name: 'classify_each' }, input: TWO },
    response: {
      result: { classifications: [classes(0.25, 0.75), classes(1, 0)] },
      model_spec: answeredBy('classify_each', '1'),
    },
  },
  {
    name: 'classify: the context belongs to every example',
    upstream: 'apis/input.proto',
    method: 'Classify',
    request: {
      model_spec: { name: 'classify_each' },
      input: {
        example_list_with_context: { examples: [example({})], context: example({ x: floatList(0.5, 0.5) }) },
      },
    },
    response: { result: { classifications: [classes(0.5, 0.5)] } },
  },
  {
    name: 'classify: no examples',
    upstream: 'servables/tensorflow/util.cc',
    method: 'Classify',
    request: { model_spec: { name: 'classify_each' } },
    code: 'INVALID_ARGUMENT',
    error: /^Input is empty/u,
  },
  {
    name: 'classify: a feature is missing',
    upstream: 'servables/tensorflow/classifier.cc',
    method: 'Classify',
    request: { model_spec: { name: 'classify_each' }, input: list(example({})) },
    code: 'INVALID_ARGUMENT',
    error: /x/u,
  },
  {
    name: 'classify: outputs that are no classes',
    upstream: 'servables/tensorflow/classifier.cc',
    method: 'Classify',
    request: { model_spec: { name: 'half' }, input: list(example({ x: floatList(1) })) },
    code: 'FAILED_PRECONDITION',
    error: /classes/u,
  },
  {
    name: 'classify: no ModelSpec',
    upstream: 'servables/tensorflow/classification_service.cc',
    method: 'Classify',
    request: { input: TWO },
    code: 'INVALID_ARGUMENT',
    error: 'Missing ModelSpec',
  },
  {
    name: 'regress: a value for each example',
    upstream: 'servables/tensorflow/regressor.cc',
    method: 'Regress',
    request: { model_spec: { name: 'regress' }, input: ROWS },
    response: { result: { regressions: [{ value: 3 }, { value: 3.5 }] }, model_spec: answeredBy('regress', '1') },
  },
  {
    name: 'regress: a column will do',
    upstream: 'servables/tensorflow/regressor.cc',
    method: 'Regress',
    request: { model_spec: { name: 'regress_column' }, input: ROWS },
    response: { result: { regressions: [{ value: 3 }, { value: 3.5 }] } },
  },
  {
    name: 'regress: an unknown model',
    upstream: 'core/basic_manager.cc',
    method: 'Regress',
    request: { model_spec: { name: 'no' }, input: ROWS },
    code: 'NOT_FOUND',
    error: 'Servable not found for request: Latest(no)',
  },
  {
    name: 'multi-inference: one task',
    upstream: MULTI,
    method: 'MultiInference',
    request: {
      tasks: [{ model_spec: { name: 'regress' }, method_name: 'tensorflow/serving/regress' }],
      input: ROWS,
    },
    response: { results: [{ regression_result: { regressions: [{ value: 3 }, { value: 3.5 }] } }] },
  },
  {
    name: 'multi-inference: tasks of two models',
    upstream: MULTI,
    method: 'MultiInference',
    request: {
      tasks: [
        { model_spec: { name: 'regress' }, method_name: 'tensorflow/serving/regress' },
        { model_spec: { name: 'half' }, method_name: 'tensorflow/serving/regress' },
      ],
      input: ROWS,
    },
    code: 'INVALID_ARGUMENT',
    error: /same model/u,
  },
  {
    name: 'multi-inference: a method that there is none of',
    upstream: MULTI,
    method: 'MultiInference',
    request: {
      tasks: [{ model_spec: { name: 'regress' }, method_name: 'tensorflow/serving/predict' }],
      input: ROWS,
    },
    code: 'UNIMPLEMENTED',
    error: 'Unsupported signature method_name: tensorflow/serving/predict',
  },
  {
    name: 'multi-inference: no tasks',
    upstream: 'servables/tensorflow/multi_inference_helper.cc',
    method: 'MultiInference',
    request: { input: ROWS },
    code: 'INVALID_ARGUMENT',
    error: 'ModelSpec has no name specified.',
  },
];

const METADATA = 'servables/tensorflow/get_model_metadata_impl.cc';
const STATUS = 'model_servers/get_model_status_impl.cc';
const GET_MODEL_STATUS = '/tensorflow.serving.ModelService/GetModelStatus';
const CHECK = '/grpc.health.v1.Health/Check';
const AVAILABLE = { state: 'AVAILABLE', status: {} };

export const ABOUT_MODELS: readonly GrpcCase[] = [
  {
    name: 'metadata: no field',
    upstream: METADATA,
    method: 'GetModelMetadata',
    request: { model_spec: HALF },
    code: 'INVALID_ARGUMENT',
    error: 'GetModelMetadataRequest must specify at least one metadata_field',
  },
  {
    name: 'metadata: an unknown field',
    upstream: METADATA,
    method: 'GetModelMetadata',
    request: { model_spec: HALF, metadata_field: ['no'] },
    code: 'INVALID_ARGUMENT',
    error: 'Metadata field no is not supported',
  },
  {
    name: 'metadata: an unknown model',
    upstream: METADATA,
    method: 'GetModelMetadata',
    request: { model_spec: { name: 'no' }, metadata_field: ['signature_def'] },
    code: 'NOT_FOUND',
    error: 'Servable not found for request: Latest(no)',
  },
  {
    name: 'status: all versions, highest first',
    upstream: STATUS,
    method: GET_MODEL_STATUS,
    request: { model_spec: HALF },
    response: {
      model_version_status: [
        { version: '124', ...AVAILABLE },
        { version: '123', ...AVAILABLE },
      ],
    },
  },
  {
    name: 'status: one version',
    upstream: STATUS,
    method: GET_MODEL_STATUS,
    request: { model_spec: { ...HALF, version: { value: 123 } } },
    response: { model_version_status: [{ version: '123', ...AVAILABLE }] },
  },
  {
    name: 'status: a label',
    upstream: STATUS,
    deviation: 'upstream ignores the label and answers with all versions',
    method: GET_MODEL_STATUS,
    request: { model_spec: { ...HALF, version_label: 'stable' } },
    response: { model_version_status: [{ version: '123', ...AVAILABLE }] },
  },
  {
    name: 'status: a version that failed to load says why',
    upstream: STATUS,
    method: GET_MODEL_STATUS,
    request: { model_spec: { name: 'broken' } },
    response: { model_version_status: [{ version: '7', state: 'END' }] },
  },
  {
    name: 'status: a model without versions',
    upstream: STATUS,
    method: GET_MODEL_STATUS,
    request: { model_spec: { name: 'empty' } },
    code: 'NOT_FOUND',
    error: 'Could not find any versions of model empty',
  },
  {
    name: 'status: an unknown version',
    upstream: STATUS,
    method: GET_MODEL_STATUS,
    request: { model_spec: { ...HALF, version: { value: 7 } } },
    code: 'NOT_FOUND',
    error: 'Could not find version 7 of model half',
  },
  {
    name: 'status: no ModelSpec',
    upstream: STATUS,
    method: GET_MODEL_STATUS,
    request: {},
    code: 'INVALID_ARGUMENT',
    error: 'Missing ModelSpec',
  },
  {
    name: 'health: not every model serves',
    upstream: 'model_servers/server.cc',
    deviation: 'upstream says SERVING whatever its models do',
    method: CHECK,
    request: {},
    response: { status: 'NOT_SERVING' },
  },
  {
    name: 'health: a model by its name',
    upstream: 'model_servers/server.cc',
    deviation: 'upstream knows only its two services',
    method: CHECK,
    request: { service: 'half' },
    response: { status: 'SERVING' },
  },
  {
    name: 'health: a service that there is none of',
    upstream: 'grpc: src/proto/grpc/health/v1/health.proto',
    method: CHECK,
    request: { service: 'no' },
    code: 'NOT_FOUND',
  },
];
