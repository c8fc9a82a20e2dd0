import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';

/** A browser that Playwright can drive as Chromium. */
export interface FoundBrowser {
  /** Where it comes from, in words for a person. */
  readonly origin: string;
  /** Absolute path of its executable. */
  readonly path: string;
}

/** Names the executable to use instead of what would be found. */
export const CHROMIUM_VARIABLE = 'SLIPWAY_CHROMIUM';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds a browser for the tests: the one named by the environment, Playwright's own, Chrome, Edge, Chromium.
 * @returns undefined where there is none
 */
export function findChromium(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): FoundBrowser | undefined {
  return candidates(env, platform).find(({ path }) => isExecutable(path));
}

function candidates(env: Environment, platform: NodeJS.Platform): readonly FoundBrowser[] {
  const named = env[CHROMIUM_VARIABLE];
  if (named !== undefined && named !== '') return [{ origin: CHROMIUM_VARIABLE, path: named }];
  return [{ origin: "Playwright's Chromium", path: chromium.executablePath() }, ...installedBrowsers(env, platform)];
}

function installedBrowsers(env: Environment, platform: NodeJS.Platform): readonly FoundBrowser[] {
  if (platform === 'darwin') {
    return ['Google Chrome', 'Microsoft Edge', 'Chromium'].map((name) => ({
      origin: name,
      path: `/Applications/${name}.app/Contents/MacOS/${name}`,
    }));
  }
  if (platform === 'win32') {
    const roots = [env['ProgramFiles'], env['ProgramFiles(x86)'], env['LOCALAPPDATA']].filter(
      (root) => root !== undefined,
    );
    return [
      { origin: 'Google Chrome', tail: 'Google\\Chrome\\Application\\chrome.exe' },
      { origin: 'Microsoft Edge', tail: 'Microsoft\\Edge\\Application\\msedge.exe' },
    ].flatMap(({ origin, tail }) => roots.map((root) => ({ origin, path: `${root}\\${tail}` })));
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return ['google-chrome', 'google-chrome-stable', 'microsoft-edge', 'chromium', 'chromium-browser'].flatMap((name) =>
    folders.map((folder) => ({ origin: name, path: join(folder, name) })),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
