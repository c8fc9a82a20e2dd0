/** A flag of TensorFlow Serving that does nothing here. */
export interface UpstreamFlag {
  /** Whether the flag alone, without `=value`, means true. */
  readonly isToggle: boolean;
  /** Why it has no effect; a whole sentence, or the second half of one after `--name=value: `. */
  readonly reason: string;
  /** Set for a flag that must not be ignored: every value but these is refused. */
  readonly harmless?: readonly string[];
}

const OFF: readonly string[] = ['', '0', 'false'];

const text = (reason: string): UpstreamFlag => ({ isToggle: false, reason });
const toggle = (reason: string): UpstreamFlag => ({ isToggle: true, reason });

const NO_REQUEST_THREADS = 'requests are answered by an event loop, which has no threads to count';
const NO_TENSORFLOW = 'models run in ONNX Runtime; this is for TensorFlow only';
const NO_TFLITE = 'models run in ONNX Runtime; there are no TensorFlow Lite models here';

/**
 * Every flag of TensorFlow Serving (model_servers/main.cc, release 2.20.0) that `flags.ts` has no use for, so that its
 * command lines work as they are.
 */
export const UPSTREAM_FLAGS: Readonly<Record<string, UpstreamFlag>> = {
  grpc_socket_path: {
    isToggle: false,
    reason: 'the gRPC API listens on --port only, and clients of the socket would find nothing',
    harmless: [''],
  },
  use_alts_credentials: {
    isToggle: true,
    reason: 'there are no ALTS credentials outside of Google, and the gRPC API would be open; use --ssl_config_file',
    harmless: OFF,
  },
  rest_api_num_threads: text(NO_REQUEST_THREADS),
  grpc_max_threads: text(NO_REQUEST_THREADS),
  flush_filesystem_caches: toggle("the system's page cache is left to the system"),
  tensorflow_session_config_file: text(`${NO_TENSORFLOW}; see "session" of a model in --model_config_file`),
  platform_config_file: text('the files of a version say what it is, and the platforms are built in'),
  per_process_gpu_memory_fraction: text(
    'ONNX Runtime takes memory as it needs it; see --total_model_memory_limit_bytes',
  ),
  saved_model_tags: text(NO_TENSORFLOW),
  remove_unused_fields_from_bundle_metagraph: toggle(NO_TENSORFLOW),
  prefer_tflite_model: toggle(NO_TFLITE),
  num_tflite_pools: text(NO_TFLITE),
  num_tflite_interpreters_per_pool: text(NO_TFLITE),
  enable_signature_method_name_check: toggle('an ONNX model has one signature, and its outputs say which methods fit'),
  xla_cpu_compilation_enabled: toggle(NO_TENSORFLOW),
  xla_gpu_compilation_enabled: toggle(NO_TENSORFLOW),
  enable_profiler: toggle("there is no profiler service, and TensorFlow's would be open to every client"),
  thread_pool_factory_config_file: text('a plug-in point of C++ code'),
  mixed_precision: text('the precision is fixed in the ONNX file'),
  skip_initialize_tpu: toggle('ONNX Runtime uses no TPU'),
};
