import { expect, it } from 'vitest';
import type { RecordedBody, RecordedRequest } from '#contracts/ui-traffic.ts';
import { NOW_MS } from '../../testing/fixtures.ts';
import { readableBody, replayOf, requestUrl } from './replay.ts';

const body = (text: string, over: Partial<RecordedBody> = {}): RecordedBody => ({
  bytes: text.length,
  text,
  encoding: 'utf8',
  truncated: false,
  ...over,
});
const request = (over: Partial<RecordedRequest> = {}): RecordedRequest => ({
  sequence: 1,
  atMs: NOW_MS,
  entrypoint: 'REST',
  method: 'predict',
  model: 'a b',
  version: '3',
  code: 'OK',
  durationMs: 1,
  requestBytes: 1,
  responseBytes: 1,
  bodies: 'kept',
  requestBody: body('{"instances": [1.0]}'),
  ...over,
});

it.each([
  ['gRPC', request({ entrypoint: 'GRPC' }), 'grpc'],
  ['no prediction', request({ method: 'classify' }), 'method'],
  ['no body', request({ requestBody: undefined, bodies: 'off' }), 'off'],
  ['the beginning of a body', request({ requestBody: body('{"i', { truncated: true }) }), 'cut'],
])('cannot send %s again', (_, recorded, obstacle) => {
  expect(replayOf(recorded, true)).toEqual({ ok: false, obstacle });
});

it('can send what is there, and says where something was taken out', () => {
  expect(replayOf(request(), true)).toEqual({ ok: true, body: '{"instances": [1.0]}', isRedacted: false });
  expect(replayOf(request(), false)).toEqual({ ok: false, obstacle: 'model' });
  for (const text of ['{"token": "[redacted]"}', '{"b64": "AAAA… (900 characters)"}'])
    expect(replayOf(request({ requestBody: body(text) }), true)).toMatchObject({ isRedacted: true });
});

it('knows the address', () => {
  const url = 'http://127.0.0.1:8501/v1/models/a%20b';
  expect(requestUrl('http://127.0.0.1:8501/', request(), false)).toBe(`${url}:predict`);
  expect(requestUrl('http://127.0.0.1:8501', request({ method: 'classify' }), true)).toBe(`${url}/versions/3:classify`);
});

it.each([
  ['{"instances":[1.0,2e3],"b":{}}', '{"instances": [1.0, 2e3], "b": {}}'],
  ['{"a": "x: {y}, \\"z\\""}', '{"a": "x: {y}, \\"z\\""}'],
  ['not {JSON', 'not {JSON'],
  ['{\n"a":1}', '{\n"a":1}'],
])('shows %s to be read', (text, shown) => {
  expect(readableBody(body(text))).toBe(shown);
});

it('breaks long lines, and keeps every number as it was written', () => {
  const numbers = Array.from({ length: 40 }, (_, at) => `${at}.50`);
  const shown = readableBody(body(`{"instances":[[${numbers.join(',')}]]}`));
  expect(shown.split('\n').length).toBeGreaterThan(5);
  expect(shown).toContain('39.50');
  expect(JSON.parse(shown)).toEqual({ instances: [numbers.map(Number)] });
});
