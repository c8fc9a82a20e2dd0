import { bad, type Expected, ok, predict, type RestCase, type RestGroup } from './rest-case.ts';

const DECIMAL = 'util/json_tensor.cc WriteDecimal';
const WRITE = 'util/json_tensor.cc MakeRowFormatJsonFromTensors';
const COLUMNS = 'util/json_tensor.cc MakeColumnFormatJsonFromTensors';
const TEXT = 'util/json_tensor.cc AddSingleValueAndAdvance';
const FEWEST =
  'the fewest digits that read back as the same number; upstream prints 9 (float) or 17 (double) where 6 do not';
const EARLY = 'refused before the model runs, with a hint';

const printed = (dtype: string, token: string, text: string, deviation?: string): RestCase =>
  predict(
    DECIMAL,
    `id_${dtype}`,
    `{"inputs": [${token}]}`,
    { ...ok(`{"outputs": [${text}]}`), ...(deviation === undefined ? {} : { deviation }) },
    `${dtype} ${token} is printed as ${text}`,
  );
const floats: readonly (readonly [token: string, text: string, deviation?: string])[] = [
  ['0.1', '0.1'],
  ['1', '1.0'],
  ['100', '100.0'],
  ['2.50', '2.5'],
  ['1000000', '1e+06'],
  ['9000000', '9e+06'],
  ['999999', '999999.0'],
  ['1234567', '1234567.0'],
  ['16777216', '16777216.0'],
  ['123456.703', '123456.7', FEWEST],
  ['3.14159274', '3.1415927', FEWEST],
  ['0.0001', '0.0001'],
  ['0.00001', '1e-05'],
  ['1e-10', '1e-10'],
  ['1e10', '1e+10'],
  ['-0.0', '-0.0'],
  ['-1e6', '-1e+06'],
];
const doubles: readonly (readonly [token: string, text: string, deviation?: string])[] = [
  ['0.1', '0.1'],
  ['1', '1.0'],
  ['0.33333333333333331', '0.3333333333333333', FEWEST],
  ['12345678.9', '12345678.9'],
  ['1e-7', '1e-07'],
  ['1e6', '1e+06'],
  ['1e100', '1e+100'],
  ['5e-324', '5e-324', FEWEST],
  ['-0.0', '-0.0'],
];
const scalarRefusal: Expected = {
  ...bad(/^Tensor name: mean has no shape information /u),
  deviation: EARLY,
};

export const PREDICT_RESPONSES: RestGroup = {
  title: '4.6 predict responses',
  cases: [
    ...floats.map((each) => printed('float32', ...each)),
    ...doubles.map((each) => printed('float64', ...each)),
    predict(
      WRITE,
      'half',
      '{"instances": [1, 2]}',
      { ...ok('{"predictions": [4.5, 5.0]}'), deviation: 'on one line; upstream indents by four' },
      'one output, rows',
    ),
    predict(
      COLUMNS,
      'half',
      '{"inputs": [1, 2]}',
      { ...ok('{"outputs": [4.5, 5.0]}'), deviation: 'on one line; upstream indents by four' },
      'one output, columns',
    ),
    predict(
      WRITE,
      'sum',
      '{"instances": [{"a": [1, 2, 3], "b": [1, 2, 3]}]}',
      {
        ...ok('{"predictions": [{"sum": [2.0, 4.0, 6.0], "difference": [0.0, 0.0, 0.0]}]}'),
        deviation: 'keys in the order of the signature; upstream leaves it open',
      },
      'several outputs, rows',
    ),
    predict(
      COLUMNS,
      'sum',
      '{"inputs": {"a": [[1, 2, 3]], "b": [[1, 2, 3]]}}',
      {
        ...ok('{"outputs": {"sum": [[2.0, 4.0, 6.0]], "difference": [[0.0, 0.0, 0.0]]}}'),
        deviation: 'keys in the order of the signature; upstream leaves it open',
      },
      'several outputs, columns',
    ),
    predict(COLUMNS, 'half', '{"inputs": []}', ok('{"outputs": []}'), 'an empty batch, columns'),
    predict(COLUMNS, 'scalar', '{"inputs": 2.5}', ok('{"outputs": 2.5}'), 'a scalar stands for itself'),
    predict(COLUMNS, 'mean', '{"inputs": [1, 2, 6]}', ok('{"outputs": 3.0}'), 'a scalar output, columns'),
    predict(WRITE, 'mean', '{"instances": [1, 2, 6]}', scalarRefusal, 'a scalar output cannot be split into rows'),
    predict(
      COLUMNS,
      'uneven',
      '{"inputs": [1, 2]}',
      ok('{"outputs": {"once": [1.0, 2.0], "twice": [1.0, 2.0, 1.0, 2.0]}}'),
      'outputs of different lengths, columns',
    ),
    predict(
      WRITE,
      'uneven',
      '{"instances": [1, 2, 3]}',
      bad(/^Tensor name: twice has inconsistent batch size: 6 expecting: 3/u),
      'outputs of different lengths cannot be rows',
    ),
    predict(WRITE, 'id_bool', '{"instances": [true, false]}', ok('{"predictions": [true, false]}'), 'booleans'),
    predict(
      WRITE,
      'id_int64',
      '{"instances": [9007199254740993, -1]}',
      ok('{"predictions": [9007199254740993, -1]}'),
      'integers are plain and exact',
    ),
    predict(
      WRITE,
      'any',
      '{"instances": [[[1, 2], [3, 4]]]}',
      ok('{"predictions": [[[1.0, 2.0], [3.0, 4.0]]]}'),
      'nested lists',
    ),
    predict(
      WRITE,
      'any_int64',
      '{"instances": [[[]], [[]]]}',
      ok('{"predictions": [[[]], [[]]]}'),
      'empty lists keep their shape',
    ),
    predict(
      TEXT,
      'text',
      '{"instances": ["ab"]}',
      ok('{"predictions": [{"text": "ab", "data_bytes": {"b64": "YWI="}}]}'),
      'an output named _bytes is base64',
    ),
    predict(
      TEXT,
      'text',
      '{"inputs": ["ä", ""]}',
      ok('{"outputs": {"text": ["ä", ""], "data_bytes": [{"b64": "w6Q="}, {"b64": ""}]}}'),
      'base64 has padding, columns',
    ),
    predict(
      TEXT,
      'id_string',
      '{"instances": ["\\u0001\\u001f"]}',
      ok({ json: { predictions: ['\u0001\u001f'] } }),
      'control characters are escaped',
    ),
    predict(
      TEXT,
      'id_string',
      '{"instances": ["</script>é\\\\"]}',
      ok('{"predictions": ["</script>é\\\\"]}'),
      'only what must be is escaped',
    ),
    predict(
      WRITE,
      'id_float16',
      '{"instances": [0.1, 65504]}',
      { ...ok('{"predictions": [0.1, 65500.0]}'), deviation: `upstream cannot write half; ${FEWEST}` },
      'half',
    ),
    predict(
      WRITE,
      'id_uint16',
      '{"instances": [65535]}',
      { ...ok('{"predictions": [65535]}'), deviation: 'upstream cannot write uint16' },
      'uint16',
    ),
    {
      name: 'the answer names its version and type',
      upstream: 'model_servers/http_rest_api_handler.cc',
      deviation: 'upstream does not say which version answered',
      request: 'POST /v1/models/half/labels/stable:predict',
      body: '{"instances": [1]}',
      ...ok('{"predictions": [3.5]}'),
      answerHeaders: {
        'content-type': 'application/json',
        'slipway-model-version': '123',
        'content-length': '22',
        'x-content-type-options': 'nosniff',
      },
    },
    {
      name: 'an error of a version names it too',
      upstream: 'model_servers/http_rest_api_handler.cc',
      deviation: 'upstream does not say which version answered',
      request: 'POST /v1/models/half/versions/123:predict',
      body: '{}',
      ...bad("Missing 'inputs' or 'instances' key"),
      answerHeaders: { 'slipway-model-version': '123' },
    },
    {
      name: 'an error is on one line',
      upstream: 'model_servers/http_server.cc',
      deviation: 'upstream indents by four and has no line feed at the end',
      request: 'POST /v1/models/none:predict',
      body: '{}',
      status: 404,
      answer: '{"error": "Servable not found for request: Latest(none)"}\n',
    },
  ],
};
