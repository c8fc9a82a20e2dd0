import type {
  AspiredVersionPolicyName,
  BatchingParameters,
  ModelConfig,
  ModelOptions,
  SessionOptions,
} from '../contracts/model-config.ts';
import type { RecordingSettings } from '../contracts/ui-traffic.ts';
import type { Flags } from './flags.ts';
import { DEFAULT_MONITORING, type MonitoringConfig } from './monitoring-config.ts';
import type { SslConfig } from './ssl-config.ts';

/** A model that the command line, its config file or a reload request asks for. */
export interface ConfiguredModel {
  readonly config: ModelConfig;
  readonly origin: 'flags' | 'config';
}

/** What the files say that flags name; each as its parser gives it. */
export interface ConfigurationFiles {
  /** Those of `--model_config_file`, or the one of `--model_base_path`. */
  readonly models: readonly ConfiguredModel[];
  readonly ssl?: SslConfig;
  readonly monitoring?: MonitoringConfig;
  readonly batching?: BatchingParameters;
}

/** Whose web pages may call the REST API. */
export interface CorsSettings {
  /** Whether those that this computer serves may: `http` or `https` on localhost, 127.0.0.1 or [::1], any port. */
  readonly local: boolean;
  /** Further origins, in lower case and without the scheme's usual port, as browsers send them. */
  readonly origins: readonly string[];
}

/** What the application is started with; frozen for its life. Times in milliseconds, sizes in bytes. */
export interface Settings {
  readonly rest: {
    readonly host: string;
    /** Of callers from other computers, where `host` lets them in; for both APIs. */
    readonly requireToken: boolean;
    readonly port: number;
    readonly timeoutMs: number;
    readonly maxBodyBytes: number;
    readonly allowedHosts: readonly string[];
    readonly cors: CorsSettings;
  };
  /** Undefined where the gRPC API is off. */
  readonly grpc:
    | {
        readonly host: string;
        readonly port: number;
        readonly maxMessageBytes: number;
        /** For the gRPC library, by name. */
        readonly channelArguments: Readonly<Record<string, string | number>>;
        readonly healthService: boolean;
        /** Whether tensors of answers are written as `tensor_content`. */
        readonly tensorContent: boolean;
      }
    | undefined;
  /** For both APIs; undefined where they speak plain text. */
  readonly ssl: SslConfig | undefined;
  readonly monitoring: MonitoringConfig;
  readonly recording: RecordingSettings;
  /** Path of the JSONL file of recorded calls, as given. */
  readonly recordFile: string | undefined;
  readonly ui: { readonly port: number };
  readonly models: readonly ConfiguredModel[];
  /** Whether the shipped samples are served: when no flag says what to serve. */
  readonly serveSamples: boolean;
  /** The file that is read again and again, where one is. */
  readonly configFilePoll: { readonly path: string; readonly intervalMs: number } | undefined;
  readonly allowLabelsForUnavailableVersions: boolean;
  /** What goes for every model that says nothing else. */
  readonly modelDefaults: {
    readonly options: ModelOptions;
    readonly aspiredVersionPolicy: AspiredVersionPolicyName;
    /** Whether the batching parameters of a version are those in its own folder, and none without that file. */
    readonly perModelBatchingFile: boolean;
  };
  /** What is left out is for each file system to say. */
  readonly source: { readonly pollIntervalMs?: number; readonly settleMs?: number };
  /** Of local copies of models; the directory as given, undefined for the usual place. */
  readonly cache: { readonly directory: string | undefined; readonly maxBytes: number };
  readonly manager: {
    readonly maxConcurrentLoads: number;
    /** The same until the versions found first are loaded. */
    readonly initialConcurrentLoads: number;
    readonly maxConcurrentUnloads: number;
    readonly maxNumLoadRetries: number;
    readonly loadRetryIntervalMs: number;
    readonly drainDeadlineMs: number;
  };
  /** Of all models together; undefined where there is no limit. */
  readonly totalMemoryLimitBytes: number | undefined;
}

const DEFAULT_LOADS = 2;
/** At the start nothing serves yet that more loads at a time could slow down. */
const DEFAULT_INITIAL_LOADS = 4;

/** Joins the flags with what the files say that they name. */
export function settingsFromFlags(flags: Flags, files: ConfigurationFiles): Settings {
  return Object.freeze({
    rest: {
      host: flags.host,
      requireToken: flags.require_token,
      port: flags.rest_api_port,
      timeoutMs: flags.rest_api_timeout_in_ms,
      maxBodyBytes: flags.rest_api_max_body_bytes,
      allowedHosts: flags.rest_api_allowed_hosts,
      cors: { local: flags.rest_api_enable_cors_support, origins: flags.rest_api_allowed_origins },
    },
    grpc:
      flags.port === 0
        ? undefined
        : {
            host: flags.host,
            port: flags.port,
            maxMessageBytes: flags.grpc_max_message_bytes,
            channelArguments: flags.grpc_channel_arguments,
            healthService: flags.enable_grpc_healthcheck_service,
            tensorContent: flags.enable_serialization_as_tensor_content,
          },
    ssl: files.ssl,
    monitoring: files.monitoring ?? DEFAULT_MONITORING,
    recording: {
      enabled: flags.record_requests || flags.record_file !== '',
      sampleRate: flags.record_sample_rate,
      bodies: flags.record_bodies,
      maxBodyBytes: flags.record_max_body_bytes,
    },
    recordFile: flags.record_file === '' ? undefined : flags.record_file,
    ui: { port: flags.ui_port },
    models: files.models,
    serveSamples: flags.model_base_path === '' && flags.model_config_file === '',
    configFilePoll:
      flags.model_config_file === '' || flags.model_config_file_poll_wait_seconds === 0
        ? undefined
        : { path: flags.model_config_file, intervalMs: flags.model_config_file_poll_wait_seconds * 1000 },
    allowLabelsForUnavailableVersions: flags.allow_version_labels_for_unavailable_models,
    modelDefaults: {
      options: defaultOptions(flags, files.batching),
      aspiredVersionPolicy: flags.aspired_version_policy,
      perModelBatchingFile: flags.enable_batching === true && flags.enable_per_model_batching_parameters,
    },
    source: {
      ...(flags.file_system_poll_wait_seconds !== undefined && {
        pollIntervalMs: flags.file_system_poll_wait_seconds * 1000,
      }),
      ...(flags.version_settle_millis !== undefined && { settleMs: flags.version_settle_millis }),
    },
    cache: { directory: flags.cache_dir === '' ? undefined : flags.cache_dir, maxBytes: flags.cache_max_bytes },
    manager: {
      maxConcurrentLoads: Math.max(1, flags.num_load_threads ?? DEFAULT_LOADS),
      initialConcurrentLoads: Math.max(1, flags.num_load_threads ?? DEFAULT_INITIAL_LOADS),
      maxConcurrentUnloads: Math.max(1, flags.num_unload_threads),
      maxNumLoadRetries: flags.max_num_load_retries,
      loadRetryIntervalMs: flags.load_retry_interval_micros / 1000,
      drainDeadlineMs: flags.drain_timeout_millis,
    },
    totalMemoryLimitBytes: flags.total_model_memory_limit_bytes,
  });
}

/**
 * The options of one model as they count: its own, and where these are silent, those of all models. Batching parameters
 * depend on each other, so a model that has some has them all, but for whether to batch at all. Without any, where a file
 * in the version's folder is to decide, they are left out.
 */
export function withDefaultOptions(own: ModelOptions | undefined, defaults: Settings['modelDefaults']): ModelOptions {
  const { session, batching = {}, warmup, isolation } = defaults.options;
  const { enabled } = batching;
  const ownBatching = own?.batching && { ...(enabled !== undefined && { enabled }), ...own.batching };
  const effective = ownBatching ?? (defaults.perModelBatchingFile ? undefined : batching);
  return {
    session: { ...session, ...own?.session },
    ...(effective && { batching: effective }),
    warmup: { ...warmup, ...own?.warmup },
    isolation: own?.isolation ?? isolation ?? 'auto',
  };
}

function defaultOptions(flags: Flags, batching: BatchingParameters | undefined): ModelOptions {
  return {
    session: sessionDefaults(flags),
    // Without the flag the server chooses: what waits runs together, as far as the model allows.
    batching: { ...batching, ...(flags.enable_batching !== undefined && { enabled: flags.enable_batching }) },
    warmup: { enabled: flags.enable_model_warmup, iterations: Math.max(1, flags.num_request_iterations_for_warmup) },
  };
}

function sessionDefaults(flags: Flags): SessionOptions {
  const intra = flags.tensorflow_session_parallelism || flags.tensorflow_intra_op_parallelism;
  const inter = flags.tensorflow_session_parallelism || flags.tensorflow_inter_op_parallelism;
  return { ...(intra > 0 && { intraOpNumThreads: intra }), ...(inter > 0 && { interOpNumThreads: inter }) };
}
