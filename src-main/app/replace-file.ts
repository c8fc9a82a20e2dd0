import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/**
 * Writes a file that only the user may read. Either the old or the whole new content is in it, whenever the machine stops.
 * @param isStillWanted asked when all is ready. @returns false when it was not: nothing has changed.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  isStillWanted: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<boolean> {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    const isWanted = await isStillWanted();
    if (isWanted) await rename(temporary, path);
    else await rm(temporary, { force: true });
    return isWanted;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
