import { bad, type Expected, ok, type RestCase, type RestGroup, shorten } from './rest-case.ts';

const FILL = 'util/json_tensor.cc FillClassifyRequestFromJson, FillRegressRequestFromJson';
const FEATURE = 'util/json_tensor.cc AddValueToFeature';
const CLASSIFIER = 'servables/tensorflow/classifier.cc';
const REGRESSOR = 'servables/tensorflow/regressor.cc';
const RESULT = 'util/json_tensor.cc MakeJsonFromClassificationResult';
const RESULTS = 'util/json_tensor.cc MakeJsonFromRegressionResult';
const BY_OUTPUTS = 'the features are the inputs of the model, and its outputs decide whether it is a classifier';

const call =
  (method: 'classify' | 'regress') =>
  (upstream: string, model: string, body: string, expected: Expected, name?: string): RestCase => ({
    name: name ?? `${method} ${model} ${shorten(body)}`,
    upstream,
    request: `POST /v1/models/${model}:${method}`,
    body,
    ...expected,
  });
const classify = call('classify');
const regress = call('regress');

const TWO = '{"examples": [{"x": [0.25, 0.75]}, {"x": [1.0, 0.0]}]}';
const EACH = '{"results": [[["cat", 0.25], ["dog", 0.75]], [["cat", 1.0], ["dog", 0.0]]]}';
/** Upstream says `classify` for both. */
const NO_EXAMPLES = /^JSON Value: \{[^]*\} When method is classify, key 'examples' is expected and was not found$/u;

export const CLASSIFY_REGRESS: RestGroup = {
  title: '4.5 classify and regress',
  cases: [
    classify(RESULT, 'classify_each', TWO, ok(EACH), 'each class of each example with its score'),
    classify(
      FILL,
      'classify_each',
      '{"signature_name": "serving_default", "examples": [{"x": [0.25, 0.75]}]}',
      ok('{"results": [[["cat", 0.25], ["dog", 0.75]]]}'),
    ),
    classify(
      RESULT,
      'classify_scores',
      '{"examples": [{"x": [0.25, 0.75]}]}',
      ok('{"results": [[["", 0.25], ["", 0.75]]]}'),
      'a missing label is empty',
    ),
    classify(
      RESULT,
      'classify_classes',
      '{"examples": [{"x": [0.25, 0.75]}]}',
      ok('{"results": [[["cat", 0.0], ["dog", 0.0]]]}'),
      'a missing score is 0',
    ),
    classify(
      CLASSIFIER,
      'classify_best',
      '{"examples": [{"x": [0.25, 0.75]}]}',
      {
        status: 200,
        answer: '{"results": [[["20", 0.75]]]}',
        deviation: BY_OUTPUTS,
      },
      'a number as the label, one per example',
    ),
    classify(
      FILL,
      'classify_each',
      '{"context": {"x": [0.25, 0.75]}, "examples": [{}, {}]}',
      ok('{"results": [[["cat", 0.25], ["dog", 0.75]], [["cat", 0.25], ["dog", 0.75]]]}'),
      'what is in the context is in every example',
    ),
    classify(
      FILL,
      'classify_each',
      '{"context": {"x": [0.0, 0.0]}, "examples": [{"x": [0.25, 0.75]}]}',
      ok('{"results": [[["cat", 0.25], ["dog", 0.75]]]}'),
      'an example comes before its context',
    ),
    classify(FILL, 'classify_each', '{}', bad(NO_EXAMPLES)),
    classify(FILL, 'classify_each', '{"instances": [{"x": [1.0, 2.0]}]}', bad(NO_EXAMPLES)),
    classify(
      FILL,
      'classify_each',
      '{"examples": []}',
      bad(/^JSON Value: \{[^]*\} 'examples' value is an empty array$/u),
    ),
    classify(
      FILL,
      'classify_each',
      '{"examples": {"x": [1.0, 2.0]}}',
      bad(/Expecting 'examples' value to be an list\/array$/u),
    ),
    classify(FILL, 'classify_each', '{"examples": 1}', bad(/Expecting 'examples' value to be an list\/array$/u)),
    classify(FILL, 'classify_each', '', bad('JSON Parse error: The document is empty')),
    classify(FILL, 'classify_each', '[]', bad(/Is not object$/u)),
    classify(
      FILL,
      'classify_each',
      '{"signature_name": 1, "examples": []}',
      bad(/'signature_name' key must be a string value\.$/u),
    ),
    classify(
      FILL,
      'classify_each',
      '{"signature_name": "x", "examples": [{"x": [1.0, 2.0]}]}',
      bad('No signature was found with the name: x'),
    ),
    classify(
      FEATURE,
      'classify_each',
      '{"examples": [{"x": null}]}',
      bad(/Feature: x has element with unexpected JSON type: Null/u),
    ),
    classify(
      FEATURE,
      'classify_each',
      '{"examples": [{"x": [[1.0, 2.0]]}]}',
      bad(/Feature: x has element with unexpected JSON type: Array/u),
    ),
    classify(
      FEATURE,
      'classify_each',
      '{"examples": [{"x": {"a": 1}}]}',
      bad(/Feature: x has element with unexpected JSON type: Object/u),
    ),
    classify(
      FEATURE,
      'classify_each',
      '{"examples": [{"x": [1.0, "a"]}]}',
      bad(/Unexpected element type in feature: x expecting type: /u),
    ),
    classify(
      CLASSIFIER,
      'half',
      '{"examples": [{"x": 1.0}]}',
      { status: 400, error: /classes.*scores/u, deviation: BY_OUTPUTS },
      'a model without classes and scores is no classifier',
    ),
    classify('core/basic_manager.cc', 'none', TWO, bad('Servable not found for request: Latest(none)', 404)),
    {
      ...classify('model_servers/http_rest_api_util.cc', 'classify_each', TWO, ok(EACH), 'classify by version'),
      request: 'POST /v1/models/classify_each/versions/1:classify',
      answerHeaders: { 'slipway-model-version': '1' },
    },
    regress(
      RESULTS,
      'regress',
      '{"examples": [{"a": 0.5, "n": 2}, {"a": 1.5, "n": 3}]}',
      ok('{"results": [2.5, 4.5]}'),
      'a value for each example',
    ),
    regress(
      RESULTS,
      'regress',
      '{"examples": [{"a": [0.5], "n": [2]}]}',
      ok('{"results": [2.5]}'),
      'a list of one is a scalar',
    ),
    regress(
      REGRESSOR,
      'regress_column',
      '{"examples": [{"a": 0.5, "n": 2}, {"a": 1.5, "n": 3}]}',
      ok('{"results": [2.5, 4.5]}'),
      'a column is as good as a list',
    ),
    regress(
      REGRESSOR,
      'half',
      '{"examples": [{"x": 1.0}]}',
      ok('{"results": [4.5]}'),
      'any single float output will do',
    ),
    regress(
      FILL,
      'regress',
      '{"context": {"n": 2}, "examples": [{"a": 0.5}, {"a": 1.0}]}',
      ok('{"results": [2.5, 3.0]}'),
    ),
    regress(FILL, 'regress', '{}', bad(NO_EXAMPLES)),
    regress(FILL, 'regress', '{"examples": []}', bad(/'examples' value is an empty array$/u)),
    regress(FILL, 'regress', '{"examples": "x"}', bad(/Expecting 'examples' value to be an list\/array$/u)),
    regress(
      FILL,
      'regress',
      '{"signature_name": "y", "examples": [{"a": 1.0, "n": 1}]}',
      bad('No signature was found with the name: y'),
    ),
    regress(
      REGRESSOR,
      'sum',
      '{"examples": [{"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]}]}',
      { status: 400, error: /regress|float/u, deviation: BY_OUTPUTS },
      'a model with two outputs is no regressor',
    ),
    regress(
      REGRESSOR,
      'id_string',
      '{"examples": [{"x": "a"}]}',
      { status: 400, error: /float/u, deviation: BY_OUTPUTS },
      'a model of strings is no regressor',
    ),
  ],
};
