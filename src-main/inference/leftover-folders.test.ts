import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { noteOwner, removeLeftoverFolders, SOCKET_NAME } from './leftover-folders.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'slipway-test-'));
});
afterEach(async () => rm(parent, { recursive: true, force: true }));

/** The number of a process that is gone. */
const GONE = spawnSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).stdout;

async function folder(name: string, owner?: string): Promise<string> {
  const directory = path.join(parent, name);
  await mkdir(directory);
  if (owner !== undefined) await writeFile(path.join(directory, 'owner'), owner);
  return directory;
}

it('removes what a process that is gone has left, with all that is in it', async () => {
  const directory = await folder('slipway-aB3xyZ', GONE);
  await writeFile(path.join(directory, 'ab.running'), '');
  await removeLeftoverFolders(parent);
  expect(await readdir(parent)).toEqual([]);
});

it.each([
  { what: 'says nothing of its owner', name: 'slipway-aaaaaa', owner: undefined },
  { what: 'belongs to a process that lives', name: 'slipway-aaaaaa', owner: String(process.pid) },
  { what: 'belongs to a process group', name: 'slipway-aaaaaa', owner: `-${GONE.trim()}` },
  { what: 'has no number in it', name: 'slipway-aaaaaa', owner: 'somebody' },
  { what: 'has a longer name', name: 'slipway-aaaaaaa', owner: GONE },
  { what: 'has another name', name: 'slipway-a.b_cd', owner: GONE },
])('keeps a folder that $what', async ({ name, owner }) => {
  await folder(name, owner);
  await removeLeftoverFolders(parent);
  expect(await readdir(parent)).toEqual([name]);
});

it('says whose a folder is', async () => {
  const directory = await folder('slipway-aaaaaa');
  await noteOwner(directory);
  await removeLeftoverFolders(parent);
  expect(await readdir(directory)).toEqual(['owner']);
});

it.skipIf(process.platform === 'win32')('keeps a folder on whose socket somebody listens', async () => {
  const directory = await folder('slipway-aaaaaa', GONE);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    server.listen(path.join(directory, SOCKET_NAME), resolve);
  });
  await removeLeftoverFolders(parent);
  expect(await readdir(parent)).toEqual(['slipway-aaaaaa']);
  server.close();
});

it.skipIf(process.platform === 'win32')('follows no links', async () => {
  const target = await folder('target', GONE);
  await symlink(target, path.join(parent, 'slipway-aaaaaa'));
  const linkedOwner = await folder('slipway-bbbbbb');
  await symlink(path.join(target, 'owner'), path.join(linkedOwner, 'owner'));
  await removeLeftoverFolders(parent);
  expect((await readdir(parent)).toSorted()).toEqual(['slipway-aaaaaa', 'slipway-bbbbbb', 'target']);
  expect(await readdir(target)).toEqual(['owner']);
});

it('does without a folder that is not there', async () => {
  await expect(removeLeftoverFolders(path.join(parent, 'nothing'))).resolves.toBeUndefined();
});
