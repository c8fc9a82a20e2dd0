import { once } from 'node:events';
import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { errnoOf } from '../storage/errno.ts';

/** Folders of this server begin like this, and six characters of `mkdtemp` follow. */
export const FOLDER_PREFIX = 'slipway-';
const FOLDER_NAME = /^slipway-[A-Za-z0-9]{6}$/u;
/** In such a folder: the number of the process that it belongs to. */
const OWNER_FILE = 'owner';
/** In such a folder, but on Windows: the socket on which that process listens. */
export const SOCKET_NAME = 'workers';

/** Notes that the folder belongs to this process. */
export async function noteOwner(directory: string): Promise<void> {
  await writeFile(path.join(directory, OWNER_FILE), `${process.pid}\n`, { mode: 0o600, flag: 'wx' });
}

/**
 * Removes the folders beside each other in `parent` that processes of this user left there when they were killed. One is
 * removed only where it is a folder of this user's with such a name, says whose it is, that process is gone, and nobody
 * listens on its socket, as one in a container with other process numbers would. Links are not followed. Never rejects:
 * what cannot be removed stays.
 */
export async function removeLeftoverFolders(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    if (!FOLDER_NAME.test(name)) continue;
    const directory = path.join(parent, name);
    try {
      if (await isLeftover(directory)) await rm(directory, { recursive: true, force: true });
    } catch {
      // Not ours, or somebody else was faster.
    }
  }
}

async function isLeftover(directory: string): Promise<boolean> {
  const folder = await lstat(directory);
  if (!folder.isDirectory() || !isOwn(folder.uid)) return false;
  const ownerFile = path.join(directory, OWNER_FILE);
  const owner = await lstat(ownerFile);
  if (!owner.isFile() || !isOwn(owner.uid) || owner.size > 20) return false;
  const text = (await readFile(ownerFile, 'utf8')).trim();
  if (!/^[1-9]\d{0,9}$/u.test(text)) return false;
  return isGone(Number(text)) && !(await isListening(path.join(directory, SOCKET_NAME)));
}

/** Windows has no such numbers, and a temporary folder for each user. */
function isOwn(uid: number): boolean {
  return process.getuid === undefined || uid === process.getuid();
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errnoOf(error) === 'ESRCH';
  }
}

async function isListening(address: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  const socket = connect(address);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    return !['ECONNREFUSED', 'ENOENT'].includes(errnoOf(error) ?? '');
  } finally {
    socket.destroy();
  }
}
