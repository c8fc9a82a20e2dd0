import type { ReactNode } from 'react';
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import type { ShellBridge } from '#contracts/shell.ts';
import type { UiBoardName, UiBoards } from '#contracts/ui.ts';
import type { AppearanceState, AppearanceStore } from '../theme/appearance.ts';
import type { AppState, AppStore } from './app-store.ts';
import type { Commands } from './commands.ts';
import type { EventStream } from './event-stream.ts';
import type { ListState, ListStore } from './list-store.ts';
import type { PlayState, PlayStore } from './play-store.ts';
import type { ServerActions, ServerState, ServerStore } from './server-store.ts';
import type { Ticker } from './ticker.ts';
import type { ToastStore } from './toast-store.ts';

/** What the page is made of besides its components; tests pass their own. */
export interface Services {
  readonly server: ServerStore;
  readonly list: ListStore;
  readonly play: PlayStore;
  readonly toasts: ToastStore;
  readonly appearance: AppearanceStore;
  readonly app: AppStore;
  readonly commands: Commands;
  readonly ticker: Ticker;
  readonly stream: Pick<EventStream, 'tryNow'>;
  /** Undefined in a browser tab. */
  readonly shell: ShellBridge | undefined;
}

const ServicesContext = createContext<Services | undefined>(undefined);

export function ServicesProvider({
  services,
  children,
}: {
  readonly services: Services;
  readonly children: ReactNode;
}) {
  return <ServicesContext value={services}>{children}</ServicesContext>;
}

/** @throws Error outside of a {@link ServicesProvider}: a bug. */
export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error('no ServicesProvider above this component');
  return services;
}

/** One slice of what the server says; renders again only when the slice changes. */
export function useServer<T>(select: (state: ServerState & ServerActions) => T): T {
  return useStore(useServices().server, select);
}

/** One board of the server; undefined until the server has told it. */
export function useBoard<Name extends UiBoardName>(name: Name): UiBoards[Name] {
  return useServer((state) => state.boards[name]);
}

export function useList<T>(select: (state: ListState) => T): T {
  return useStore(useServices().list, select);
}

export function usePlay<T>(select: (state: PlayState) => T): T {
  return useStore(useServices().play, select);
}

/** One slice of how the page looks by the user's choice. */
export function useAppearance<T>(select: (state: AppearanceState) => T): T {
  return useStore(useServices().appearance, select);
}

/** One slice of what concerns the page as a whole. */
export function useApp<T>(select: (state: AppState) => T): T {
  return useStore(useServices().app, select);
}

/** Whether commands make sense: connected, and the program is not ending. */
export function useConnected(): boolean {
  return useServer((state) => state.connection.phase === 'live' && state.server?.isQuitting === false);
}

/**
 * A text that depends on the time, by the server's clock; renders again only when the text changes.
 * @param format gets the server's time in milliseconds since the Unix epoch.
 */
export function useTimeText(format: (nowMs: number) => string): string {
  const { ticker } = useServices();
  const offset = useServer((state) => state.clockOffsetMs);
  const subscribe = useCallback((listener: () => void) => ticker.subscribe(listener), [ticker]);
  return useSyncExternalStore(subscribe, () => format(ticker.now() + offset));
}

/** Like {@link useTimeText}, by this computer's own clock: for what happened here, such as a lost connection. */
export function useLocalTimeText(format: (nowMs: number) => string): string {
  const { ticker } = useServices();
  const subscribe = useCallback((listener: () => void) => ticker.subscribe(listener), [ticker]);
  return useSyncExternalStore(subscribe, () => format(ticker.now()));
}
