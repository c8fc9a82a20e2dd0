import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeCertificate } from '../../../scripts/s3-server/certificate.ts';
import type { HttpsFileSystem } from './https-file-system.ts';
import { startWebServer, type TestManifest, type WebFault } from './testing/web-server.ts';
import { createWebWorld, type WebWorld } from './testing/web-world.ts';

const { signal } = new AbortController();
const STARTS_THREADS = { timeout: 30_000 };
const SECRET = 's3cr3t';
const HTML = '<!doctype html><title>Sign in</title>';

let world: WebWorld;
/** Waits a second and a half for an answer and no longer: for tests of silence only, since a busy machine is silent, too. */
let impatient: HttpsFileSystem;
let folders = 0;
let folder: string;
/** Of a manifest, with a secret in its query. */
let base: string;
beforeAll(async () => {
  world = await createWebWorld({
    environment: { HTTPS_CONNECT_TIMEOUT_MSEC: '20000', HTTPS_REQUEST_TIMEOUT_MSEC: '60000' },
  });
  impatient = world.another({ environment: { HTTPS_REQUEST_TIMEOUT_MSEC: '1500' } });
});
beforeEach(() => {
  folders += 1;
  folder = `/private/f${folders}`;
  const address = `${world.server.origin}${folder}/manifest.json?token=${SECRET}`;
  base = world.fileSystem.parse(address);
  impatient.parse(address);
  world.server.faultOf = undefined;
  world.server.requests.length = 0;
  Object.assign(world.server.can, { ranges: true, conditions: true, etags: true });
});
afterAll(() => world[Symbol.asyncDispose]());

function put(path: string, content: string | Uint8Array, change?: (manifest: TestManifest) => unknown): void {
  world.server.put(`${folder}/${path}`, content);
  world.server.publish(`${folder}/manifest.json`, change);
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).not.toContain(SECRET);
  expect(String(error)).not.toContain('private');
  return error;
}

const list = (fileSystem: HttpsFileSystem = world.fileSystem) => fileSystem.list(base, signal);
const localize = (fileSystem = world.fileSystem) => fileSystem.localize(fileSystem.join(base, '1'), signal);
const systemFor = ({ kind }: Pick<WebFault, 'kind'>): HttpsFileSystem =>
  kind === 'silent' || kind === 'stall' ? impatient : world.fileSystem;
/** What downloads left in the cache to go on with. */
async function unfinished(): Promise<readonly string[]> {
  const names = await readdir(join(world.directory, 'cache', 'versions')).catch(() => []);
  return names.filter((name) => name.includes('.tmp-')).toSorted();
}

const status = (code: number, headers?: Record<string, string>): WebFault => ({
  kind: 'status',
  status: code,
  ...(headers && { headers }),
});

describe('a look at a manifest', () => {
  it.each([
    { when: 'nothing is there', fault: status(404), code: 'NOT_FOUND', httpsCode: 'HTTPS_NOT_FOUND' },
    { when: 'it is gone', fault: status(410), code: 'NOT_FOUND', httpsCode: 'HTTPS_NOT_FOUND' },
    { when: 'the token is refused', fault: status(401), code: 'PERMISSION_DENIED', httpsCode: 'HTTPS_UNAUTHORIZED' },
    { when: 'the token ran out', fault: status(403), code: 'PERMISSION_DENIED', httpsCode: 'HTTPS_UNAUTHORIZED' },
    { when: 'the server fails', fault: status(500), code: 'UNAVAILABLE', httpsCode: 'HTTPS_UNAVAILABLE' },
    { when: 'the server is busy', fault: status(429), code: 'UNAVAILABLE', httpsCode: 'HTTPS_THROTTLED' },
    { when: 'the server is at a loss', fault: status(418), code: 'UNAVAILABLE', httpsCode: 'HTTPS_BAD_SERVER' },
    {
      when: 'the server says nothing',
      fault: { kind: 'silent' } as const,
      code: 'UNAVAILABLE',
      httpsCode: 'HTTPS_STALLED',
    },
    {
      when: 'the answer falls silent',
      fault: { kind: 'stall', afterBytes: 10 } as const,
      code: 'UNAVAILABLE',
      httpsCode: 'HTTPS_STALLED',
    },
    {
      when: 'the answer is cut off',
      fault: { kind: 'cut', afterBytes: 10 } as const,
      code: 'UNAVAILABLE',
      httpsCode: 'HTTPS_UNAVAILABLE',
    },
    {
      when: 'a login page answers',
      fault: { kind: 'page', type: 'text/html', text: HTML } as const,
      code: 'UNAVAILABLE',
      httpsCode: 'HTTPS_WRONG_CONTENT',
    },
    {
      when: 'nothing at all is in the answer',
      fault: { kind: 'page', type: 'application/json', text: '' } as const,
      code: 'UNAVAILABLE',
      httpsCode: 'HTTPS_WRONG_CONTENT',
    },
    {
      when: 'other JSON answers',
      fault: { kind: 'page', type: 'application/json', text: '{"ok":true}' } as const,
      code: 'FAILED_PRECONDITION',
      httpsCode: 'HTTPS_BAD_MANIFEST',
    },
    {
      when: 'the manifest is of a later format',
      fault: { kind: 'page', type: 'application/json', text: '{"formatVersion":2}' } as const,
      code: 'FAILED_PRECONDITION',
      httpsCode: 'HTTPS_BAD_MANIFEST',
    },
    {
      when: 'the manifest lists nothing',
      fault: { kind: 'page', type: 'application/json', text: '{"formatVersion":1,"versions":{}}' } as const,
      code: 'NOT_FOUND',
      httpsCode: 'HTTPS_NOT_FOUND',
    },
    {
      when: 'the manifest is huge',
      fault: { kind: 'page', type: 'application/json', text: ' '.repeat(33 * 1024 * 1024) } as const,
      code: 'RESOURCE_EXHAUSTED',
      httpsCode: 'HTTPS_TOO_LARGE',
    },
    {
      when: 'the manifest is huge, and does not say so',
      fault: { kind: 'page', type: 'application/json', text: ' '.repeat(33 * 1024 * 1024), isEndless: true } as const,
      code: 'RESOURCE_EXHAUSTED',
      httpsCode: 'HTTPS_TOO_LARGE',
    },
    {
      when: 'it leads to plain HTTP elsewhere',
      fault: status(302, { location: 'http://example.com/manifest.json' }),
      code: 'UNAVAILABLE',
      httpsCode: 'HTTPS_REDIRECT',
    },
    {
      when: 'it leads from plain HTTP to somewhere else',
      fault: status(302, { location: 'https://example.com/manifest.json' }),
      code: 'UNAVAILABLE',
      httpsCode: 'HTTPS_REDIRECT',
    },
    {
      when: 'it leads in circles',
      fault: status(307, { location: '?again' }),
      code: 'UNAVAILABLE',
      httpsCode: 'HTTPS_REDIRECT',
    },
  ])('is an error when $when, and fine again afterwards', async ({ fault, code, httpsCode }) => {
    put('1/model.onnx', 'abc');
    world.server.faultOf = () => fault;
    expect(await errorOf(list(systemFor(fault)))).toMatchObject({
      code,
      httpsCode,
      message: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/…\/manifest\.json\?…: .*\. \[HTTPS_\w+\]$/u),
    });
    world.server.faultOf = undefined;
    expect(await list()).toHaveLength(1);
  });

  it('says cause, code, status, host and what to do', async () => {
    world.server.faultOf = () => status(403);
    const { host } = new URL(world.server.origin);
    expect(await errorOf(list())).toHaveProperty(
      'message',
      `http://${host}/…/manifest.json?…: the server does not allow it (HTTP 403, host ${host}). Check the token in the ` +
        'query of the address: it may be wrong or have run out. [HTTPS_UNAUTHORIZED]',
    );
  });

  it('asks again when the server fails for a moment', async () => {
    put('1/model.onnx', 'abc');
    let count = 0;
    world.server.faultOf = () => ((count += 1) === 1 ? status(500) : undefined);
    expect(await list()).toHaveLength(1);
  });

  it('follows a redirect within the server', async () => {
    put('1/model.onnx', 'abc');
    world.server.faultOf = (path) =>
      path.endsWith('manifest.json') && !path.includes('real')
        ? status(302, { location: `${folder}/real/manifest.json` })
        : undefined;
    world.server.put(`${folder}/real/1/model.onnx`, 'abc');
    world.server.publish(`${folder}/real/manifest.json`);
    expect(await list()).toEqual([{ name: '1', kind: 'directory' }]);
  });

  it('cannot reach a server that is off', async () => {
    put('1/model.onnx', 'abc');
    await world.server.pause();
    expect(await errorOf(list())).toMatchObject({
      httpsCode: 'HTTPS_UNREACHABLE',
      message: expect.stringContaining('(ECONNREFUSED, host 127.0.0.1:'),
    });
    await world.server.resume();
  });

  it('wants a certificate that is trusted', STARTS_THREADS, async () => {
    const root = makeCertificate({ commonName: 'Root' });
    const own = makeCertificate({ commonName: 'localhost', hosts: ['localhost'], issuer: root });
    await using tls = await startWebServer({ cert: own.cert + root.cert, key: own.key });
    tls.put('/m/1/model.onnx', 'abc');
    tls.publish('/m/manifest.json');
    const uri = `${tls.origin}/m/manifest.json`;
    expect(await errorOf(world.fileSystem.list(uri, signal))).toMatchObject({ httpsCode: 'HTTPS_TLS' });
    const plain = uri.replace('https:', 'http:');
    expect(await errorOf(world.fileSystem.list(plain, signal))).toMatchObject({ code: 'UNAVAILABLE' });
    const mixed = world.server.origin.replace('http:', 'https:');
    const tlsOnPlain = await errorOf(world.fileSystem.list(`${mixed}/m/manifest.json`, signal));
    expect(tlsOnPlain).toMatchObject({ httpsCode: 'HTTPS_TLS' });
    const caFile = join(world.directory, 'ca.pem');
    await writeFile(caFile, root.cert);
    const trusting = world.another({ environment: { SSL_CERT_FILE: caFile } });
    expect(await trusting.list(uri, signal)).toEqual([{ name: '1', kind: 'directory' }]);
    const missing = join(world.directory, 'missing.pem');
    const wrong = world.another({ environment: { SSL_CERT_FILE: missing } });
    expect(await errorOf(wrong.list(uri, signal))).toMatchObject({
      httpsCode: 'HTTPS_BAD_OPTIONS',
      code: 'FAILED_PRECONDITION',
    });
    await writeFile(missing, root.cert);
    expect(await wrong.list(uri, signal)).toEqual([{ name: '1', kind: 'directory' }]);
  });
});

describe('a version of a manifest', () => {
  it.each([
    { name: '../model.onnx', why: 'HTTPS_UNSAFE_NAME' },
    { name: '/etc/model.onnx', why: 'HTTPS_UNSAFE_NAME' },
    { name: 'a\\b.onnx', why: 'HTTPS_UNSAFE_NAME' },
    { name: 'C:x.onnx', why: 'HTTPS_UNSAFE_NAME' },
    { name: 'a\u0000b', why: 'HTTPS_UNSAFE_NAME' },
    { name: 'WEIGHTS.bin', why: 'HTTPS_UNSAFE_NAME' },
    { name: 'x', url: 'http://169.254.169.254/latest', why: 'HTTPS_OTHER_ORIGIN' },
    { name: 'x', url: '//example.com/x', why: 'HTTPS_OTHER_ORIGIN' },
    { name: 'x', url: 'file:///etc/passwd', why: 'HTTPS_OTHER_ORIGIN' },
  ])('is refused whole for $name at $url, and others are not', async ({ name, url, why }) => {
    const checksum = `sha256:${'0'.repeat(64)}`;
    put('1/weights.bin', 'abc');
    put('2/model.onnx', 'abc', (manifest) => {
      manifest.versions['1']?.files.push({ name, size: 1, checksum, ...(url !== undefined && { url }) });
      return manifest;
    });
    expect((await list()).map((entry) => entry.name)).toEqual(expect.arrayContaining(['1', '2']));
    const { fileSystem } = world;
    expect(await errorOf(fileSystem.listRecursive(fileSystem.join(base, '1'), signal))).toMatchObject({
      httpsCode: why,
      code: 'FAILED_PRECONDITION',
    });
    expect(await errorOf(localize())).toMatchObject({ httpsCode: why });
    await using _ = await fileSystem.localize(fileSystem.join(base, '2'), signal);
  });

  it.each([
    { when: 'another scheme of checksum', change: { checksum: 'md5:abc' } },
    { when: 'no size', change: { size: undefined } },
    { when: 'a negative size', change: { size: -1 } },
  ])('makes a manifest unusable by $when', async ({ change }) => {
    put('1/model.onnx', 'abc', ({ versions, ...rest }) => ({
      ...rest,
      versions: { 1: { files: versions['1']?.files.map((file) => ({ ...file, ...change })) } },
    }));
    expect(await errorOf(list())).toMatchObject({
      httpsCode: 'HTTPS_BAD_MANIFEST',
      message: expect.stringContaining('versions.1.files.0'),
    });
  });
});

describe('a download', () => {
  const ofModel = (fault: WebFault) => (path: string) => (path.endsWith('model.onnx') ? fault : undefined);

  it.each([
    { when: 'the file is not there', fault: status(404), httpsCode: 'HTTPS_NOT_FOUND' },
    { when: 'the file is not allowed', fault: status(401), httpsCode: 'HTTPS_UNAUTHORIZED' },
    {
      when: 'a page stands in for it',
      fault: { kind: 'page', type: 'text/html', text: HTML } as const,
      httpsCode: 'HTTPS_WRONG_CONTENT',
    },
    {
      when: 'it has another size',
      fault: { kind: 'page', type: 'text/plain', text: 'short' } as const,
      httpsCode: 'HTTPS_CHANGED',
    },
    { when: 'it leads elsewhere', fault: status(301, { location: 'http://h/' }), httpsCode: 'HTTPS_REDIRECT' },
  ])('ends with a reason when $when', STARTS_THREADS, async ({ fault, httpsCode }) => {
    put('1/model.onnx', 'x'.repeat(1000));
    world.server.faultOf = ofModel(fault);
    expect(await errorOf(localize())).toMatchObject({ httpsCode });
  });

  it('is refused when the bytes are not those of the manifest', async () => {
    put('1/model.onnx', 'abc');
    const before = await unfinished();
    world.server.put(`${folder}/1/model.onnx`, 'abd');
    expect(await errorOf(localize())).toMatchObject({ code: 'DATA_LOSS', httpsCode: 'HTTPS_CORRUPT' });
    expect(await unfinished()).toEqual(before);
    put('1/model.onnx', 'abd');
    await using copy = await localize();
    expect(await readFile(join(copy.path, 'model.onnx'), 'utf8')).toBe('abd');
  });

  it('is looked at anew when the manifest changed meanwhile', async () => {
    put('1/model.onnx', 'abc');
    world.server.faultOf = (path) => {
      if (path.endsWith('model.onnx')) put('1/more.bin', 'x');
      return undefined;
    };
    expect(await errorOf(localize())).toMatchObject({ code: 'ABORTED', httpsCode: 'HTTPS_CHANGED' });
    world.server.faultOf = undefined;
    await using copy = await localize();
    expect(await readdir(copy.path)).toEqual(['model.onnx', 'more.bin']);
  });

  it.each([
    { when: 'bodies are cut off', kind: 'cut', ranges: true },
    { when: 'bodies are cut off and there are no parts', kind: 'cut', ranges: false },
    { when: 'a body falls silent', kind: 'stall', ranges: true },
  ] as const)('goes on where it was when $when', STARTS_THREADS, async ({ kind, ranges }) => {
    const content = 'x'.repeat(600_000);
    put('1/model.onnx', content);
    world.server.can.ranges = ranges;
    let faults = 0;
    world.server.faultOf = (path) =>
      path.endsWith('model.onnx') && (faults += 1) <= 2
        ? { kind, afterBytes: 200_000 * (ranges ? 1 : faults) }
        : undefined;
    await using copy = await localize(systemFor({ kind }));
    expect((await readFile(join(copy.path, 'model.onnx'), 'utf8')) === content).toBe(true);
    const ranged = world.server.requests.filter(({ headers }) => headers.range !== undefined);
    expect(ranged).toHaveLength(2);
  });

  it('of a single file mixes nothing', async () => {
    const uri = `${world.server.origin}${folder}/lone.onnx`;
    world.server.put(`${folder}/lone.onnx`, 'abc');
    await world.fileSystem.stat(uri, signal);
    for (const conditions of [true, false]) {
      world.server.can.conditions = conditions;
      world.server.put(`${folder}/lone.onnx`, 'abc');
      world.server.faultOf = (_, { headers }) => {
        // The look is over, the download begins.
        if (headers.range === undefined) world.server.put(`${folder}/lone.onnx`, `xy${String(conditions).length}`);
        return undefined;
      };
      expect(await errorOf(world.fileSystem.localize(uri, signal))).toMatchObject({ httpsCode: 'HTTPS_CHANGED' });
    }
  });

  it('that is cancelled leaves nothing', async () => {
    put('1/model.onnx', 'x'.repeat(600_000));
    world.server.faultOf = ofModel({ kind: 'stall', afterBytes: 300_000 });
    const before = await unfinished();
    const stop = new AbortController();
    const { fileSystem } = world;
    const progressed = vi.fn<() => void>(() => stop.abort());
    await expect(fileSystem.localize(fileSystem.join(base, '1'), stop.signal, progressed)).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(progressed).toHaveBeenCalled();
    expect(await unfinished()).toEqual(before);
  });
});

describe('secrets', () => {
  it('are in no log and no file', async () => {
    put('1/model.onnx', 'abc');
    await (await localize())[Symbol.asyncDispose]();
    const said = [...world.logged];
    for (const entry of await readdir(world.directory, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) said.push(await readFile(join(entry.parentPath, entry.name), 'latin1'));
    }
    expect(said.length).toBeGreaterThan(2);
    expect(said.filter((text) => text.includes(SECRET))).toEqual([]);
  });
});
