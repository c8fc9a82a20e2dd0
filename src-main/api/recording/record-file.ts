import { type FileHandle, open, rename } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { Logger } from '../../contracts/logger.ts';
import { jsonLine, type LazyRecord } from './request-recorder.ts';

/** Records that wait to be written; further ones are left out until there is room. */
const MAX_WAITING = 10_000;
/** Records put in words without a pause. */
const PAGE_RECORDS = 200;
/** After an error, the next attempt is made when a record comes after so long. */
const RETRY_MS = 10_000;

export interface RecordFileOptions {
  /** From the command line alone. */
  readonly path: string;
  /** A file that would get larger is renamed to `PATH.1`, in place of the one before; default 64 MiB. */
  readonly maxBytes?: number;
  /** Default 10 000. */
  readonly retryMs?: number;
}

/** A JSONL file of recorded calls. What goes wrong with it is logged and hurts nothing else. */
export interface RecordFile {
  /** Adds a record soon. */
  write(record: LazyRecord): void;
  /** Writes what waits and closes the file. Never rejects. */
  close(): Promise<void>;
}

/** Nothing is opened before the first record. What is in the file already stays. */
export function createRecordFile(
  { path, maxBytes = 64 * 1024 ** 2, retryMs = RETRY_MS }: RecordFileOptions,
  log: Logger,
): RecordFile {
  let waiting: LazyRecord[] = [];
  let leftOut = 0;
  let file: { readonly handle: FileHandle; bytes: number } | undefined;
  let brokenUntilMs: number | undefined;
  let writing: Promise<void> | undefined;
  let closed = false;

  async function openFile(): Promise<{ readonly handle: FileHandle; bytes: number }> {
    // Only for the user who runs the server: bodies may be inside.
    const handle = await open(path, 'a', 0o600);
    return { handle, bytes: (await handle.stat()).size };
  }

  async function append(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    file ??= await openFile();
    if (file.bytes > 0 && file.bytes + bytes.byteLength > maxBytes) {
      await closeFile();
      await rename(path, `${path}.1`);
      file = await openFile();
    }
    await file.handle.appendFile(bytes);
    file.bytes += bytes.byteLength;
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      // Not within the call that was recorded.
      await setImmediate();
      const page = waiting.slice(0, PAGE_RECORDS);
      waiting = waiting.slice(PAGE_RECORDS);
      try {
        await append(page.map((record) => jsonLine(record())).join(''));
      } catch (error) {
        await giveUp(error, page.length);
        return;
      }
      if (brokenUntilMs !== undefined || leftOut > 0) {
        log.warn({ leftOut }, 'recorded calls are written to their file again');
        brokenUntilMs = undefined;
        leftOut = 0;
      }
    }
  }

  async function giveUp(reason: unknown, lost: number): Promise<void> {
    if (brokenUntilMs === undefined) log.error({ error: reason }, 'recorded calls cannot be written to their file');
    brokenUntilMs = performance.now() + retryMs;
    leftOut += lost + waiting.length;
    waiting = [];
    await closeFile();
  }

  async function closeFile(): Promise<void> {
    const last = file;
    file = undefined;
    try {
      await last?.handle.close();
    } catch (error) {
      log.warn({ error }, 'the file of recorded calls cannot be closed');
    }
  }

  return {
    write(record) {
      if (closed) return;
      const isBroken = brokenUntilMs !== undefined && performance.now() < brokenUntilMs;
      if (isBroken || waiting.length >= MAX_WAITING) {
        leftOut += 1;
        return;
      }
      waiting.push(record);
      writing ??= writeAll().finally(() => {
        writing = undefined;
      });
    },
    async close() {
      closed = true;
      await writing;
      await closeFile();
    },
  };
}
