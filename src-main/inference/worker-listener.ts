import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Logger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { errnoOf } from '../storage/errno.ts';
import { FOLDER_PREFIX, noteOwner, removeLeftoverFolders, SOCKET_NAME } from './leftover-folders.ts';
import { firstFrame, FRAME, FrameError } from './protocol/frames.ts';
import { decodeMessage } from './protocol/encoding.ts';
import { Hello } from './protocol/worker-message.ts';

/** Longest path that every platform takes for a Unix socket (macOS: 104 bytes with the closing zero). */
const MAX_SOCKET_PATH_BYTES = 100;
/** A stranger gets this many bytes and this much time to show the secret. */
const MAX_HELLO_BYTES = 1024;
const HELLO_TIMEOUT_MS = 5000;

/** A worker that is expected to connect. */
export interface ExpectedWorker {
  readonly token: string;
  /** Resolves with the worker's connection: paused, nothing but the greeting read. Never rejects. */
  readonly connected: Promise<Socket>;
  /** The worker is not expected any more. */
  forget(): void;
}

/** The local socket, or named pipe on Windows, on which workers report. */
export interface WorkerListener {
  /** What a worker connects to. */
  readonly address: string;
  /** A folder that only this user can enter, removed on close. */
  readonly directory: string;
  expect(workerId: string): ExpectedWorker;
  /** False when somebody removed the folder or the socket in it, so that no worker can connect any more. */
  inPlace(): Promise<boolean>;
  close(): Promise<void>;
}

interface Expectation {
  readonly tokenHash: Buffer;
  readonly resolve: (socket: Socket) => void;
}

/** @throws ServingError UNAVAILABLE when the temporary folder cannot be written. */
export async function openWorkerListener(log: Logger): Promise<WorkerListener> {
  const parent = shortTemporaryDirectory();
  const directory = await mkdtemp(path.join(parent, FOLDER_PREFIX)).catch((error: unknown) => {
    throw cannotWrite(error);
  });
  const address =
    process.platform === 'win32'
      ? `\\\\.\\pipe\\slipway-${randomBytes(16).toString('hex')}`
      : path.join(directory, SOCKET_NAME);
  // For a process that ends without closing; after a SIGKILL the next process removes the folder.
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', removeDirectory);
  const expected = new Map<string, Expectation>();
  const strangers = new Set<Socket>();

  const server = createServer((socket) => {
    strangers.add(socket);
    greet(socket, expected).then(
      () => strangers.delete(socket),
      (error: unknown) => {
        strangers.delete(socket);
        socket.destroy();
        log.warn({ error }, 'a connection to the worker socket was refused');
      },
    );
  });
  server.on('error', (error) => log.error({ error }, 'the worker socket failed'));
  try {
    await noteOwner(directory);
    await listen(server, address);
  } catch (error) {
    process.off('exit', removeDirectory);
    await rm(directory, { recursive: true, force: true });
    throw cannotWrite(error);
  }
  void removeLeftoverFolders(parent);

  return {
    address,
    directory,
    expect(workerId) {
      const token = randomBytes(32).toString('base64url');
      const { promise, resolve } = Promise.withResolvers<Socket>();
      expected.set(workerId, { tokenHash: sha256(token), resolve });
      return { token, connected: promise, forget: () => expected.delete(workerId) };
    },
    async inPlace() {
      try {
        // Only on Windows is the pipe no file.
        await access(process.platform === 'win32' ? directory : address);
        return true;
      } catch {
        return false;
      }
    },
    async close() {
      for (const socket of strangers) socket.destroy();
      server.close();
      process.off('exit', removeDirectory);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function cannotWrite(cause: unknown): ServingError {
  const errno = errnoOf(cause) ?? 'unknown error';
  return new ServingError('UNAVAILABLE', `the temporary folder cannot be written (${errno})`, { cause });
}

/** Reads the greeting and hands the connection to whoever expects it. @throws Error when it is not a worker of ours. */
async function greet(socket: Socket, expected: Map<string, Expectation>): Promise<void> {
  const greeting = await readGreeting(socket);
  const expectation = expected.get(greeting.workerId);
  // Hashes have one length, so the comparison takes the same time for every wrong token.
  if (!expectation || !timingSafeEqual(expectation.tokenHash, sha256(greeting.token))) {
    throw new Error('the greeting is not that of an expected worker');
  }
  expected.delete(greeting.workerId);
  expectation.resolve(socket);
}

function readGreeting(socket: Socket): Promise<Hello> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      try {
        received = Buffer.concat([received, chunk]);
        const first = firstFrame(received, MAX_HELLO_BYTES);
        if (!first) return;
        if (first.type !== FRAME.control) throw new FrameError('the greeting is not a control frame');
        const greeting = decodeMessage(Hello, first.payload);
        finish();
        if (first.rest.length > 0) socket.unshift(first.rest);
        resolve(greeting);
      } catch (error) {
        fail(error);
      }
    };
    const onClose = (): void => fail(new Error('the connection closed before its greeting'));
    const timeout = setTimeout(() => fail(new Error('no greeting came in time')), HELLO_TIMEOUT_MS);
    const finish = (): void => {
      clearTimeout(timeout);
      socket.pause();
      socket.off('data', onData).off('close', onClose);
    };
    const fail = (error: unknown): void => {
      finish();
      reject(error instanceof Error ? error : new Error('the greeting cannot be read', { cause: error }));
    };
    // Stays for the connection's whole life: an error event without a listener would end this process, and what
    // follows an error is a close, which is what everybody listens for.
    socket.on('error', () => undefined);
    socket.on('data', onData).on('close', onClose);
  });
}

async function listen(server: Server, address: string): Promise<void> {
  server.listen(address);
  await once(server, 'listening');
  // Open connections keep the process alive; the listener alone is no reason to stay.
  server.unref();
}

function shortTemporaryDirectory(): string {
  const preferred = tmpdir();
  const longest = path.join(preferred, `${FOLDER_PREFIX}XXXXXX`, SOCKET_NAME);
  if (process.platform === 'win32' || Buffer.byteLength(longest) <= MAX_SOCKET_PATH_BYTES) return preferred;
  return '/tmp';
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
