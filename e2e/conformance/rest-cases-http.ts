import { gzipSync } from 'node:zlib';
import { bad, type Expected, ok, type RestCase, type RestGroup } from './rest-case.ts';

const SERVER = 'model_servers/http_server.cc';
const GZIP = 'util/net_http/server/internal/evhttp_request.cc, compression/gzip_zlib.h';
const CORS = 'model_servers/http_server.cc, --rest_api_enable_cors_support';
const NO_STAR = 'the page’s own origin where it is allowed, never *';
const HOST = 'upstream answers any Host; a page could reach it by a name of its own (DNS rebinding)';
const PAGES = 'upstream answers any page';
const SMALLER = 'upstream does not compress answers';
const PREDICT = '/v1/models/half:predict';
const BODY = '{"instances": [1.0]}';
const ONE = ok('{"predictions": [4.5]}');
/** Answers of more than 16 KiB. */
const MANY = `{"instances": [${Array.from({ length: 5000 }, (_, index) => index).join(', ')}]}`;
const FORBIDDEN: Expected = {
  status: 403,
  error: /not allowed/u,
  answerHeaders: { 'access-control-allow-origin': null },
};

const post = (
  name: string,
  upstream: string,
  headers: readonly string[],
  expected: Expected,
  body: string | Uint8Array = BODY,
): RestCase => ({
  name,
  upstream,
  request: `POST ${PREDICT}`,
  headers,
  body,
  ...expected,
});
const options = (name: string, headers: readonly string[], expected: Expected, path = PREDICT): RestCase => ({
  name,
  upstream: CORS,
  request: `OPTIONS ${path}`,
  headers,
  ...expected,
});
const page = (origin: string, expected: Expected): RestCase =>
  post(`a page of ${origin}`, CORS, [`Origin: ${origin}`], { deviation: PAGES, ...expected });
const allowed = (origin: string): Expected => ({
  ...ONE,
  deviation: NO_STAR,
  answerHeaders: { 'access-control-allow-origin': origin, vary: 'Origin' },
});

export const HTTP: RestGroup = {
  title: '4.1 HTTP',
  cases: [
    ...[
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/octet-stream; charset=x',
      '',
    ].map((type) => post(`Content-Type ${JSON.stringify(type)} is ignored`, SERVER, [`Content-Type: ${type}`], ONE)),
    post('Accept is ignored', SERVER, ['Accept: text/html'], ONE),
    post('a body with gzip', GZIP, ['Content-Encoding: gzip'], ONE, gzipSync(BODY)),
    post('a body with GZIP', GZIP, ['Content-Encoding: GZIP'], ONE, gzipSync(BODY)),
    post('a body with x-gzip', GZIP, ['Content-Encoding: x-gzip'], ONE, gzipSync(BODY)),
    post('a body with identity, gzip', GZIP, ['Content-Encoding: identity, gzip'], ONE, gzipSync(BODY)),
    post('a body with identity', GZIP, ['Content-Encoding: identity'], ONE),
    post('a body that says gzip and is none', GZIP, ['Content-Encoding: gzip'], {
      ...bad('Request body is not valid gzip data'),
      deviation: 'upstream takes it as an empty body: JSON Parse error: The document is empty',
    }),
    post(
      'a cut body with gzip',
      GZIP,
      ['Content-Encoding: gzip'],
      { ...bad(/not valid gzip data/u), deviation: 'upstream: as an empty body' },
      gzipSync(MANY).subarray(0, 100),
    ),
    post('a body with br', GZIP, ['Content-Encoding: br'], {
      ...bad(/not supported/u, 415),
      deviation: 'upstream takes it as it is',
    }),
    post(
      'a body that inflates beyond the limit',
      GZIP,
      ['Content-Encoding: gzip'],
      { ...bad(/larger than the limit of 4000000 bytes/u, 413), deviation: 'upstream inflates up to 100 MB' },
      gzipSync(Buffer.alloc(5_000_000, 32)),
    ),
    post('a large body', SERVER, [], { status: 200, answer: /^\{"predictions": \[4\.0, 4\.5, 5\.0/u }, MANY),
    post(
      'a body beyond the limit',
      SERVER,
      [],
      { ...bad(/larger than the limit of 4000000 bytes/u, 413), deviation: 'upstream has no limit' },
      `${BODY}${' '.repeat(4_000_000)}`,
    ),
    post(
      'an answer with gzip',
      GZIP,
      ['Accept-Encoding: gzip'],
      {
        status: 200,
        answer: /^\{"predictions": \[4\.0, 4\.5, .*\]\}$/u,
        deviation: SMALLER,
        answerHeaders: { 'content-encoding': 'gzip', vary: 'Accept-Encoding', 'content-type': 'application/json' },
      },
      MANY,
    ),
    post(
      'an answer without gzip',
      GZIP,
      [],
      { status: 200, answer: /^\{"predictions": \[4\.0, 4\.5, .*\]\}$/u, answerHeaders: { 'content-encoding': null } },
      MANY,
    ),
    post(
      'no gzip for who does not want it',
      GZIP,
      ['Accept-Encoding: gzip;q=0, br'],
      { status: 200, answerHeaders: { 'content-encoding': null } },
      MANY,
    ),
    post('a small answer is never compressed', GZIP, ['Accept-Encoding: gzip'], {
      ...ONE,
      answerHeaders: { 'content-encoding': null, vary: null },
    }),
    post(
      'an error is never compressed',
      GZIP,
      ['Accept-Encoding: gzip'],
      { ...bad(/Missing/u), answerHeaders: { 'content-encoding': null } },
      '{}',
    ),
    post(
      'thousands of headers',
      SERVER,
      Array.from({ length: 2000 }, () => 'a:'),
      ONE,
    ),
    post(
      'the type of an error',
      SERVER,
      [],
      { ...bad(/Parse error/u), answerHeaders: { 'content-type': 'application/json' } },
      'x',
    ),

    post('a client that is no page gets no CORS headers', CORS, [], {
      ...ONE,
      deviation: 'upstream sends them to everybody',
      answerHeaders: { 'access-control-allow-origin': null },
    }),
    page('http://localhost:3000', allowed('http://localhost:3000')),
    page('https://localhost', allowed('https://localhost')),
    page('http://127.0.0.1:5173', allowed('http://127.0.0.1:5173')),
    page('http://[::1]:8080', allowed('http://[::1]:8080')),
    page('https://app.example', allowed('https://app.example')),
    page('http://app.example', FORBIDDEN),
    page('https://app.example:8443', FORBIDDEN),
    page('https://evil.test', FORBIDDEN),
    page('http://localhost.evil.test', FORBIDDEN),
    page('null', {
      ...FORBIDDEN,
      error: /^Origin "null" is not allowed: .*--rest_api_allowed_origins.*--rest_api_enable_cors_support/u,
    }),
    page('file://', { ...FORBIDDEN, error: /--rest_api_enable_cors_support/u }),
    {
      name: 'an allowed page may read errors',
      upstream: CORS,
      request: 'POST /v1/models/none:predict',
      headers: ['Origin: http://localhost:3000'],
      body: BODY,
      ...bad('Servable not found for request: Latest(none)', 404),
      answerHeaders: {
        'access-control-allow-origin': 'http://localhost:3000',
        'access-control-expose-headers': 'Slipway-Model-Version',
      },
    },
    {
      name: 'an allowed page may read a status',
      upstream: CORS,
      request: 'GET /v1/models/half',
      headers: ['Origin: https://app.example'],
      status: 200,
      answerHeaders: { 'access-control-allow-origin': 'https://app.example', vary: 'Origin' },
    },
    options(
      'a preflight',
      [
        'Origin: http://localhost:3000',
        'Access-Control-Request-Method: POST',
        'Access-Control-Request-Headers: content-type',
      ],
      {
        status: 200,
        answer: '',
        deviation: NO_STAR,
        answerHeaders: {
          'access-control-allow-origin': 'http://localhost:3000',
          'access-control-allow-methods': /GET.*POST/u,
          'access-control-allow-headers': /Content-Type/u,
          'access-control-max-age': '600',
          vary: 'Origin',
        },
      },
    ),
    options(
      'a preflight for anything',
      ['Origin: https://app.example', 'Access-Control-Request-Method: GET'],
      { status: 200, answer: '', answerHeaders: { 'access-control-allow-origin': 'https://app.example' } },
      '/x',
    ),
    options('a preflight of a foreign page', ['Origin: https://evil.test', 'Access-Control-Request-Method: POST'], {
      ...FORBIDDEN,
      deviation: PAGES,
    }),
    options('OPTIONS of a program', [], {
      status: 200,
      answer: '',
      deviation: 'upstream: 400 without an Origin',
      answerHeaders: { allow: 'GET, HEAD, POST, OPTIONS', 'access-control-allow-origin': null },
    }),
    options('OPTIONS *', [], { status: 200, answer: '', deviation: 'upstream: 400 without an Origin' }, '*'),

    post('a foreign Host', SERVER, ['Host: evil.test'], {
      ...bad(/^Host "evil\.test" is not allowed: .*--rest_api_allowed_hosts/u, 403),
      deviation: HOST,
    }),
    post('a Host that only looks like one of ours', SERVER, ['Host: localhost.evil.test'], {
      ...bad(/is not allowed/u, 403),
      deviation: HOST,
    }),
    post('localhost as Host', SERVER, ['Host: localhost'], ONE),
    post('a picture or script of a foreign page', SERVER, ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors'], {
      ...bad(/another site/u, 403),
      deviation: PAGES,
    }),
    {
      name: 'a target in absolute form',
      upstream: SERVER,
      request: 'GET http://127.0.0.1/v1/models/none',
      ...bad('Could not find any versions of model none', 404),
    },
    {
      name: 'a foreign target in absolute form',
      upstream: SERVER,
      deviation: HOST,
      request: 'GET http://evil.test/v1/models/half',
      ...bad(/^Host "evil\.test" is not allowed/u, 403),
    },
    {
      name: 'metrics',
      upstream: 'util/prometheus_exporter.cc, model_servers/http_server.cc',
      deviation: 'on without --monitoring_config_file',
      request: 'GET /monitoring/prometheus/metrics',
      status: 200,
      answer: /:tensorflow:serving:request_count/u,
      answerHeaders: { 'content-type': /^text\/plain/u },
    },
    {
      name: 'metrics with a query',
      upstream: 'model_servers/http_server.cc',
      deviation: 'upstream: 400 Unexpected path',
      request: 'GET /monitoring/prometheus/metrics?name=x',
      status: 200,
      answer: /:tensorflow:serving:request_count/u,
    },
  ],
};
