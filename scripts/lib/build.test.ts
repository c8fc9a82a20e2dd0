import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashOfSources } from './build.mjs';

describe('hashOfSources', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-sources-'));
    await mkdir(join(root, 'src-main/core/testing'), { recursive: true });
    await writeFile(join(root, 'src-main/core/a.ts'), 'a');
    await writeFile(join(root, 'src-main/core/b.ts'), 'b');
    await writeFile(join(root, 'package.json'), '{}');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it.each([
    { what: 'an edited file', path: 'src-main/core/a.ts', text: 'A' },
    { what: 'a new file', path: 'src-main/core/c.ts', text: '' },
    { what: 'another package.json', path: 'package.json', text: '{ }' },
  ])('changes with $what', async ({ path, text }) => {
    const before = hashOfSources(root);
    await writeFile(join(root, path), text);
    expect(hashOfSources(root)).not.toBe(before);
  });

  it.each([
    { what: 'a test', path: 'src-main/core/a.test.ts' },
    { what: 'a fake', path: 'src-main/core/testing/fake.ts' },
    { what: 'what is not built', path: 'README.md' },
  ])('does not change with $what', async ({ path }) => {
    const before = hashOfSources(root);
    await writeFile(join(root, path), 'text');
    expect(hashOfSources(root)).toBe(before);
  });

  it('does not change with the times of files, which a checkout makes new', async () => {
    const before = hashOfSources(root);
    await utimes(join(root, 'src-main/core/a.ts'), 1, 1);
    expect(hashOfSources(root)).toBe(before);
  });

  it('tells apart what moved from one file to the next', async () => {
    const before = hashOfSources(root);
    await writeFile(join(root, 'src-main/core/a.ts'), '');
    await writeFile(join(root, 'src-main/core/b.ts'), 'ab');
    expect(hashOfSources(root)).not.toBe(before);
  });
});
