import { type Http2Server, createServer } from 'node:http2';
import { Metadata, Server, ServerCredentials, ServerInterceptingCall } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { checkLibrary, clampTimeout, libraryCall, openLibrary } from './library-internals.ts';

const CHANGED = /^@grpc\/grpc-js has changed in /u;

describe('the look at the library', () => {
  it('finds what is needed', () => {
    expect(checkLibrary).not.toThrow();
  });

  it('is told of a call that is another thing', () => {
    expect(() => libraryCall(new ServerInterceptingCall(new OtherCall()))).toThrow(CHANGED);
  });

  it.each([
    { when: 'it finds handlers in another way', property: '_retrieveHandler', value: undefined },
    { when: 'it keeps its transports in another place', property: 'http2Servers', value: [] },
    { when: 'its transport is another thing', property: 'http2Servers', value: new Map([[{}, {}]]) },
    { when: 'it hears of streams in another way', property: 'http2Servers', value: new Map([[deaf(), {}]]) },
  ])('is told when $when', ({ property, value }) => {
    const library = new Server();
    library.createConnectionInjector(ServerCredentials.createInsecure());
    Object.defineProperty(library, property, { value });
    expect(() => openLibrary(library, () => undefined)).toThrow(CHANGED);
  });
});

function deaf(): Http2Server {
  return createServer();
}

/** A call that is none of the library's. */
class OtherCall {
  start(): void {
    // None of these is called.
  }
  sendMetadata(): void {
    // As above.
  }
  sendMessage(): void {
    // As above.
  }
  sendStatus(): void {
    // As above.
  }
  startRead(): void {
    // As above.
  }
  getPeer(): string {
    return '';
  }
  getDeadline(): number {
    return Infinity;
  }
  getHost(): string {
    return '';
  }
  getAuthContext(): object {
    return {};
  }
  getConnectionInfo(): object {
    return new Metadata();
  }
  getMetricsRecorder(): ReturnType<ServerInterceptingCall['getMetricsRecorder']> {
    throw new Error('not called');
  }
}

describe('clampTimeout', () => {
  it.each([
    { sent: undefined, expected: undefined },
    { sent: '100m', expected: '100m' },
    { sent: '99999999m', expected: '99999999m' },
    { sent: '99999999n', expected: '99999999n' },
    { sent: '2147483S', expected: '2147483S' },
    { sent: '2147484S', expected: '2147483S' },
    { sent: '596H', expected: '596H' },
    { sent: '597H', expected: '2147483S' },
    { sent: '99999999H', expected: '2147483S' },
    { sent: '35792M', expected: '2147483S' },
    { sent: 'soon', expected: 'soon' },
  ])('$sent', ({ sent, expected }) => {
    const headers = sent === undefined ? {} : { 'grpc-timeout': sent };
    clampTimeout(headers);
    expect(headers).toEqual(expected === undefined ? {} : { 'grpc-timeout': expected });
  });
});
