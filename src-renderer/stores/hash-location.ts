import { useSyncExternalStore } from 'react';

/** Hash routes with a query inside the hash (`#/play?model=a&version=2`), so that a link restores the whole view. */

const listeners = new Set<() => void>();

/** All in one go: between listeners of the browser's own, React would render those that were told already, and tear the page. */
const tellAll = (): void => {
  for (const listener of listeners) listener();
};

const subscribe = (listener: () => void): (() => void) => {
  if (listeners.size === 0) window.addEventListener('hashchange', tellAll);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener('hashchange', tellAll);
  };
};

function current(): string {
  const hash = window.location.hash.slice(1);
  return hash.startsWith('/') ? hash : `/${hash}`;
}

const path = (): string => current().split('?', 1)[0] ?? '/';
const query = (): string => current().slice(path().length + 1);

/** Goes to a route. With `replace` the browser's history gets no entry. */
export function navigateHash(to: string, options?: { readonly replace?: boolean }): void {
  if (options?.replace) {
    const oldURL = window.location.href;
    window.history.replaceState(window.history.state, '', `#${to}`);
    window.dispatchEvent(new HashChangeEvent('hashchange', { oldURL, newURL: window.location.href }));
  } else window.location.hash = to;
}

/** For wouter's Router: the path without the query. */
export function useHashPath(): [string, typeof navigateHash] {
  return [useSyncExternalStore(subscribe, path), navigateHash];
}
useHashPath.hrefs = (href: string): string => `#${href}`;

/** For wouter's Router: the query without the question mark. */
export const useHashQuery = (): string => useSyncExternalStore(subscribe, query);
