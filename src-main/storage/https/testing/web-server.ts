import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What a server does instead of answering well. */
export type WebFault = WrongAnswer | BrokenAnswer;

type WrongAnswer =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** `isEndless`: its length is not told in advance. */
  | { readonly kind: 'page'; readonly type: string; readonly text: string; readonly isEndless?: true }
  /** Says nothing at all. */
  | { readonly kind: 'silent' };

/** Announces all, sends some, and then falls silent or cuts the connection. */
interface BrokenAnswer {
  readonly kind: 'stall' | 'cut';
  readonly afterBytes: number;
}

/** A plain web server of files for tests. */
export interface WebServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or `https://localhost:PORT`. */
  readonly origin: string;
  /** Paths with their queries, and headers, in the order of arrival. */
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers']; status?: number }[];
  put(path: string, content: string | Uint8Array, modifiedMs?: number): void;
  remove(path: string): void;
  /** Publishes a manifest of what is below its folder, by the first name of each path; or with other versions. */
  publish(path: string, change?: (manifest: TestManifest) => unknown): void;
  /** Asked for each request; undefined for a good answer. Lifted by giving none. */
  faultOf: ((path: string, request: IncomingMessage, count: number) => WebFault | undefined) | undefined;
  /** What the server can do beside sending files whole. */
  readonly can: { ranges: boolean; conditions: boolean; etags: boolean };
  /** Ends all connections and takes none until {@link resume}. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export interface TestManifest {
  formatVersion: number;
  versions: Record<string, { files: TestManifestFile[]; modified?: string }>;
}
export interface TestManifestFile {
  name: string;
  size: number;
  checksum: string;
  url?: string;
}

interface Content {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

/** Starts the server on this computer. */
export async function startWebServer(tls?: { readonly cert: string; readonly key: string }): Promise<WebServer> {
  const files = new Map<string, Content>();
  const requests: WebServer['requests'] = [];
  const can = { ranges: true, conditions: true, etags: true };
  let count = 0;

  const listener: RequestListener = (request, response) => {
    const url = request.url ?? '/';
    const path = decodeURIComponent(url.replace(/\?.*$/u, ''));
    const entry: WebServer['requests'][number] = { url, headers: request.headers };
    requests.push(entry);
    response.once('finish', () => {
      entry.status = response.statusCode;
    });
    count += 1;
    const fault = server.faultOf?.(path, request, count);
    const content = files.get(path);
    if (fault && !('afterBytes' in fault)) misbehave(fault, response);
    else if (!content) response.writeHead(404, { 'content-type': 'text/plain' }).end('no such file');
    else send(content, request, response, can, fault);
  };
  const listening = tls ? createTlsServer(tls, listener) : createServer(listener);
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const port = portOf(listening.address());

  const server: WebServer = {
    origin: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    requests,
    can,
    faultOf: undefined,
    put(path, content, modifiedMs = Date.now()) {
      files.set(path, { bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content, modifiedMs });
    },
    remove(path) {
      for (const known of files.keys()) if (known === path || known.startsWith(`${path}/`)) files.delete(known);
    },
    publish(path, change = (manifest) => manifest) {
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      const manifest: TestManifest = { formatVersion: 1, versions: {} };
      for (const [file, { bytes }] of files) {
        const [version = '', ...names] = file.startsWith(folder) ? file.slice(folder.length).split('/') : [];
        if (names.length === 0) continue;
        const checksum = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
        const listed = (manifest.versions[version] ??= { files: [] });
        listed.files.push({ name: names.join('/'), size: bytes.length, checksum });
      }
      this.put(path, JSON.stringify(change(manifest)));
    },
    async pause() {
      const closed = once(listening, 'close');
      listening.close();
      listening.closeAllConnections();
      await closed;
    },
    async resume() {
      listening.listen(port, '127.0.0.1');
      await once(listening, 'listening');
    },
    async [Symbol.asyncDispose]() {
      listening.closeAllConnections();
      await new Promise<void>((resolve) => {
        listening.close(() => resolve());
      });
    },
  };
  return server;
}

function misbehave(fault: WrongAnswer, response: ServerResponse): void {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers ?? {}).end();
      return;
    case 'page':
      response.setHeader('content-type', fault.type);
      if (!fault.isEndless) response.setHeader('content-length', Buffer.byteLength(fault.text));
      response.flushHeaders();
      response.end(fault.text);
      return;
    case 'silent':
      return;
    default:
      fault satisfies never;
  }
}

function send(
  { bytes, modifiedMs }: Content,
  request: IncomingMessage,
  response: ServerResponse,
  can: WebServer['can'],
  fault: BrokenAnswer | undefined,
): void {
  const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
  const headers: Record<string, string> = {
    'content-type': 'application/octet-stream',
    'last-modified': new Date(modifiedMs).toUTCString(),
    ...(can.etags && { etag }),
  };
  const ifMatch = request.headers['if-match'];
  if (can.conditions && ifMatch !== undefined && ifMatch !== etag) {
    response.writeHead(412, headers).end();
    return;
  }
  if (can.conditions && can.etags && request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/u.exec(request.headers.range ?? '') ?? [];
  let part = bytes;
  if (can.ranges && first !== '') {
    if (Number(first) >= bytes.length) {
      response.writeHead(416, { ...headers, 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    part = bytes.subarray(Number(first), Number(last) + 1);
    headers['content-range'] = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
  }
  response.writeHead(part === bytes && first === '' ? 200 : can.ranges ? 206 : 200, {
    ...headers,
    'content-length': String(part.length),
  });
  if (fault) {
    response.write(part.subarray(0, fault.afterBytes), () => {
      if (fault.kind === 'cut') response.destroy();
    });
    return;
  }
  response.end(part);
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
