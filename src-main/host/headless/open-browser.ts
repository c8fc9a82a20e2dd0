import { spawn } from 'node:child_process';

/** How a URL is opened on a platform; undefined where there is no desktop to open it on. */
export function browserCommand(
  url: string,
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): readonly [command: string, ...args: string[]] | undefined {
  if (platform === 'darwin') return ['open', url];
  // `start` would read a quoted first argument as a window title, and `&` as the end of the command.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  const hasDesktop = Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY']);
  return hasDesktop ? ['xdg-open', url] : undefined;
}

/** Opens a URL in the user's browser where there is one. @returns whether it was tried. */
export function openBrowser(url: string): boolean {
  const command = browserCommand(url, process.platform, process.env);
  if (!command) return false;
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  // The address is printed as well, so a missing program is no failure.
  child.once('error', () => undefined);
  child.unref();
  return true;
}
