import { bad, ok, predict, type RestGroup } from './rest-case.ts';

const FILL = 'util/json_tensor.cc FillPredictRequestFromJson';
const ROW = 'util/json_tensor.cc FillTensorMapFromInstancesList';
const COLUMN = 'util/json_tensor.cc FillTensorMapFromInputsMap';
const SHAPE = 'util/json_tensor.cc GetDenseTensorShape, FillTensorProto';
const PREDICT_UTIL = 'servables/tensorflow/predict_util.cc, model_servers/http_rest_api_handler.cc GetInfoMap';
const OPTIONAL = 'inputs with a default of their own may be left out';
const CHECKED = 'shapes are checked before the model is asked';
const PLAIN_SEVERAL =
  'instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map';
const BARE_SEVERAL =
  'inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map';
const AB = '"a": [1, 2, 3], "b": [10, 20, 30]';
const SUM_ROW = '{"predictions": [{"sum": [11.0, 22.0, 33.0], "difference": [-9.0, -18.0, -27.0]}]}';
const SUM_COLUMN = '{"outputs": {"sum": [[11.0, 22.0, 33.0]], "difference": [[-9.0, -18.0, -27.0]]}}';

export const PREDICT_REQUESTS: RestGroup = {
  title: '4.4 predict requests',
  cases: [
    // The body.
    predict(FILL, 'half', '{"instances": [1.0]}', ok('{"predictions": [4.5]}')),
    predict(FILL, 'half', '{"inputs": [1.0]}', ok('{"outputs": [4.5]}')),
    predict(FILL, 'half', '{"signature_name": "serving_default", "instances": [1.0]}', ok('{"predictions": [4.5]}')),
    predict(FILL, 'half', '{"instances": [1.0], "signature_name": "serving_default"}', ok('{"predictions": [4.5]}')),
    predict(FILL, 'half', '{"signature_name": "", "instances": [1.0]}', ok('{"predictions": [4.5]}')),
    predict(
      PREDICT_UTIL,
      'half',
      '{"signature_name": "x", "instances": [1.0]}',
      bad('Serving signature name: "x" not found in signature def'),
    ),
    predict(
      PREDICT_UTIL,
      'half',
      '{"signature_name": "predict", "instances": []}',
      bad('Serving signature name: "predict" not found in signature def'),
      'the signature is looked up before the instances are read',
    ),
    predict(
      FILL,
      'half',
      '{"signature_name": 1, "instances": [1.0]}',
      bad(/^JSON Value: \{[^]*\} not formatted correctly\. 'signature_name' key must be a string value\.$/u),
    ),
    predict(
      FILL,
      'half',
      '{"signature_name": null, "instances": [1.0]}',
      bad(/'signature_name' key must be a string value\.$/u),
    ),
    predict(
      FILL,
      'half',
      '{"signature_name": 1, "instances": [1.0], "inputs": []}',
      bad(/'signature_name' key must be a string value\.$/u),
      'the type of signature_name comes before both keys',
    ),
    predict(FILL, 'half', '{}', bad("Missing 'inputs' or 'instances' key")),
    predict(FILL, 'half', '{"Instances": [1.0]}', bad("Missing 'inputs' or 'instances' key")),
    predict(FILL, 'half', '{"examples": []}', bad("Missing 'inputs' or 'instances' key")),
    predict(
      FILL,
      'half',
      '{"instances": [1.0], "inputs": [1.0]}',
      bad(
        /^JSON Value: \{[^]*\} Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist $/u,
      ),
    ),
    predict(
      FILL,
      'half',
      '{"inputs": 1, "instances": 2}',
      bad(/expecting only one of 'inputs' or 'instances' keys to exist $/u),
    ),
    predict(
      ROW,
      'half',
      '{"instances": 1.0}',
      bad(/^JSON Value: \{[^]*\} Expecting 'instances' to be an list\/array$/u),
    ),
    predict(ROW, 'half', '{"instances": {"x": [1.0]}}', bad(/Expecting 'instances' to be an list\/array$/u)),
    predict(ROW, 'half', '{"instances": "1.0"}', bad(/Expecting 'instances' to be an list\/array$/u)),
    predict(ROW, 'half', '{"instances": null}', bad(/Expecting 'instances' to be an list\/array$/u)),
    predict(ROW, 'half', '{"instances": []}', bad(/^JSON Value: \{[^]*\} No values in 'instances' array$/u)),
    predict(
      FILL,
      'half',
      `{"x": "${'y'.repeat(1000)}"}`,
      bad("Missing 'inputs' or 'instances' key"),
      'a long body without either key',
    ),
    predict(
      ROW,
      'half',
      `{"instances": {"x": "${'y'.repeat(1000)}"}}`,
      bad(/^JSON Value: \{[^]{200,330}Expecting 'instances' to be an list\/array$/u),
      'what an error quotes is cut at about 256 bytes',
    ),

    // Rows.
    predict(ROW, 'half', '{"instances": [1.0, 2.0, 5.0]}', ok('{"predictions": [4.5, 5.0, 6.5]}')),
    predict(ROW, 'half', '{"instances": [1, 2]}', ok('{"predictions": [4.5, 5.0]}')),
    predict(ROW, 'half', '{"instances": [{"x": 1.0}, {"x": 2.0}]}', ok('{"predictions": [4.5, 5.0]}')),
    predict(
      ROW,
      'matrix',
      '{"instances": [[1, 2], [3, 4], [5, 6]]}',
      ok('{"predictions": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}'),
    ),
    predict(ROW, 'matrix', '{"instances": [{"x": [1, 2]}]}', ok('{"predictions": [[1.0, 2.0]]}')),
    predict(
      ROW,
      'any',
      '{"instances": [[[1], [2]], [[3], [4]]]}',
      ok('{"predictions": [[[1.0], [2.0]], [[3.0], [4.0]]]}'),
    ),
    predict(ROW, 'any', '{"instances": [[], []]}', ok('{"predictions": [[], []]}')),
    predict(ROW, 'any', '{"instances": [[[]]]}', ok('{"predictions": [[[]]]}')),
    predict(ROW, 'sum', `{"instances": [{${AB}}]}`, ok(SUM_ROW)),
    predict(ROW, 'sum', '{"instances": [{"b": [10, 20, 30], "a": [1, 2, 3]}]}', ok(SUM_ROW)),
    predict(
      ROW,
      'sum',
      `{"instances": [{${AB}}, {"b": [0, 0, 0], "a": [1, 1, 1]}]}`,
      ok({
        json: {
          predictions: [
            { sum: [11, 22, 33], difference: [-9, -18, -27] },
            { sum: [1, 1, 1], difference: [1, 1, 1] },
          ],
        },
      }),
    ),
    predict(ROW, 'sum', `{"instances": [{${AB}, "a": "the first counts"}]}`, ok(SUM_ROW)),
    predict(
      ROW,
      'mixed',
      '{"instances": [{"x0": 1, "x1": "a", "x2": true}, {"x0": 2, "x1": "b", "x2": false}]}',
      ok('{"predictions": [{"y0": 1, "y1": "a", "y2": true}, {"y0": 2, "y1": "b", "y2": false}]}'),
    ),
    predict(ROW, 'id_string', '{"instances": ["a", {"b64": "Yg=="}]}', ok('{"predictions": ["a", "b"]}')),
    predict(ROW, 'id_string', '{"instances": [{"b64": "YQ=="}, "b"]}', ok('{"predictions": ["a", "b"]}')),
    predict(ROW, 'id_string', '{"instances": [{"x": {"b64": "YQ=="}}]}', ok('{"predictions": ["a"]}')),
    predict(ROW, 'sum', '{"instances": [[1, 2, 3]]}', bad(PLAIN_SEVERAL)),
    predict(ROW, 'sum', '{"instances": [1]}', bad(PLAIN_SEVERAL)),
    predict(ROW, 'sum', '{"instances": [{"b64": "YQ=="}]}', bad(PLAIN_SEVERAL)),
    predict(
      ROW,
      'sum',
      `{"instances": [{${AB}}, [1, 2, 3]]}`,
      bad('Expecting object but got list at item 1 of input list'),
    ),
    predict(ROW, 'sum', `{"instances": [{${AB}}, 1]}`, bad('Expecting object but got list at item 1 of input list')),
    predict(
      ROW,
      'half',
      '{"instances": [1.0, {"x": 2.0}]}',
      bad('Expecting value/list but got object at item 1 of input list'),
    ),
    predict(
      ROW,
      'half',
      '{"instances": [1.0, 2.0, {}]}',
      bad('Expecting value/list but got object at item 2 of input list'),
    ),
    predict(
      ROW,
      'half',
      '{"instances": [{"x": 1.0}, 2.0]}',
      bad('Expecting object but got list at item 1 of input list'),
    ),
    predict(
      ROW,
      'sum',
      '{"instances": [{"a": [1, 2, 3], "c": [1, 2, 3]}]}',
      bad(
        "Failed to process element: 0 key: c of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: c",
      ),
    ),
    predict(
      ROW,
      'sum',
      `{"instances": [{${AB}}, {${AB}, "c": 1}]}`,
      bad(
        "Failed to process element: 1 key: c of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: c",
      ),
    ),
    predict(
      ROW,
      'half',
      '{"instances": [{"y": 1.0}]}',
      bad(
        "Failed to process element: 0 key: y of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: y",
      ),
    ),
    predict(
      ROW,
      'sum',
      '{"instances": [{"a": [1, 2, 3]}]}',
      bad(/^Failed to process element: 0 of 'instances' list\. JSON object: \{[^]*\} keys must be equal to: a,b$/u),
    ),
    predict(
      ROW,
      'sum',
      `{"instances": [{${AB}}, {"b": [1, 2, 3]}]}`,
      bad(/^Failed to process element: 1 of 'instances' list\. JSON object: \{[^]*\} keys must be equal to: a,b$/u),
    ),
    predict(
      ROW,
      'half',
      '{"instances": [{}]}',
      bad(/^Failed to process element: 0 of 'instances' list\. JSON object: \{\s*\} keys must be equal to: x$/u),
    ),
    predict(
      ROW,
      'any',
      '{"instances": [[1, 2], [1, 2, 3]]}',
      bad(
        "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting tensor size: 2 but got: 3",
      ),
    ),
    predict(
      ROW,
      'any',
      '{"instances": [[1, 2], [[1, 2]]]}',
      bad(
        "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting shape [2] but got: [1,2]",
      ),
    ),
    predict(
      ROW,
      'any',
      '{"instances": [1, [1]]}',
      bad("Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting shape [] but got: [1]"),
    ),
    predict(
      ROW,
      'any',
      '{"instances": [[1, 2], [1], "x"]}',
      bad(
        "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting tensor size: 2 but got: 1",
      ),
      'the first bad element is reported',
    ),
    predict(
      SHAPE,
      'any',
      '{"instances": [[[1, 2], [3]]]}',
      bad(
        "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: Encountered list at unexpected size: 1 at level: 1 expected size: 2",
      ),
    ),
    predict(
      SHAPE,
      'any',
      '{"instances": [[1, [2]]]}',
      bad(
        "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: Encountered list at unexpected level: 1 expected < 1",
      ),
    ),
    predict(
      SHAPE,
      'any',
      '{"instances": [[[1], 2]]}',
      bad(
        /^Failed to process element: 0 of 'instances' list\. Error: INVALID_ARGUMENT: JSON Value: 2 found at incorrect level: 2 in the JSON DOM\. Expected at level: 2$/u,
      ),
    ),

    // Columns.
    predict(COLUMN, 'half', '{"inputs": [1.0, 2.0]}', ok('{"outputs": [4.5, 5.0]}')),
    predict(COLUMN, 'half', '{"inputs": {"x": [1.0, 2.0]}}', ok('{"outputs": [4.5, 5.0]}')),
    predict(COLUMN, 'half', '{"inputs": {"x": [1.0], "y": "ignored"}}', ok('{"outputs": [4.5]}')),
    predict(COLUMN, 'any', '{"inputs": 7}', ok('{"outputs": 7.0}')),
    predict(COLUMN, 'any', '{"inputs": {"x": 7}}', ok('{"outputs": 7.0}')),
    predict(COLUMN, 'any', '{"inputs": []}', ok('{"outputs": []}')),
    predict(COLUMN, 'any', '{"inputs": [[], []]}', ok('{"outputs": [[], []]}')),
    predict(COLUMN, 'scalar', '{"inputs": 7}', ok('{"outputs": 7.0}')),
    predict(
      COLUMN,
      'fixed',
      '{"inputs": [[1, 2, 3], [4, 5, 6]]}',
      ok('{"outputs": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}'),
    ),
    predict(COLUMN, 'sum', '{"inputs": {"a": [[1, 2, 3]], "b": [[10, 20, 30]]}}', ok(SUM_COLUMN)),
    predict(COLUMN, 'sum', '{"inputs": {"b": [[10, 20, 30]], "a": [[1, 2, 3]], "c": {}}}', ok(SUM_COLUMN)),
    predict(
      COLUMN,
      'id_string',
      '{"inputs": {"b64": "YQ=="}}',
      { ...bad(/Input "x" has 0 axes, expected 1/u), deviation: CHECKED },
      'a base64 object is a scalar, not an object with an input named b64',
    ),
    predict(COLUMN, 'id_string', '{"inputs": [{"b64": "YQ=="}]}', ok('{"outputs": ["a"]}')),
    predict(COLUMN, 'sum', '{"inputs": {"a": [[1, 2, 3]]}}', bad("Missing named input: b in 'inputs' object.")),
    predict(COLUMN, 'sum', '{"inputs": {}}', bad("Missing named input: a in 'inputs' object.")),
    predict(COLUMN, 'half', '{"inputs": {}}', bad("Missing named input: x in 'inputs' object.")),
    predict(COLUMN, 'half', '{"inputs": {"X": [1.0]}}', bad("Missing named input: x in 'inputs' object.")),
    predict(COLUMN, 'sum', '{"inputs": [[1, 2, 3]]}', bad(BARE_SEVERAL)),
    predict(COLUMN, 'sum', '{"inputs": 1}', bad(BARE_SEVERAL)),
    predict(COLUMN, 'sum', '{"inputs": {"b64": "YQ=="}}', bad(BARE_SEVERAL)),
    predict(
      SHAPE,
      'any',
      '{"inputs": [[1, 2], [3]]}',
      bad('Encountered list at unexpected size: 1 at level: 1 expected size: 2'),
    ),
    predict(
      SHAPE,
      'any',
      '{"inputs": [[1], [2, 3]]}',
      bad('Encountered list at unexpected size: 2 at level: 1 expected size: 1'),
    ),
    predict(SHAPE, 'any', '{"inputs": [1, [2]]}', bad('Encountered list at unexpected level: 1 expected < 1')),
    predict(
      SHAPE,
      'any',
      '{"inputs": [[1], 2]}',
      bad('JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2'),
    ),
    predict(
      SHAPE,
      'any',
      '{"inputs": [[[1], [2]], [[3]]]}',
      bad('Encountered list at unexpected size: 1 at level: 1 expected size: 2'),
    ),

    // What only a server that knows its model checks.
    predict(PREDICT_UTIL, 'matrix', '{"instances": [[1, 2, 3]]}', {
      ...bad(/^Input "x" has size 3 on axis 1, expected 2/u),
      deviation: CHECKED,
    }),
    predict(PREDICT_UTIL, 'matrix', '{"instances": [1, 2]}', {
      ...bad(/^Input "x" has 1 axes, expected 2/u),
      deviation: CHECKED,
    }),
    predict(PREDICT_UTIL, 'half', '{"instances": [[1.0]]}', {
      ...bad(/^Input "x" has 2 axes, expected 1/u),
      deviation: CHECKED,
    }),
    predict(PREDICT_UTIL, 'fixed', '{"inputs": [[1, 2, 3]]}', {
      ...bad(/^Input "x" has size 1 on axis 0, expected 2/u),
      deviation: CHECKED,
    }),
    predict(PREDICT_UTIL, 'half', '{"inputs": 1.0}', {
      ...bad(/^Input "x" has 0 axes, expected 1/u),
      deviation: CHECKED,
    }),
    predict(PREDICT_UTIL, 'optional', '{"instances": [1.0, 2.0]}', {
      ...ok('{"predictions": [11.0, 12.0]}'),
      deviation: OPTIONAL,
    }),
    predict(PREDICT_UTIL, 'optional', '{"inputs": {"x": [1.0]}}', {
      ...ok('{"outputs": [11.0]}'),
      deviation: OPTIONAL,
    }),
    predict(PREDICT_UTIL, 'optional', '{"instances": [{"x": 1.0}]}', {
      ...ok('{"predictions": [11.0]}'),
      deviation: OPTIONAL,
    }),
  ],
};
