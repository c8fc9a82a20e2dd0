import { posix, win32 } from 'node:path';

/** What decides where a program keeps its data; `process` has it all. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
}

/**
 * The usual place of the system for a program's settings: `%APPDATA%`, `~/Library/Application Support`, or
 * `$XDG_CONFIG_HOME` (`~/.config`).
 * @returns an absolute path; the folder need not exist.
 */
export function defaultDataDirectory({ platform, env, homeDirectory }: Surroundings): string {
  if (platform === 'win32')
    return win32.join(env['APPDATA'] ?? win32.join(homeDirectory, 'AppData', 'Roaming'), 'Slipway');
  if (platform === 'darwin') return posix.join(homeDirectory, 'Library', 'Application Support', 'Slipway');
  const configured = env['XDG_CONFIG_HOME'];
  // The XDG specification says that a relative path is to be ignored.
  const base =
    configured !== undefined && posix.isAbsolute(configured) ? configured : posix.join(homeDirectory, '.config');
  return posix.join(base, 'slipway');
}
