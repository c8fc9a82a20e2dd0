import type { OpenPort, ServerSettings, SettingValue } from '#contracts/ui-settings.ts';
import { SERVER_SETTINGS } from '#contracts/ui-settings.ts';

const port = (purpose: OpenPort['purpose'], number: number, over: Partial<OpenPort> = {}): OpenPort => ({
  purpose,
  listensAt: `127.0.0.1:${number}`,
  address: purpose === 'grpc' ? `127.0.0.1:${number}` : `http://127.0.0.1:${number}`,
  reach: 'thisComputer',
  encrypted: false,
  ...over,
});

/** What a server says whose settings are all unset, but for those that are given: their value, then their default. */
export const serverSettings = (
  over: Readonly<Record<string, readonly [value: SettingValue, fallback: SettingValue]>> = {},
  rest: Partial<OpenPort> = {},
): ServerSettings => ({
  groups: Object.entries(SERVER_SETTINGS).map(([group, flags]) => ({
    group,
    settings: Object.entries(flags).map(([id, flag]) => {
      const [value, fallback] = over[id] ?? [{ kind: 'unset' }, { kind: 'unset' }];
      return { id, flag, value, fallback };
    }),
  })),
  ports: [port('rest', 8501, rest), port('grpc', 8500), port('ui', 8510)],
});
