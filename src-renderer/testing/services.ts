import type { UiCommandName } from '#contracts/ui-commands.ts';
import type { Command, Commands } from '../stores/commands.ts';
import { createListStore } from '../stores/list-store.ts';
import { createPlayStore } from '../stores/play-store.ts';
import { createServerStore } from '../stores/server-store.ts';
import type { Services } from '../stores/services.tsx';
import { createTicker } from '../stores/ticker.ts';
import { createToastStore } from '../stores/toast-store.ts';
import { createAppStore } from '../stores/app-store.ts';
import { createAppearanceStore } from '../theme/appearance.ts';
import { NOW_MS } from './fixtures.ts';

const refuse = (): Promise<never> => Promise.reject(new Error('the test did not expect this command'));

/** Every command refuses, but those that are given. */
export const fakeCommands = (over: { readonly [C in UiCommandName]?: Command<C> } = {}): Commands => ({
  run(name, request, signal) {
    const command = over[name] ?? refuse;
    return signal === undefined ? command(request) : command(request, signal);
  },
});

/** What a component needs, with a clock that stands at {@link NOW_MS} and no network. */
export function fakeServices(over: Partial<Services> & { readonly fetch?: typeof fetch } = {}): Services {
  return {
    server: createServerStore(),
    list: createListStore(),
    play: createPlayStore({ fetch: over.fetch ?? refuse, now: () => NOW_MS, elapsed: () => 0 }),
    toasts: createToastStore(),
    // Not the first run: tests begin on the screen that they name.
    app: createAppStore({ getItem: (key) => (key === 'slipway.welcomed' ? 'yes' : null), setItem: () => undefined }),
    appearance: createAppearanceStore({ read: () => null, write: () => undefined, attributes: {} }),
    commands: fakeCommands(),
    ticker: createTicker(() => NOW_MS),
    stream: { tryNow: () => undefined },
    shell: undefined,
    ...over,
  };
}
