import { bad, type Expected, ok, type RestCase, type RestGroup, shorten } from './rest-case.ts';

const UTIL = 'model_servers/http_rest_api_util.cc kPredictionApiGegex, kModelStatusApiRegex';
const HANDLER = 'model_servers/http_rest_api_handler.cc ProcessRequest';
const BODY = '{"instances": [1.0]}';

/** y = x / 2 + 3 is version 123 of the model, y = x / 2 + 4 version 124. */
const BY_123 = { ...ok('{"predictions": [3.5]}'), answerHeaders: { 'slipway-model-version': '123' } };
const BY_124 = { ...ok('{"predictions": [4.5]}'), answerHeaders: { 'slipway-model-version': '124' } };
const SAME = ok('{"predictions": [1.0]}');
const malformed = (method: string, path: string): Expected => bad(`Malformed request: ${method} ${path}`);

const post = (path: string, expected: Expected, upstream = UTIL): RestCase => ({
  name: `POST ${shorten(path)}`,
  upstream,
  request: `POST ${path}`,
  body: BODY,
  ...expected,
});
const get = (path: string, expected: Expected, upstream = UTIL): RestCase => ({
  name: `GET ${shorten(path)}`,
  upstream,
  request: `GET ${path}`,
  ...expected,
});
const statusOf = (...versions: readonly string[]): Expected =>
  ok({
    json: {
      model_version_status: versions.map((version) => ({
        version,
        state: 'AVAILABLE',
        status: { error_code: 'OK', error_message: '' },
      })),
    },
  });
const found = (expected: Expected, deviation: string): Expected => ({ ...expected, deviation });
const QUERY = 'a query string never breaks a route';
const LABELS = 'upstream ignores the label in the path of a status and gives all versions';
const WITH_BODY = 'upstream sends an empty body';
const SERVER = 'model_servers/server_core.cc GetModelVersionForLabel';
const MANAGER = 'core/basic_manager.cc';
const EVHTTP = 'model_servers/http_server.cc, outside of /v1/';

export const ROUTES: RestGroup = {
  title: '4.2 URL grammar',
  cases: [
    post('/v1/models/half:predict', BY_124),
    post('/v1/models/half/versions/123:predict', BY_123),
    post('/v1/models/half/versions/124:predict', BY_124),
    post('/v1/models/half/versions/0123:predict', BY_123),
    post(`/v1/models/half/versions/${'0'.repeat(40)}123:predict`, BY_123),
    post('/v1/models/half/labels/stable:predict', BY_123, SERVER),
    post('/v1/models/half/labels/canary:predict', BY_124, SERVER),
    post('/v1/models/half/labels/with%20blank:predict', BY_123, SERVER),
    post('/v1/models/half/labels/%73table:predict', BY_123, SERVER),
    post('/V1/MODELS/half:predict', BY_124),
    post('/v1/models/half/VERSIONS/123:predict', BY_123),
    post('/v1/models/half/Labels/stable:predict', BY_123),
    post('/v1/models/%68alf:predict', BY_124),
    post('/v1/models/h%61%6Cf:predict', BY_124),
    post('/v1/models/a%20b%3Ac%2Fd:predict', SAME),
    post('/v1/models/a%20b%3ac%2fd/versions/1:predict', SAME),
    post('/v1/models/gr%C3%B6%C3%9Fe:predict', SAME),
    post('/v1/models/half:predict?x=1', found(BY_124, QUERY)),
    post('/v1/models/half:predict?', found(BY_124, QUERY)),
    post('/v1/models/half:predict?a=:classify', found(BY_124, QUERY)),
    post('/v1/models/half:predict#fragment', found(BY_124, QUERY)),
    post('/v1/models/none:predict', bad('Servable not found for request: Latest(none)', 404), MANAGER),
    post('/v1/models/HALF:predict', bad('Servable not found for request: Latest(HALF)', 404), MANAGER),
    post('/v1/models/empty:predict', bad('Servable not found for request: Latest(empty)', 404), MANAGER),
    post('/v1/models/broken:predict', bad('Servable not found for request: Latest(broken)', 404), MANAGER),
    post('/v1/models/half/versions/5:predict', bad('Servable not found for request: Specific(half, 5)', 404), MANAGER),
    post('/v1/models/half/versions/0:predict', bad('Servable not found for request: Specific(half, 0)', 404), MANAGER),
    post(
      '/v1/models/half/versions/9223372036854775807:predict',
      bad('Servable not found for request: Specific(half, 9223372036854775807)', 404),
      MANAGER,
    ),
    post('/v1/models/..:predict', bad('Servable not found for request: Latest(..)', 404), MANAGER),
    post('/v1/models/%2e%2e:predict', bad('Servable not found for request: Latest(..)', 404), MANAGER),
    post(
      '/v1/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd:predict',
      bad('Servable not found for request: Latest(../../etc/passwd)', 404),
      MANAGER,
    ),
    post(
      '/v1/models/..%5C..%5Cwindows:predict',
      bad('Servable not found for request: Latest(..\\..\\windows)', 404),
      MANAGER,
    ),
    post('/v1/models/__proto__:predict', bad('Servable not found for request: Latest(__proto__)', 404), MANAGER),
    post('/v1/models/constructor:predict', bad('Servable not found for request: Latest(constructor)', 404), MANAGER),
    post('/v1/models/half/labels/x:predict', bad('Unrecognized servable version label: x'), SERVER),
    post('/v1/models/half/labels/Stable:predict', bad('Unrecognized servable version label: Stable'), SERVER),
    post('/v1/models/half/labels/toString:predict', bad('Unrecognized servable version label: toString'), SERVER),
    post('/v1/models/none/labels/stable:predict', bad('Unrecognized servable version label: stable'), SERVER),
    post(
      '/v1/models/half/labels/pending:predict',
      bad('Servable not found for request: Specific(half, 999)', 404),
      SERVER,
    ),
    ...[
      '/v1/models/half:PREDICT',
      '/v1/models/half:Predict',
      '/v1/models/half:explain',
      '/v1/models/half:predict/',
      '/v1/models/half:',
      '/v1/models/half',
      '/v1/models/half/metadata',
      '/v1/models/:predict',
      '/v1/models:predict',
      '/v1/models/a/b:predict',
      '/v1/models/half:predict:predict',
      '/v1/models/half/versions/:predict',
      '/v1/models/half/versions/-1:predict',
      '/v1/models/half/versions/+1:predict',
      '/v1/models/half/versions/1.0:predict',
      '/v1/models/half/versions/0x7b:predict',
      '/v1/models/half/versions/%31:predict',
      '/v1/models/half/versions/latest:predict',
      '/v1/models/half/versions/123/labels/stable:predict',
      '/v1/models/half/labels/stable/versions/123:predict',
      '/v1/models/half/labels/:predict',
      '/v1/models/half/labels/a/b:predict',
      '/v1/models//half:predict',
      '/v1//models/half:predict',
      '/v1/model/half:predict',
      '/v1/',
      '/v1/x',
    ].map((path) => post(path, malformed('POST', path))),
    post(
      '/v1/models/half/versions/9223372036854775808:predict',
      found(bad('Failed to convert version: 9223372036854775808 to numeric.'), WITH_BODY),
    ),
    post(
      '/v1/models/half/versions/18446744073709551739:predict',
      found(bad('Failed to convert version: 18446744073709551739 to numeric.'), WITH_BODY),
    ),
    ...[
      '/v1/models/half%:predict',
      '/v1/models/half%ZZ:predict',
      '/v1/models/half%FF:predict',
      '/v1/models/half/labels/%E0%A4:predict',
    ].map((path) =>
      post(path, found(malformed('POST', path), 'upstream takes broken escapes as they are; no model is named so')),
    ),
    ...['/v1/models/half%00:predict', '/v1/models/%0A:predict', '/v1/models/half%7F:predict'].map((path) =>
      post(path, found(malformed('POST', path), 'no model can have a control character in its name')),
    ),
    post(
      `/v1/models/${'x'.repeat(10_000)}:predict`,
      found(
        bad(/^Malformed request: POST \/v1\/models\/x{100,1100}…$/u),
        'no model has a name so long; the message is cut',
      ),
    ),
    get('/v1/models/half', statusOf('124', '123')),
    get('/V1/Models/half', statusOf('124', '123')),
    get('/v1/models/half/versions/123', statusOf('123')),
    get('/v1/models/half/versions/00124', statusOf('124')),
    get('/v1/models/half/labels/stable', found(statusOf('123'), LABELS)),
    get('/v1/models/half/labels/canary', found(statusOf('124'), LABELS)),
    get('/v1/models/half/labels/with%20blank', found(statusOf('123'), LABELS)),
    get('/v1/models/half/labels/x', found(bad('Unrecognized servable version label: x'), LABELS)),
    get('/v1/models/half/labels/pending', found(bad('Could not find version 999 of model half', 404), LABELS)),
    get('/v1/models/half/METADATA', statusOf('124', '123')),
    get('/v1/models/half/Metadata', statusOf('124', '123')),
    get('/v1/models/half?x=1', found(statusOf('124', '123'), QUERY)),
    get('/v1/models/half/versions/123?pretty', found(statusOf('123'), QUERY)),
    get('/v1/models/a%20b%3Ac%2Fd', statusOf('1')),
    get('/v1/models/metadata', bad('Could not find any versions of model metadata', 404)),
    get('/v1/models/versions', bad('Could not find any versions of model versions', 404)),
    get('/v1/models/versions/3', bad('Missing model name in request.'), HANDLER),
    get('/v1/models/labels/x', bad('Missing model name in request.'), HANDLER),
    get('/v1/models/versions/3/metadata', bad('Missing model name in request.'), HANDLER),
    ...[
      '/v1/models/',
      '/v1/models/half/',
      '/v1/models/half/metadata/',
      '/v1/models/half/versions',
      '/v1/models/half/versions/',
      '/v1/models/half/versions/x',
      '/v1/models/half/versions/-1',
      '/v1/models/half/labels/',
      '/v1/models/half:predict',
      '/v1/models/half/versions/123/labels/stable',
      '/v1/models/../../etc/passwd',
      '/v1/models/half/config',
      '/v1/other',
      '/v1/',
    ].map((path) => get(path, malformed('GET', path), HANDLER)),
    get(
      '/v1/models/half/versions/9223372036854775808',
      found(bad('Failed to convert version: 9223372036854775808 to numeric.'), WITH_BODY),
    ),
    ...['PUT', 'DELETE', 'PATCH', 'TRACE'].map((method): RestCase => ({
      name: `${method} /v1/models/half`,
      upstream: HANDLER,
      request: `${method} /v1/models/half`,
      ...malformed(method, '/v1/models/half'),
    })),
    ...['/', '/v1', '/v2/models/half', '/favicon.ico', '/../v1/models/half', '//v1/models/half'].map((path) =>
      get(path, found(bad(`Not found: ${path}`, 404), 'upstream sends libevent’s HTML page'), EVHTTP),
    ),
    get(
      '/v1/models',
      found(ok(/^\{\n "models": \[\n/u), 'upstream: 400 Missing model name in request.; ours is the list of models'),
      HANDLER,
    ),
    get('/v1/models?x', found(ok(/"name": "half"/u), 'the list of models; a query never breaks a route'), HANDLER),
    get('/V1/MODELS', found(ok(/"name": "half"/u), 'the list of models'), HANDLER),
    get('/healthz', found(ok('{"status": "ok"}\n'), 'upstream has no health over HTTP'), EVHTTP),
    get(
      '/readyz',
      found({ status: 503, answer: /"notAvailable":\["empty","broken"\]/u }, 'upstream has no readiness over HTTP'),
      EVHTTP,
    ),
  ],
};
