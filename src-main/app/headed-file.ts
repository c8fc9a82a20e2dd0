import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The first line is read in one go where it is no longer than this. */
const HEAD_BYTES = 4096;

/**
 * Writes a file whose first line is JSON that tells what the rest is, so that a list of such files need not read them whole.
 * A file that is there is a whole one. Its folder is made where it is missing.
 */
export async function writeHeaded(path: string, head: unknown, rest: string): Promise<void> {
  await writeWhole(path, `${JSON.stringify(head)}\n${rest}`);
}

/** Writes so that a file that is there is whole. Its folder is made where it is missing. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}

/** The parsed first line. @throws Error where there is no such file, or its first line is no JSON. */
export async function readHead(path: string): Promise<unknown> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const end = buffer.subarray(0, bytesRead).indexOf('\n');
    if (end >= 0) return JSON.parse(buffer.toString('utf8', 0, end));
  } finally {
    await file.close();
  }
  return (await readHeaded(path)).head;
}

/** The parsed first line, and what follows it. @throws as {@link readHead}. */
export async function readHeaded(path: string): Promise<{ readonly head: unknown; readonly rest: string }> {
  const text = await readFile(path, 'utf8');
  const end = text.indexOf('\n');
  return end < 0
    ? { head: JSON.parse(text), rest: '' }
    : { head: JSON.parse(text.slice(0, end)), rest: text.slice(end + 1) };
}
