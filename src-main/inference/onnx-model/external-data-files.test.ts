import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkExternalDataFiles } from './external-data-files.ts';
import type { ExternalDataReference } from './onnx-model.ts';

let root: string;
let version: string;
let model: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-external-'));
  version = join(root, 'model', '1');
  model = join(version, 'model.onnx');
  await mkdir(version, { recursive: true });
  await writeFile(model, 'model');
  await writeFile(join(root, 'secret'), 'x'.repeat(100));
});
afterEach(() => rm(root, { recursive: true }));

const needs = (location: string, length = 10, inUse = true): ExternalDataReference[] => [
  { tensor: 't', location, offset: 0, length, inUse },
];

describe('checkExternalDataFiles', () => {
  it('takes files in the folder and below it, and adds up their sizes', async () => {
    await mkdir(join(version, 'data'));
    await writeFile(join(version, 'weights.bin'), 'x'.repeat(10));
    await writeFile(join(version, 'data', 'more.bin'), 'x'.repeat(20));
    const references = [...needs('weights.bin'), ...needs('./data/more.bin'), ...needs('weights.bin', 5)];
    expect(await checkExternalDataFiles(model, references)).toEqual({ sizeBytes: 30 });
  });

  it('takes a version folder that is reached by a link, and links that stay inside', async () => {
    await writeFile(join(version, 'real.bin'), 'x'.repeat(10));
    await symlink('real.bin', join(version, 'weights.bin'), 'file');
    const linked = join(root, 'linked');
    await symlink(version, linked, 'junction');
    expect(await checkExternalDataFiles(join(linked, 'model.onnx'), needs('weights.bin'))).toEqual({ sizeBytes: 10 });
  });

  it('does not look at the files of a model without external data', async () => {
    expect(await checkExternalDataFiles(join(root, 'nowhere.onnx'), [])).toEqual({ sizeBytes: 0 });
  });

  it.each(['../../secret', '/etc/passwd', 'a\\b'])('refuses location %j', async (location) => {
    const failure = await checkExternalDataFiles(model, needs(location)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(String(failure)).toContain('external data of tensor "t": its location');
  });

  it.each([true, false])('refuses a link that leads out of the folder (in use: %s)', async (inUse) => {
    await symlink(join(root, 'secret'), join(version, 'weights.bin'), 'file');
    const failure = await checkExternalDataFiles(model, needs('weights.bin', 10, inUse)).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(String(failure)).toContain('weights.bin');
    expect(String(failure)).not.toContain(root);
  });

  it('refuses a folder that is a link out of the version folder', async () => {
    await symlink(root, join(version, 'data'), 'junction');
    await expect(checkExternalDataFiles(model, needs('data/secret'))).rejects.toThrow('leads out of its folder');
  });

  it('refuses a model file that is a link to another folder', async () => {
    await rm(model);
    await writeFile(join(root, 'elsewhere.onnx'), 'model');
    await symlink(join(root, 'elsewhere.onnx'), model, 'file');
    await writeFile(join(version, 'weights.bin'), 'x'.repeat(10));
    await expect(checkExternalDataFiles(model, needs('weights.bin'))).rejects.toThrow('model.onnx is a link');
  });

  it('refuses a hard link, unless they are allowed', async () => {
    await link(join(root, 'secret'), join(version, 'weights.bin'));
    await expect(checkExternalDataFiles(model, needs('weights.bin'))).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: 'external data: weights.bin is a hard link to a file with 2 names; replace it by a copy',
    });
    const allowed = checkExternalDataFiles(model, needs('weights.bin'), { allowHardLinks: true });
    expect(await allowed).toEqual({ sizeBytes: 100 });
  });

  it('says which file is missing, too short, or no file', async () => {
    await writeFile(join(version, 'short.bin'), 'x');
    await mkdir(join(version, 'folder.bin'));
    await expect(checkExternalDataFiles(model, needs('weights.bin'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'external data: weights.bin is missing',
    });
    await expect(checkExternalDataFiles(model, needs('short.bin'))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'external data: short.bin has 1 bytes, but the model needs 10',
    });
    await expect(checkExternalDataFiles(model, needs('folder.bin'))).rejects.toThrow('folder.bin is not a file');
  });

  it('lets a left-over reference point to nothing', async () => {
    expect(await checkExternalDataFiles(model, needs('gone.bin', 10, false))).toEqual({ sizeBytes: 0 });
  });
});
