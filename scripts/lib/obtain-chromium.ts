import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium, type FoundBrowser } from './find-chromium.ts';
import { inProject, ROOT } from './project.mjs';

/** A download that takes longer than this is taken for a blocked network. */
const INSTALL_WITHIN_MS = 5 * 60_000;

/**
 * Finds a Chromium or installs one: by Playwright, then on Debian as root by apt.
 * @returns the browser, if there is one now, and one line that says what was done
 */
export async function obtainChromium(): Promise<{ browser: FoundBrowser | undefined; done: string }> {
  const present = findChromium();
  if (present) return { browser: present, done: `Browser: ${present.origin} (${present.path}).` };

  const tried: string[] = [];
  for (const { name, steps } of installers()) {
    tried.push(name);
    if (await succeed(steps)) {
      const browser = findChromium();
      if (browser) return { browser, done: `Browser: installed by ${name} (${browser.path}).` };
    }
  }
  const hint = 'Install Chrome, or set SLIPWAY_CHROMIUM to the path of a Chromium';
  return {
    browser: undefined,
    done: `Browser: none found, and it could not be installed by ${tried.join(' or ')}. ${hint}.`,
  };
}

interface Installer {
  readonly name: string;
  readonly steps: readonly (readonly [program: string, ...args: string[]])[];
}

function installers(): readonly Installer[] {
  const playwright = inProject('node_modules', '@playwright', 'test', 'cli.js');
  const byPlaywright: Installer = {
    name: '"playwright install chromium"',
    steps: [[process.execPath, playwright, 'install', 'chromium']],
  };
  const asRootOnDebian = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (!asRootOnDebian) return [byPlaywright];
  return [
    byPlaywright,
    {
      name: '"apt-get install chromium"',
      steps: [
        ['apt-get', 'update', '-qq'],
        ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium'],
      ],
    },
  ];
}

async function succeed(steps: Installer['steps']): Promise<boolean> {
  for (const [program, ...args] of steps) {
    if (!(await succeeds(program, args))) return false;
  }
  return true;
}

/** Runs a program without its output: what counts is whether a browser is there afterwards. */
async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  const ended = Promise.withResolvers<boolean>();
  const child = spawn(program, args, {
    cwd: ROOT,
    stdio: 'ignore',
    timeout: INSTALL_WITHIN_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  child.once('error', () => ended.resolve(false));
  child.once('exit', (code) => ended.resolve(code === 0));
  return ended.promise;
}
