import type { ShellBridge } from '#contracts/shell.ts';

declare global {
  interface Window {
    readonly slipway?: ShellBridge;
  }
}

/** The desktop shell around this page; undefined in a browser tab, where the same page works without it. */
export function desktopShell(): ShellBridge | undefined {
  return window.slipway;
}
