import type { UiMessage } from '#contracts/ui.ts';
import { CommandError } from '../../../stores/commands.ts';
import type { Connection } from '../../../stores/server-store.ts';
import type { PlayStore } from '../../../stores/play-store.ts';
import type { Services } from '../../../stores/services.tsx';
import { NOW_MS } from '../../../testing/fixtures.ts';
import { fakeCommands, fakeServices } from '../../../testing/services.ts';
import { serverSettings } from '../../settings/testing/fixtures.ts';

/** How a screen can stand; `usual` is how it is seen most. */
export const STATES = ['usual', 'empty', 'loading', 'error', 'offline', 'huge'] as const;
export type State = (typeof STATES)[number];

export const SCREENS = ['models', 'model', 'playground', 'traffic', 'sources', 'logs', 'settings'] as const;
export type Screen = (typeof SCREENS)[number];

/** One screen in one state: what the server has said, and what it would answer. */
export interface Story {
  /** Route of the screen, with its query. */
  readonly path: string;
  /** Undefined: the server has said nothing yet. */
  readonly told: UiMessage | undefined;
  /** Connected, where it is left out. */
  readonly connection?: Connection;
  /** Beside those of a server that has recorded, logged and kept nothing. */
  readonly commands?: Parameters<typeof fakeCommands>[0];
  /** What happened in the Playground before. */
  readonly played?: (play: PlayStore) => void;
}

/** The server is gone for twelve seconds. */
export const LOST: Connection = {
  phase: 'lost',
  sinceMs: NOW_MS - 12_000,
  reason: 'The server does not answer.',
  retryAtMs: NOW_MS + 4000,
  attempt: 4,
};

export const CONNECTING: Connection = { phase: 'connecting', attempt: 0 };

/** An answer that does not come. */
export const never = (): Promise<never> => new Promise(() => undefined);

/** An answer that is a refusal. */
export const refused = (message: string) => (): Promise<never> => Promise.reject(new CommandError('INTERNAL', message));

const RECORDING = { enabled: true, sampleRate: 1, bodies: false, maxBodyBytes: 4096 };

const NOTHING_KEPT: Parameters<typeof fakeCommands>[0] = {
  modelHistory: () => Promise.resolve({ events: [] }),
  modelConfig: () => Promise.resolve({ text: '' }),
  trafficHistory: ({ sinceMs = NOW_MS, stepMs = 1000 }) =>
    Promise.resolve({
      startMs: sinceMs,
      stepMs,
      ok: [],
      clientErrors: [],
      serverErrors: [],
      p50Ms: [],
      p95Ms: [],
      p99Ms: [],
      queueMs: [],
      runMs: [],
      inFlight: [],
      boundsMs: [1],
      cells: [],
    }),
  listRequests: () =>
    Promise.resolve({ requests: [], firstSeen: 0, lastSeen: 0, more: false, kept: 0, settings: RECORDING }),
  listLoadTests: () => Promise.resolve({ reports: [] }),
  readLogs: () => Promise.resolve({ lines: [] }),
  serverSettings: () => Promise.resolve(serverSettings()),
  setRecording: (settings) => Promise.resolve(settings),
  listPresets: () => Promise.resolve({ presets: [], canWriteToModel: true }),
  listPlayHistory: () => Promise.resolve({ entries: [] }),
  readLabels: () => Promise.resolve({}),
  listAwsProfiles: () => Promise.resolve({ profiles: ['lab'] }),
};

/** @param appearance is the page's own: a story looks as the user chose. */
export function storyServices(
  { told, connection = { phase: 'live', sinceMs: NOW_MS }, commands = {}, played }: Story,
  appearance: Services['appearance'],
): Services {
  const services = fakeServices({ appearance, commands: fakeCommands({ ...NOTHING_KEPT, ...commands }) });
  const server = services.server.getState();
  if (told) server.received(told, NOW_MS);
  server.connectionChanged(connection);
  played?.(services.play);
  return services;
}
