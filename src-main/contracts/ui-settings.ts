/** What the user interface shows of the settings that the server was started with. */
import { z } from 'zod';
import { ServableName } from './ids.ts';
import { LogLevel } from './ui-logs.ts';

/** Settings of the server by what they are about, in the order in which they are shown; each with the flag that sets it. */
export const SERVER_SETTINGS = {
  addresses: { host: 'host', restPort: 'rest_api_port', grpcPort: 'port', uiPort: 'ui_port' },
  access: {
    tls: 'ssl_config_file',
    clientCertificates: 'ssl_config_file',
    allowedHosts: 'rest_api_allowed_hosts',
    localPages: 'rest_api_enable_cors_support',
    allowedOrigins: 'rest_api_allowed_origins',
    metricsPath: 'monitoring_config_file',
    healthService: 'enable_grpc_healthcheck_service',
  },
  limits: {
    memoryLimit: 'total_model_memory_limit_bytes',
    restTimeout: 'rest_api_timeout_in_ms',
    restBody: 'rest_api_max_body_bytes',
    grpcMessage: 'grpc_max_message_bytes',
    drainDeadline: 'drain_timeout_millis',
  },
  finding: {
    pollInterval: 'file_system_poll_wait_seconds',
    settleTime: 'version_settle_millis',
    configPoll: 'model_config_file_poll_wait_seconds',
  },
  loading: {
    policy: 'aspired_version_policy',
    labelsInAdvance: 'allow_version_labels_for_unavailable_models',
    loads: 'num_load_threads',
    loadsAtStart: 'num_load_threads',
    unloads: 'num_unload_threads',
    loadRetries: 'max_num_load_retries',
    retryInterval: 'load_retry_interval_micros',
    warmup: 'enable_model_warmup',
    warmupIterations: 'num_request_iterations_for_warmup',
  },
  running: {
    batching: 'enable_batching',
    batchingOfVersions: 'enable_per_model_batching_parameters',
    intraOpThreads: 'tensorflow_intra_op_parallelism',
    interOpThreads: 'tensorflow_inter_op_parallelism',
    tensorContent: 'enable_serialization_as_tensor_content',
  },
  copies: { cacheSize: 'cache_max_bytes', cacheDirectory: 'cache_dir' },
  recording: {
    recordRequests: 'record_requests',
    recordBodies: 'record_bodies',
    recordBodyBytes: 'record_max_body_bytes',
    recordShare: 'record_sample_rate',
    recordFile: 'record_file',
  },
  data: { dataDirectory: 'data_dir' },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type ServerSettingGroup = keyof typeof SERVER_SETTINGS;
/** Those of one group. */
export type ServerSettingIdOf<Group extends ServerSettingGroup> = keyof (typeof SERVER_SETTINGS)[Group] & string;
export type ServerSettingId = { [Group in ServerSettingGroup]: ServerSettingIdOf<Group> }[ServerSettingGroup];

/** A value without its words, which are the page's. `unset`: nothing was asked for, and what that means depends. */
export const SettingValue = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unset') }),
  z.object({ kind: z.literal('toggle'), isOn: z.boolean() }),
  z.object({ kind: z.literal('count'), count: z.number() }),
  /** From 0 to 1. */
  z.object({ kind: z.literal('share'), share: z.number() }),
  z.object({ kind: z.literal('bytes'), bytes: z.number() }),
  z.object({ kind: z.literal('duration'), ms: z.number() }),
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('list'), items: z.array(z.string()).readonly() }),
]);
export type SettingValue = z.infer<typeof SettingValue>;

/** One setting as it holds until the server stops. */
const ServerSetting = z.object({
  id: z.string(),
  /** Without its dashes. */
  flag: z.string(),
  value: SettingValue,
  /** What holds without the flag. */
  fallback: SettingValue,
});
export type ServerSetting = z.infer<typeof ServerSetting>;

/** A port that the server has opened. */
export const OpenPort = z.object({
  purpose: z.enum(['rest', 'grpc', 'ui']),
  /** Host and port that are listened at: `0.0.0.0:8501`. */
  listensAt: z.string(),
  /** As it is called from this computer: `http://127.0.0.1:8501`, `127.0.0.1:8500`. */
  address: z.string(),
  /** `network`: whoever reaches this computer reaches the port. */
  reach: z.enum(['thisComputer', 'network']),
  encrypted: z.boolean(),
});
export type OpenPort = z.infer<typeof OpenPort>;

/** The settings in effect. Keys, certificates and the content of files are never in it. */
export const ServerSettings = z.object({
  groups: z.array(z.object({ group: z.string(), settings: z.array(ServerSetting).readonly() })).readonly(),
  ports: z.array(OpenPort).readonly(),
});
export type ServerSettings = z.infer<typeof ServerSettings>;

export const SETTINGS_COMMANDS = {
  /** The settings stay the same as long as the server runs; the ports come and go with the endpoints. */
  serverSettings: { request: z.object({}), result: ServerSettings },
  /** The sample models of this installation that were removed; none where no samples are served at all. */
  removedSamples: { request: z.object({}), result: z.object({ names: z.array(ServableName).readonly() }) },
  /** Serves those again, as they were changed by hand. */
  restoreSamples: { request: z.object({}), result: z.object({ names: z.array(ServableName).readonly() }) },
  /** How much is logged, from now on and until the server stops. */
  logLevel: { request: z.object({}), result: z.object({ level: LogLevel }) },
  setLogLevel: { request: z.object({ level: LogLevel }), result: z.object({ level: LogLevel }) },
} as const;
