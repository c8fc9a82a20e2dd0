import { Agent as HttpAgent, type AgentOptions as HttpAgentOptions, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';

type Connected = (error: Error | null, stream: Duplex) => void;

/**
 * Agents whose connections read into one buffer each, instead of a new one for every 64 KiB that come: those cost more
 * than half of a download's CPU, and memory until they are collected. Node's parser of HTTP copies what belongs to a body,
 * so the buffer is free again when the parser returns. Not for connections through a proxy, where the reader of the first
 * bytes is another.
 */
export class LeanHttpAgent extends HttpAgent {
  // oxlint-disable-next-line no-useless-constructor -- it narrows what may be passed
  constructor(options: Omit<HttpAgentOptions, 'proxyEnv'>) {
    super(options);
  }

  override createConnection(options: ClientRequestArgs, connected?: Connected): Duplex | null | undefined {
    return leanly((onread) => super.createConnection({ ...options, ...onread }, connected));
  }
}

/** The same over TLS. */
export class LeanHttpsAgent extends HttpsAgent {
  // oxlint-disable-next-line no-useless-constructor -- it narrows what may be passed
  constructor(options: Omit<HttpsAgentOptions, 'proxyEnv'>) {
    super(options);
  }

  override createConnection(options: RequestOptions, connected?: Connected): Duplex | null | undefined {
    return leanly((onread) => super.createConnection({ ...options, ...onread }, connected));
  }
}

interface OnRead {
  readonly onread: { readonly buffer: Uint8Array; readonly callback: (bytes: number, buffer: Uint8Array) => boolean };
}

const BUFFER_BYTES = 64 * 1024;

function leanly(connect: (options: OnRead) => Duplex | null | undefined): Duplex | null | undefined {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  const socket = connect({
    onread: {
      buffer,
      callback(bytes) {
        // Whoever speaks HTTP over it listens to that, and is done with the bytes when this returns.
        socket?.emit('data', buffer.subarray(0, bytes));
        return true;
      },
    },
  });
  return socket;
}
