import type { Clock } from '../../core/clock.ts';
import type { SettingsStore } from '../settings-store.ts';
import { type AccessTokens, createAccessTokens } from './access-tokens.ts';

/** The access tokens of a settings file, for the server and for the command line alike. */
export function createStoredAccessTokens({
  store,
  clock,
}: {
  readonly store: Pick<SettingsStore, 'current' | 'update'>;
  readonly clock: Clock;
}): AccessTokens {
  return createAccessTokens({
    stored: () => store.current().serving?.tokens ?? [],
    update: (change) =>
      store.update((settings) => ({
        ...settings,
        serving: { ...settings.serving, tokens: change(settings.serving?.tokens ?? []) },
      })),
    clock,
  });
}
