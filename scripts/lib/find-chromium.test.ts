import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from './find-chromium.ts';

// Playwright's own browser comes before those of the system; where it is installed, only the variable is ahead of it.
describe('findChromium', () => {
  let folder = '';
  const browser = async (name: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, '');
    await chmod(path, 0o755);
    return path;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-browsers-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('takes the one that the environment names', async () => {
    const named = await browser('my-browser');
    await browser('google-chrome');
    expect(findChromium({ SLIPWAY_CHROMIUM: named, PATH: folder })).toEqual({
      origin: 'SLIPWAY_CHROMIUM',
      path: named,
    });
  });

  it('finds nothing else where the named one does not exist: it was asked for', async () => {
    await browser('google-chrome');
    expect(findChromium({ SLIPWAY_CHROMIUM: join(folder, 'gone'), PATH: folder })).toBeUndefined();
  });

  it('looks for Chrome before Chromium in all of PATH', async () => {
    await browser('chromium');
    await browser('google-chrome');
    const found = findChromium({ PATH: [join(folder, 'no-such-folder'), folder].join(delimiter) }, 'linux');
    expect(["Playwright's Chromium", 'google-chrome']).toContain(found?.origin);
  });
});
