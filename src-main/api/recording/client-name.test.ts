import { expect, it } from 'vitest';
import { clientName } from './client-name.ts';

const MOZILLA = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)';

it.each([
  ['curl/8.5.0', 'curl/8.5.0'],
  ['python-requests/2.32.3', 'python-requests/2.32.3'],
  ['grpc-node-js/1.13.4', 'grpc-node-js/1.13.4'],
  ['grpc-python/1.60.0 grpc-c/37.0.0 (linux; chttp2)', 'grpc-python/1.60.0'],
  ['my-app grpc-java-netty/1.60', 'my-app'],
  ['node', 'node'],
  [`${MOZILLA} Chrome/120.0.0.0 Safari/537.36`, 'Chrome/120.0.0.0'],
  [`${MOZILLA} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91`, 'Edg/120.0.2210.91'],
  [`${MOZILLA} slipway/0.1.0 Chrome/140.0.0.0 Electron/38.0.0 Safari/537.36`, 'Electron/38.0.0'],
  ['Mozilla/5.0 (Macintosh; rv:109.0) Gecko/20100101 Firefox/115.0', 'Firefox/115.0'],
  ['Mozilla/5.0 (compatible; Bot/1.0; +http://x)', 'Mozilla/5.0'],
  ['(only a comment)', undefined],
  ['a\u0007\u001b[31m\u202eb', 'a'],
  ['x'.repeat(10_000), 'x'.repeat(40)],
  [' ', undefined],
  ['', undefined],
  [undefined, undefined],
])('of %j is %j', (userAgent, expected) => {
  expect(clientName(userAgent)).toBe(expected);
});
