import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { isLoopbackHost } from '../contracts/loopback-host.ts';
import type { UiCommandHandlers } from '../api/ui/commands.ts';
import { parseFlags } from '../config/flags.ts';
import { settingsFromFlags, type Settings } from '../config/settings.ts';
import type { OpenEndpoints } from './public-endpoints.ts';
import type { LogThreshold } from './log-threshold.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import { cacheDirectoryOf } from './stores.ts';
import {
  type OpenPort,
  SERVER_SETTINGS,
  type ServerSettingId,
  type ServerSettings,
  type SettingValue,
  type SETTINGS_COMMANDS,
} from '../contracts/ui-settings.ts';

export type SettingsCommands = Pick<UiCommandHandlers, keyof typeof SETTINGS_COMMANDS>;

export interface SettingsCommandsDependencies {
  readonly settings: Settings;
  readonly catalogue: Pick<ModelCatalogue, 'removedSamples' | 'restoreSamples'>;
  readonly logThreshold: LogThreshold;
  /** Absolute native paths, all three. */
  readonly dataDirectory: string;
  readonly homeDirectory: string;
  /** Where the data directory is when nobody says so. */
  readonly usualDataDirectory: string;
  /** Those that are open now. */
  readonly endpoints: () => readonly Pick<OpenEndpoints, 'host' | 'restUrl' | 'grpcAddress'>[];
  readonly uiOrigin: () => string;
}

/** What the user interface may ask about the settings that the server was started with, and what can be set besides. */
export function createSettingsCommands(deps: SettingsCommandsDependencies): SettingsCommands {
  const groups = describe(deps);
  return {
    async serverSettings() {
      return { groups, ports: openPorts(deps) };
    },
    async removedSamples() {
      return { names: deps.catalogue.removedSamples() };
    },
    async restoreSamples() {
      return { names: await deps.catalogue.restoreSamples() };
    },
    async logLevel() {
      return { level: deps.logThreshold.level };
    },
    async setLogLevel({ level }) {
      deps.logThreshold.set(level);
      return { level };
    },
  };
}

const UNSET: SettingValue = { kind: 'unset' };
const toggle = (isOn: boolean): SettingValue => ({ kind: 'toggle', isOn });
const count = (value: number | undefined): SettingValue =>
  value === undefined ? UNSET : { kind: 'count', count: value };
const bytes = (value: number | undefined): SettingValue =>
  value === undefined ? UNSET : { kind: 'bytes', bytes: value };
const duration = (ms: number | undefined): SettingValue => (ms === undefined ? UNSET : { kind: 'duration', ms });
const text = (value: string | undefined): SettingValue => (value === undefined ? UNSET : { kind: 'text', text: value });
const list = (items: readonly string[]): SettingValue => (items.length === 0 ? UNSET : { kind: 'list', items });

/** The settings of each group, with their defaults beside them. */
function describe(deps: SettingsCommandsDependencies): ServerSettings['groups'] {
  const { settings, dataDirectory, usualDataDirectory } = deps;
  const withoutFlags = settingsFromFlags(parseFlags([]).flags, { models: [] });
  const shown = (path: string): SettingValue => text(shownPath(path, deps.homeDirectory));
  const folders = (directory: string, { cache }: Settings) => ({
    dataDirectory: shown(directory),
    cacheDirectory: shown(cacheDirectoryOf({ dataDirectory, cache })),
  });
  const recordFile = settings.recordFile === undefined ? UNSET : shown(settings.recordFile);
  const values = { ...valuesOf(settings), ...folders(dataDirectory, settings), recordFile };
  const fallbacks = { ...valuesOf(withoutFlags), ...folders(usualDataDirectory, withoutFlags), recordFile: UNSET };
  const valueOf = new Map<string, SettingValue>(Object.entries(values satisfies Values));
  const fallbackOf = new Map<string, SettingValue>(Object.entries(fallbacks satisfies Values));
  return Object.entries(SERVER_SETTINGS).map(([group, flags]) => ({
    group,
    settings: Object.entries(flags).map(([id, flag]) => ({
      id,
      flag,
      value: valueOf.get(id) ?? UNSET,
      fallback: fallbackOf.get(id) ?? UNSET,
    })),
  }));
}

type Values = Readonly<Record<ServerSettingId, SettingValue>>;

/** All but those that name places on the disk. */
function valuesOf(settings: Settings): Omit<Values, 'dataDirectory' | 'cacheDirectory' | 'recordFile'> {
  const { rest, grpc, ssl, monitoring, manager, source, recording, modelDefaults } = settings;
  const { session, batching, warmup } = modelDefaults.options;
  return {
    host: text(rest.host),
    restPort: count(rest.port),
    grpcPort: count(grpc?.port),
    uiPort: count(settings.ui.port),
    tls: toggle(ssl !== undefined),
    clientCertificates: toggle(ssl?.clientVerify ?? false),
    allowedHosts: list(rest.allowedHosts),
    localPages: toggle(rest.cors.local),
    allowedOrigins: list(rest.cors.origins),
    metricsPath: text(monitoring.enabled ? monitoring.path : undefined),
    healthService: grpc ? toggle(grpc.healthService) : UNSET,
    memoryLimit: bytes(settings.totalMemoryLimitBytes),
    restTimeout: duration(rest.timeoutMs),
    restBody: bytes(rest.maxBodyBytes),
    grpcMessage: bytes(grpc?.maxMessageBytes),
    drainDeadline: duration(manager.drainDeadlineMs),
    pollInterval: duration(source.pollIntervalMs),
    settleTime: duration(source.settleMs),
    configPoll: duration(settings.configFilePoll?.intervalMs),
    policy: text(modelDefaults.aspiredVersionPolicy),
    labelsInAdvance: toggle(settings.allowLabelsForUnavailableVersions),
    loads: count(manager.maxConcurrentLoads),
    loadsAtStart: count(manager.initialConcurrentLoads),
    unloads: count(manager.maxConcurrentUnloads),
    loadRetries: count(manager.maxNumLoadRetries),
    retryInterval: duration(manager.loadRetryIntervalMs),
    warmup: toggle(warmup?.enabled ?? false),
    warmupIterations: count(warmup?.iterations),
    batching: batching?.enabled === undefined ? UNSET : toggle(batching.enabled),
    batchingOfVersions: toggle(modelDefaults.perModelBatchingFile),
    intraOpThreads: count(session?.intraOpNumThreads),
    interOpThreads: count(session?.interOpNumThreads),
    tensorContent: grpc ? toggle(grpc.tensorContent) : UNSET,
    cacheSize: bytes(settings.cache.maxBytes),
    recordRequests: toggle(recording.enabled),
    recordBodies: toggle(recording.bodies),
    recordBodyBytes: bytes(recording.maxBodyBytes),
    recordShare: { kind: 'share', share: recording.sampleRate },
  };
}

/** Every port that listens; workers and threads are talked to without one. */
function openPorts({ settings, endpoints, uiOrigin }: SettingsCommandsDependencies): readonly OpenPort[] {
  const encrypted = settings.ssl !== undefined;
  const open = (purpose: OpenPort['purpose'], host: string, address: string, isEncrypted: boolean): OpenPort => ({
    purpose,
    listensAt: `${host.includes(':') ? `[${host}]` : host}:${portOf(address)}`,
    address,
    reach: isLoopbackHost(host) ? 'thisComputer' : 'network',
    encrypted: isEncrypted,
  });
  const opened = endpoints();
  return [
    ...opened.map(({ host, restUrl }) => open('rest', host, restUrl, encrypted)),
    ...opened.flatMap(({ host, grpcAddress }) =>
      grpcAddress === undefined ? [] : [open('grpc', host, grpcAddress, encrypted)],
    ),
    open('ui', new URL(uiOrigin()).hostname, uiOrigin(), false),
  ];
}

/** Of a URL or of `host:port`. A URL leaves out the port that its scheme has anyway. */
function portOf(address: string): string {
  const [, port] = /:(\d+)\/?$/u.exec(address) ?? [];
  return port ?? (address.startsWith('https:') ? '443' : '80');
}

/** A path that does not say whose computer this is: `~/models`, or for what is elsewhere only its last part, `…/models`. */
function shownPath(path: string, homeDirectory: string): string {
  const absolute = resolve(path);
  const below = relative(homeDirectory, absolute);
  if (below === '') return '~';
  const isBelow = !isAbsolute(below) && below !== '..' && !below.startsWith(`..${sep}`);
  return isBelow ? `~${sep}${below}` : `…${sep}${basename(absolute)}`;
}
