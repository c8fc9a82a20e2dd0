import { describe, expect, it } from 'vitest';
import { createRouteReader, parseRoute } from './route.ts';

const target = (name: string, version?: string, label?: string): unknown => ({ name, version, label });
const inference = (method: string, ...of: Parameters<typeof target>): unknown => ({
  kind: 'inference',
  method,
  target: target(...of),
});

describe('parseRoute', () => {
  it.each<[string, string, unknown]>([
    ['POST', '/v1/models/m:predict', inference('predict', 'm')],
    ['POST', '/v1/models/m/versions/1:predict', inference('predict', 'm', '1')],
    ['POST', '/v1/models/m/versions/001:predict', inference('predict', 'm', '1')],
    ['POST', '/v1/models/m/versions/9223372036854775807:predict', inference('predict', 'm', '9223372036854775807')],
    ['POST', '/v1/models/m/labels/stable:predict', inference('predict', 'm', undefined, 'stable')],
    ['POST', '/v1/models/m:classify', inference('classify', 'm')],
    ['POST', '/v1/models/m:regress', inference('regress', 'm')],
    ['POST', '/V1/MODELS/M/Versions/2:predict', inference('predict', 'M', '2')],
    ['POST', '/v1/models/a%2Fb:predict', inference('predict', 'a/b')],
    ['POST', '/v1/models/%C3%A4%20%3A:predict', inference('predict', 'ä :')],
    ['POST', '/v1/models/..:predict', inference('predict', '..')],
    ['POST', '/v1/models/%2e%2e%2fetc:predict', inference('predict', '../etc')],
    ['POST', '/v1/models/m:predict?x=1', inference('predict', 'm')],
    ['POST', '/v1/models/m:predict#x', inference('predict', 'm')],
    ['GET', '/v1/models', { kind: 'models' }],
    ['HEAD', '/v1/models?pretty', { kind: 'models' }],
    ['GET', '/v1/models/m', { kind: 'status', target: target('m') }],
    ['HEAD', '/v1/models/m', { kind: 'status', target: target('m') }],
    ['GET', '/v1/models/m?x=1', { kind: 'status', target: target('m') }],
    ['GET', '/v1/models/m/versions/3', { kind: 'status', target: target('m', '3') }],
    ['GET', '/v1/models/m/labels/l%20x', { kind: 'status', target: target('m', undefined, 'l x') }],
    ['GET', '/v1/models/m/metadata', { kind: 'metadata', target: target('m') }],
    ['GET', '/v1/models/m/versions/3/metadata', { kind: 'metadata', target: target('m', '3') }],
    ['GET', '/v1/models/m/METADATA', { kind: 'status', target: target('m') }],
    ['GET', '/v1/models/metadata', { kind: 'status', target: target('metadata') }],
    ['GET', '/v1/models/versions/3', { kind: 'missingName' }],
    ['GET', '/v1/models/labels/x/metadata', { kind: 'missingName' }],
    ['GET', '/healthz', { kind: 'health' }],
    ['HEAD', '/readyz?verbose', { kind: 'readiness' }],
    ['POST', '/healthz', { kind: 'methodNotAllowed', allowed: 'GET, HEAD, OPTIONS' }],
    ['OPTIONS', '/anything', { kind: 'preflight' }],
    ['GET', '/v1', { kind: 'unknown', message: 'Not found: /v1' }],
    ['GET', '/', { kind: 'unknown', message: 'Not found: /' }],
    ['GET', '*', { kind: 'unknown', message: 'Not found: *' }],
    ['GET', 'http://127.0.0.1/v1/models/m', { kind: 'status', target: target('m') }],
    ['POST', 'HTTPS://localhost:8501/v1/models/m:predict?x', inference('predict', 'm')],
    ['GET', 'http://localhost', { kind: 'unknown', message: 'Not found: /' }],
    ['GET', 'http://localhost?/healthz', { kind: 'unknown', message: 'Not found: /' }],
    ['GET', 'ftp://localhost/healthz', { kind: 'unknown', message: 'Not found: ftp://localhost/healthz' }],
    ['GET', '/monitoring/prometheus/metrics?x=1', { kind: 'metrics' }],
    ['POST', '/monitoring/prometheus/metrics', { kind: 'methodNotAllowed', allowed: 'GET, HEAD, OPTIONS' }],
    ['GET', '/monitoring/prometheus', { kind: 'unknown', message: 'Not found: /monitoring/prometheus' }],
    [
      'POST',
      '/v1/models/m/versions/9223372036854775808:predict',
      { kind: 'malformed', message: 'Failed to convert version: 9223372036854775808 to numeric.' },
    ],
    [
      'GET',
      '/v1/models/m/versions/99999999999999999999/metadata',
      { kind: 'malformed', message: 'Failed to convert version: 99999999999999999999 to numeric.' },
    ],
  ])('%s %s', (method, url, expected) => {
    expect(parseRoute(method, url, '/monitoring/prometheus/metrics')).toEqual(expected);
  });

  it.each([
    ['POST', '/v1/models/m:PREDICT'],
    ['POST', '/v1/models/m:predict/'],
    ['POST', '/v1/models/m:explain'],
    ['POST', '/v1/models/m'],
    ['POST', '/v1/models/:predict'],
    ['POST', '/v1/models/a/b:predict'],
    ['POST', '/v1/models/m/versions/:predict'],
    ['POST', '/v1/models/m/versions/-1:predict'],
    ['POST', '/v1/models/m/versions/+1:predict'],
    ['POST', '/v1/models/m/versions/1.0:predict'],
    ['POST', '/v1/models/m/versions/1/labels/a:predict'],
    ['POST', '/v1/models/m%ZZ:predict'],
    ['POST', '/v1/models/m%FF:predict'],
    ['POST', '/v1/models/m%00:predict'],
    ['POST', '/v1/models/m/labels/%:predict'],
    ['GET', '/v1/models/'],
    ['GET', '/v1/models/m/'],
    ['GET', '/v1/models/m:predict'],
    ['GET', '/v1/models/../../etc/passwd'],
    ['GET', `/v1/models/${'x'.repeat(256)}`],
    ['GET', '/v1/other'],
    ['PUT', '/v1/models/m'],
    ['DELETE', '/v1/models/m'],
    ['get', '/v1/models/m'],
  ])('%s %s is malformed', (method, url) => {
    expect(parseRoute(method, url)).toEqual({ kind: 'malformed', message: `Malformed request: ${method} ${url}` });
  });

  it('knows no metrics where there are none', () => {
    expect(parseRoute('GET', '/monitoring/prometheus/metrics')).toMatchObject({ kind: 'unknown' });
  });

  it('leaves the query out of the message', () => {
    expect(parseRoute('PUT', '/v1/x?secret=1')).toEqual({ kind: 'malformed', message: 'Malformed request: PUT /v1/x' });
  });
});

describe('createRouteReader', () => {
  it('gives what parseRoute gives, again and again, however many targets there are', () => {
    const read = createRouteReader();
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 1500; index += 1) {
        const url = `/v1/models/m${index}:predict`;
        expect(read('POST', url)).toEqual(parseRoute('POST', url));
      }
    }
    expect(read('GET', '/v1/models/m1:predict').kind).toBe('malformed');
  });
});
