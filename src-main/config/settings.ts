import type { ModelConfig } from '../contracts/model-config.ts';
import type { Flags } from './flags.ts';

/** A model that the command line or its config file asks for. */
export interface ConfiguredModel {
  readonly config: ModelConfig;
  readonly origin: 'flags' | 'config';
}

/** What the application is started with; frozen for its life. Times in milliseconds, sizes in bytes. */
export interface Settings {
  readonly rest: {
    readonly host: string;
    readonly port: number;
    readonly timeoutMs: number;
    readonly maxBodyBytes: number;
    readonly allowedHosts: readonly string[];
  };
  readonly ui: { readonly port: number };
  readonly models: readonly ConfiguredModel[];
  /** Whether the shipped samples are served: when no flag says what to serve. */
  readonly serveSamples: boolean;
  readonly source: { readonly pollIntervalMs: number; readonly settleMs: number };
  readonly manager: {
    readonly maxConcurrentLoads: number;
    /** The same until the versions found first are loaded. */
    readonly initialConcurrentLoads: number;
    readonly maxConcurrentUnloads: number;
    readonly maxNumLoadRetries: number;
    readonly loadRetryIntervalMs: number;
    readonly drainDeadlineMs: number;
  };
}

const DEFAULT_LOADS = 2;
/** At the start nothing serves yet that more loads at a time could slow down. */
const DEFAULT_INITIAL_LOADS = 4;

/** Joins the flags with the models that were read for them (see {@link ConfiguredModel}). */
export function settingsFromFlags(flags: Flags, models: readonly ConfiguredModel[]): Settings {
  return Object.freeze({
    rest: {
      host: flags.host,
      port: flags.rest_api_port,
      timeoutMs: flags.rest_api_timeout_in_ms,
      maxBodyBytes: flags.rest_api_max_body_bytes,
      allowedHosts: flags.rest_api_allowed_hosts
        .split(',')
        .map((host) => host.trim())
        .filter((host) => host !== ''),
    },
    ui: { port: flags.ui_port },
    models,
    serveSamples: flags.model_base_path === '' && flags.model_config_file === '',
    source: {
      pollIntervalMs: flags.file_system_poll_wait_seconds * 1000,
      settleMs: flags.version_settle_millis,
    },
    manager: {
      maxConcurrentLoads: Math.max(1, flags.num_load_threads ?? DEFAULT_LOADS),
      initialConcurrentLoads: Math.max(1, flags.num_load_threads ?? DEFAULT_INITIAL_LOADS),
      maxConcurrentUnloads: Math.max(1, flags.num_unload_threads),
      maxNumLoadRetries: flags.max_num_load_retries,
      loadRetryIntervalMs: flags.load_retry_interval_micros / 1000,
      drainDeadlineMs: flags.drain_timeout_millis,
    },
  });
}
