/** What happens when the page, or a link in it, wants to go somewhere. */
export type NavigationDecision = 'allow' | 'openInBrowser' | 'deny';

const BROWSER_SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);

/**
 * Only the user interface's own origin may fill the window; web and mail links open in the system's own program; all other
 * schemes (`file:`, `javascript:`, a program's own) are dropped.
 * @param target the URL as Electron reports it.
 * @param uiOrigin origin of the user interface, `http://127.0.0.1:8510`.
 */
export function decideNavigation(target: string, uiOrigin: string): NavigationDecision {
  if (!URL.canParse(target)) return 'deny';
  const url = new URL(target);
  if (url.origin === uiOrigin) {
    // A blob: URL has its maker's origin too; credentials in a URL are a common disguise for another host.
    return url.protocol === 'http:' && url.username === '' && url.password === '' ? 'allow' : 'deny';
  }
  return BROWSER_SCHEMES.has(url.protocol) ? 'openInBrowser' : 'deny';
}

/** What a new window may be: never one of ours, at most a page in the browser. */
export function decideNewWindow(target: string, uiOrigin: string): Exclude<NavigationDecision, 'allow'> {
  const decision = decideNavigation(target, uiOrigin);
  return decision === 'allow' ? 'openInBrowser' : decision;
}
