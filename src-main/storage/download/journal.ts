import { type FileHandle, open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { errnoOf } from '../errno.ts';

/** One part of a file that is on the disk. */
const FinishedPart = z.object({
  path: z.string(),
  revision: z.string(),
  sizeBytes: z.int().nonnegative(),
  start: z.int().nonnegative(),
  end: z.int().nonnegative(),
  algorithm: z.enum(['CRC32', 'CRC32C', 'CRC64NVME']),
  /** Checksum of the part, in hex. */
  crc: z.string().regex(/^[0-9a-f]{1,16}$/u),
  /** What the store said of the whole object: whoever goes on may have nothing left to ask it for. */
  expected: z
    .object({ algorithm: z.enum(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'MD5']), value: z.string() })
    .optional(),
});
export type FinishedPart = Readonly<z.infer<typeof FinishedPart>>;

/** What came before of a file is not to be trusted. */
const Discarded = z.object({ discarded: z.string() });

const Line = z.union([FinishedPart, Discarded]);

/** Notes what has come of a download, a line at a time, so that another process can go on. */
export interface Journal extends AsyncDisposable {
  add(part: FinishedPart): Promise<void>;
  discard(path: string): Promise<void>;
}

/**
 * Opens a journal to go on with, and tells what it says.
 * Its claims are not proof: after a loss of power a line may be there whose bytes are not, so they are read again.
 */
export async function openJournal(path: string): Promise<{ journal: Journal; parts: readonly FinishedPart[] }> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  });
  const file = await open(path, 'a', 0o600);
  // A line that was cut off ends here, so that the next one stands by itself.
  if (text !== '' && !text.endsWith('\n')) await file.write('\n');
  return { journal: journalOf(file), parts: partsOf(text) };
}

function journalOf(file: FileHandle): Journal {
  let written: Promise<unknown> = Promise.resolve();
  // One line after the other, whoever comes while one is being written.
  const write = async (line: z.infer<typeof Line>): Promise<void> => {
    const own = written.then(() => file.appendFile(`${JSON.stringify(line)}\n`));
    written = own.catch(() => undefined);
    await own;
  };
  return {
    add: write,
    discard: (path) => write({ discarded: path }),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

function partsOf(text: string): FinishedPart[] {
  let parts: FinishedPart[] = [];
  for (const line of text.split('\n')) {
    const read = Line.safeParse(jsonOf(line));
    if (!read.success) continue; // the last line, cut off
    const { data } = read;
    if ('discarded' in data) parts = parts.filter(({ path }) => path !== data.discarded);
    else parts.push(data);
  }
  return parts;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
