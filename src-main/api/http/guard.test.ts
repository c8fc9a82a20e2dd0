import { describe, expect, it } from 'vitest';
import { createGuard, type GuardPolicy } from './guard.ts';
import { readRequestFacts } from './request-facts.ts';

const POLICY: GuardPolicy = {
  port: 8501,
  allowedHosts: ['build.example', 'tunnel.example:9000'],
  allowedOrigins: ['http://127.0.0.1:8510'],
  navigablePath: '/ui/sign-in',
};

function check(
  headers: readonly string[],
  { method = 'GET', url = '/', localAddress = '127.0.0.1' } = {},
): string | undefined {
  return createGuard(POLICY)({ method, url, localAddress, facts: readRequestFacts(headers) });
}

const HOST = ['Host', '127.0.0.1:8501'] as const;

describe('the Host header', () => {
  it.each([
    '127.0.0.1:8501',
    '127.0.0.1',
    'localhost:8501',
    'localhost',
    'LOCALHOST:8501',
    'localhost.',
    'localhost.:8501',
    '[::1]:8501',
    '[::1]',
    'build.example',
    'build.example:8501',
    'tunnel.example:9000',
  ])('may be %s', (host) => {
    expect(check(['host', host])).toBeUndefined();
  });

  it.each([
    'evil.test',
    'evil.test:8501',
    'evil.test.',
    'localhost.evil.test',
    'localhost:8502',
    'localhost:',
    'localhost:8501:8501',
    'localhost..',
    '127.0.0.1.evil.test:8501',
    '127.0.0.2',
    '127.1',
    '2130706433',
    '0.0.0.0:8501',
    '[::ffff:127.0.0.1]',
    'user@localhost',
    'localhost/',
    'tunnel.example',
    'tunnel.example:8501',
    ' localhost',
    '',
  ])('must not be %j', (host) => {
    expect(check(['host', host])).toMatch(/^Host .*is not allowed/u);
  });

  it('must be there, once', () => {
    expect(check([])).toMatch(/exactly one Host header is required, got 0/u);
    expect(check([...HOST, 'HOST', 'localhost:8501'])).toMatch(/got 2/u);
  });

  it.each([
    { host: '192.168.1.5:8501', localAddress: '192.168.1.5', allowed: true },
    { host: '192.168.1.5', localAddress: '::ffff:192.168.1.5', allowed: true },
    { host: '[fe80::1]:8501', localAddress: 'fe80::1', allowed: true },
    { host: '192.168.1.6:8501', localAddress: '192.168.1.5', allowed: false },
  ])('$host at $localAddress: $allowed', ({ host, localAddress, allowed }) => {
    expect(check(['Host', host], { localAddress }) === undefined).toBe(allowed);
  });

  it('is quoted shortened', () => {
    expect(check(['Host', 'x'.repeat(10_000)])?.length).toBeLessThan(300);
  });
});

const EVERY_METHOD = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'X-OWN'];

describe.each(EVERY_METHOD)('the origin of a %s', (method) => {
  it.each([
    { headers: ['Origin', 'http://evil.test'] },
    { headers: ['Origin', 'null'] },
    { headers: ['Origin', 'file://'] },
    { headers: ['Origin', ''] },
    { headers: ['Origin', 'http://127.0.0.1:8510.evil.test'] },
    { headers: ['Origin', 'http://127.0.0.1:8511'] },
    { headers: ['Origin', 'https://127.0.0.1:8510'] },
    { headers: ['Origin', 'HTTP://127.0.0.1:8510'] },
    { headers: ['Origin', 'http://localhost:8510'] },
    { headers: ['Origin', 'http://127.0.0.1:8510', 'Origin', 'http://127.0.0.1:8510'] },
    { headers: ['Origin', 'http://evil.test', 'Sec-Fetch-Site', 'same-origin'] },
    { headers: ['Sec-Fetch-Site', 'cross-site'] },
    { headers: ['sec-fetch-site', 'Cross-Site'] },
    { headers: ['Sec-Fetch-Site', 'same-site'] },
    { headers: ['Sec-Fetch-Site', 'something-new'] },
    { headers: ['Sec-Fetch-Site', 'none', 'Sec-Fetch-Site', 'none'] },
  ])('is refused for $headers', ({ headers }) => {
    expect(check([...HOST, ...headers], { method })).toMatch(/not allowed/u);
  });

  it.each([
    { headers: [] },
    { headers: ['Sec-Fetch-Site', 'none'] },
    { headers: ['Sec-Fetch-Site', 'same-origin'] },
    { headers: ['Origin', 'http://127.0.0.1:8510'] },
    { headers: ['Origin', 'http://127.0.0.1:8510', 'Sec-Fetch-Site', 'same-site'] },
  ])('passes for $headers', ({ headers }) => {
    expect(check([...HOST, ...headers], { method })).toBeUndefined();
  });
});

describe('a link on a foreign page', () => {
  const link = ['Sec-Fetch-Site', 'cross-site', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document'];

  it('may lead to the sign-in', () => {
    expect(check([...HOST, ...link], { url: '/ui/sign-in?token=x' })).toBeUndefined();
  });

  it.each([
    { when: 'another path', headers: link, url: '/ui/events', method: 'GET' },
    { when: 'a path below', headers: link, url: '/ui/sign-in/x', method: 'GET' },
    { when: 'a form', headers: link, url: '/ui/sign-in', method: 'POST' },
    { when: 'a frame', headers: [...link.slice(0, 5), 'iframe'], url: '/ui/sign-in', method: 'GET' },
    { when: 'a script', headers: ['Sec-Fetch-Site', 'cross-site'], url: '/ui/sign-in', method: 'GET' },
  ])('but not as $when', ({ headers, url, method }) => {
    expect(check([...HOST, ...headers], { url, method })).toMatch(/not allowed/u);
  });
});

describe('the list of allowed origins', () => {
  it.each(['*', 'null', 'file://', 'http://127.0.0.1:8510/', 'app://x', '127.0.0.1:8510', 'http://a.test/path'])(
    'must not hold %s',
    (origin) => {
      expect(() => createGuard({ ...POLICY, allowedOrigins: [origin] })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    },
  );
});

it('an origin that is allowed later passes from then on, and `null` never does', () => {
  const allowedOrigins: string[] = [];
  const guard = createGuard({ ...POLICY, allowedOrigins });
  const ask = (origin: string): string | undefined =>
    guard({
      method: 'POST',
      url: '/',
      localAddress: '127.0.0.1',
      facts: readRequestFacts([...HOST, 'Origin', origin]),
    });
  expect(ask('http://localhost:8510')).toMatch(/not allowed/u);
  allowedOrigins.push('http://localhost:8510', 'null', 'file://', '*');
  expect(ask('http://localhost:8510')).toBeUndefined();
  for (const origin of ['null', 'file://', '*']) expect(ask(origin)).toMatch(/not allowed/u);
});

describe('pages of this computer', () => {
  const guard = createGuard({ ...POLICY, cors: { local: true, origins: ['https://app.example'] } });
  const ask = (origin: string): string | undefined =>
    guard({
      method: 'POST',
      url: '/',
      localAddress: '127.0.0.1',
      facts: readRequestFacts([...HOST, 'Origin', origin]),
    });

  it.each([
    'http://localhost',
    'http://localhost:3000',
    'https://localhost:3000',
    'http://127.0.0.1:5173',
    'https://[::1]:9',
    'https://app.example',
    'http://127.0.0.1:8510',
  ])('may call: %s', (origin) => {
    expect(ask(origin)).toBeUndefined();
  });

  it.each([
    'http://localhost.evil.test',
    'http://evil.test/localhost',
    'http://localhost:3000@evil.test',
    'http://localhost:',
    'http://localhost:99999',
    'http://localhost:80',
    'http://127.0.0.2:3000',
    'http://127.1:3000',
    'http://0.0.0.0:3000',
    'http://[::]:3000',
    'http://sub.localhost:3000',
    'HTTP://LOCALHOST:3000',
    'ws://localhost:3000',
    'app://localhost',
    'file://',
    'null',
    '*',
    'http://app.example',
    'https://app.example:444',
    'https://app.example.evil.test',
  ])('others may not: %s', (origin) => {
    expect(ask(origin)).toMatch(/not allowed/u);
  });
});

describe('a refusal names the way out', () => {
  const guard = createGuard({
    ...POLICY,
    flags: { allowHosts: '--hosts', origins: { allowLocal: '--local', allow: '--origins' } },
  });
  it.each([
    {
      headers: ['Host', 'a.test'],
      words: 'Host "a.test" is not allowed: call 127.0.0.1:8501 or localhost:8501, or allow the name with --hosts',
    },
    {
      headers: [...HOST, 'Origin', 'http://a.test'],
      words:
        'Origin "http://a.test" is not allowed: allow it with --origins, or the pages of this computer with --local',
    },
    {
      headers: [...HOST, 'Origin', 'null'],
      words:
        'Origin "null" is not allowed: it does not tell one page from another; serve the page over http, and allow its origin with --origins or --local',
    },
  ])('$headers', ({ headers, words }) => {
    expect(guard({ method: 'GET', url: '/', localAddress: '127.0.0.1', facts: readRequestFacts(headers) })).toBe(words);
  });
});

describe('a target that names a host', () => {
  it.each(['http://127.0.0.1:8501/x', 'https://localhost/x', 'HTTP://build.example/x', 'http://localhost'])(
    'may be %s',
    (url) => {
      expect(check(HOST, { url })).toBeUndefined();
    },
  );

  it.each(['http://evil.test/x', 'http://evil.test:8501', 'http:///x', 'http://user@localhost/x'])(
    'must not be %s',
    (url) => {
      expect(check(HOST, { url })).toMatch(/^Host .*is not allowed/u);
    },
  );

  it('does not make up for the header', () => {
    expect(check(['Host', 'evil.test'], { url: 'http://localhost:8501/' })).toMatch(/Host "evil.test" is not allowed/u);
  });
});
