/** The one permission that the user interface needs: its copy buttons write text to the clipboard. */
const ALLOWED: ReadonlySet<string> = new Set(['clipboard-sanitized-write']);

/**
 * Whether a page may have a permission that Chromium asks for.
 * @param requestingUrl URL or origin of the page that asks, as Electron reports it.
 */
export function isPermissionAllowed(permission: string, requestingUrl: string, uiOrigin: string): boolean {
  return ALLOWED.has(permission) && URL.canParse(requestingUrl) && new URL(requestingUrl).origin === uiOrigin;
}
