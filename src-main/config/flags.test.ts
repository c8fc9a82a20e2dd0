import { describe, expect, it } from 'vitest';
import { flagsHelp, ownFlags, parseFlags } from './flags.ts';
import { settingsFromFlags, withDefaultOptions } from './settings.ts';

const flagsOf = (...argv: string[]) => parseFlags(argv).flags;
const NO_FILES = { models: [] };

describe('parseFlags', () => {
  it("has TensorFlow Serving's defaults where it has its flags", () => {
    expect(flagsOf()).toMatchObject({
      port: 8500,
      rest_api_port: 8501,
      model_name: 'default',
      model_config_file_poll_wait_seconds: 0,
      max_num_load_retries: 5,
      load_retry_interval_micros: 60_000_000,
      rest_api_timeout_in_ms: 30_000,
      rest_api_enable_cors_support: false,
      enable_model_warmup: true,
      num_request_iterations_for_warmup: 0,
      enable_serialization_as_tensor_content: false,
      grpc_channel_arguments: {},
    });
  });

  it('has defaults of its own where they serve better', () => {
    expect(flagsOf()).toMatchObject({
      host: '127.0.0.1',
      allow_version_labels_for_unavailable_models: true,
      enable_grpc_healthcheck_service: true,
      aspired_version_policy: 'availability_preserving',
      grpc_max_message_bytes: 2_147_483_647,
    });
  });

  it.each([
    [['--rest_api_port=9000'], { rest_api_port: 9000 }],
    [['--rest_api_port', '9000'], { rest_api_port: 9000 }],
    [['--rest-api-port=9000'], { rest_api_port: 9000 }],
    [['--model_base_path=/a=b'], { model_base_path: '/a=b' }],
    [['--model_base_path='], { model_base_path: '' }],
    [['--open_browser', '--ui_port=0'], { open_browser: true, ui_port: 0 }],
    [['--open_browser=false'], { open_browser: false }],
    [['--enable_batching', '--port=0'], { enable_batching: true, port: 0 }],
    [['--enable_model_warmup=0'], { enable_model_warmup: false }],
    [['-h'], { help: true }],
    [['--file_system_poll_wait_seconds=0.5'], { file_system_poll_wait_seconds: 0.5 }],
    [['--record_sample_rate=0.25'], { record_sample_rate: 0.25 }],
    [['--aspired_version_policy=resource_preserving'], { aspired_version_policy: 'resource_preserving' }],
    [
      ['--grpc_channel_arguments=grpc.keepalive_time_ms=10000, grpc.ssl_target_name_override=a=b,x=99999999999'],
      {
        grpc_channel_arguments: {
          'grpc.keepalive_time_ms': 10_000,
          'grpc.ssl_target_name_override': 'a=b',
          x: '99999999999',
        },
      },
    ],
    [
      ['--rest_api_allowed_origins=https://Example.com:443, http://box:8080/,http://[::1]:80,https://a.b:80'],
      { rest_api_allowed_origins: ['https://example.com', 'http://box:8080', 'http://[::1]', 'https://a.b:80'] },
    ],
  ])('reads %j', (argv, expected) => {
    expect(parseFlags(argv)).toMatchObject({ flags: expected, warnings: [] });
  });

  it.each([
    [['--rest_api_prot=1'], 'unknown flag --rest_api_prot; did you mean --rest_api_port? --help'],
    [['--rest_api_num_thread=4'], 'unknown flag --rest_api_num_thread; did you mean --rest_api_num_threads?'],
    [['--xyzzy'], 'unknown flag --xyzzy. --help'],
    [['--constructor=1'], 'unknown flag --constructor'],
    [['serve'], '"serve" is no flag'],
    [['--rest_api_port'], '--rest_api_port needs a value'],
    [['--rest_api_port=65536'], '--rest_api_port=65536 is more than 65535'],
    [['--rest_api_port=-1'], '--rest_api_port=-1 is not a whole number'],
    [['--rest_api_port='], '--rest_api_port= is not a whole number'],
    [['--max_num_load_retries=1.5'], '--max_num_load_retries=1.5 is not a whole number'],
    [['--open_browser=yes'], '--open_browser=yes is neither true nor false'],
    [['--port=8501'], '--port=8501 is also --rest_api_port'],
    [['--log_level=loud'], '--log_level=loud is none of debug, info, warn, error'],
    [['--log_format=xml'], '--log_format=xml is neither json nor text'],
    [['--num_tflite_pools'], '--num_tflite_pools needs a value'],
    [['--model_name=', '--model_base_path=/m'], '--model_name= a model name must not be empty'],
    [['--model_name=m'], '--model_name=m needs --model_base_path'],
    [['--rest_api_timeout_in_ms=0'], '--rest_api_timeout_in_ms=0 would give up every request at once'],
    [['--drain_timeout_millis=9999999999'], '--drain_timeout_millis=9999999999 is more than 2147483647'],
    [['--grpc_max_message_bytes=2147483648'], 'is more than 2147483647'],
    [['--record_sample_rate=1.5'], '--record_sample_rate=1.5 is more than 1'],
    [['--record_max_body_bytes=1048577'], 'is more than 1048576'],
    [['--total_model_memory_limit_bytes=0'], 'would leave no room for any model'],
    [['--grpc_channel_arguments=grpc.x'], '"grpc.x" is not of the form name=value'],
    ...['grpc.max_receive_message_length', 'grpc.max_send_message_length'].map((name): [string[], string] => [
      [`--grpc_channel_arguments=grpc.x=1,${name}=-1`],
      `=-1 sets ${name}, which is --grpc_max_message_bytes here`,
    ]),
    [['--rest_api_allowed_origins=*'], '"*" is no origin such as https://example.com:8080: every page of the web'],
    [['--rest_api_allowed_origins=https://*.a.b'], '"https://*.a.b" is no origin'],
    [['--rest_api_allowed_origins=https://a/b'], '"https://a/b" is no origin'],
    [['--batching_parameters_file=f'], '--batching_parameters_file is set without setting --enable_batching to true'],
    [
      [
        '--tensorflow_session_parallelism=1',
        '--tensorflow_intra_op_parallelism=1',
        '--tensorflow_inter_op_parallelism=1',
      ],
      'give either the one or the others',
    ],
    [['--use_alts_credentials'], '--use_alts_credentials=true cannot be used: there are no ALTS credentials'],
    [['--grpc_socket_path=/tmp/s'], '--grpc_socket_path=/tmp/s cannot be used: the gRPC API listens on --port only'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseFlags(argv)).toThrow(message);
  });

  it('tells which flags were given, whatever their values', () => {
    const { given } = parseFlags(['--port=8500', '--rest-api-port', '8501']);
    expect([...given]).toEqual(['port', 'rest_api_port']);
  });

  it.each([
    ['--flush_filesystem_caches', "--flush_filesystem_caches has no effect: the system's page cache"],
    ['--num-tflite-pools=4', '--num_tflite_pools has no effect: models run in ONNX Runtime'],
    ['--use_alts_credentials=false', '--use_alts_credentials has no effect'],
    ['--model_config_file_poll_wait_seconds=1', 'has no effect without --model_config_file'],
    ['--enable_per_model_batching_parameters', 'has no effect without --enable_batching'],
  ])('takes %s and says once that it has no effect', (word, warning) => {
    expect(parseFlags([word]).warnings).toEqual([expect.stringContaining(warning)]);
  });

  it.each([
    { argv: ['--host=a', '--host', 'b'], name: 'host' },
    {
      argv: ['--flush_filesystem_caches', '--host=b', '--flush-filesystem-caches=false'],
      name: 'flush_filesystem_caches',
    },
  ])('takes the last of $name, as command lines that are put together mean it', ({ argv, name }) => {
    const { flags, warnings } = parseFlags(argv);
    expect(flags.host).toBe('b');
    expect(warnings).toContain(`--${name} is given more than once; the last one counts`);
  });

  it("knows every flag of TensorFlow Serving's model_servers/main.cc", () => {
    const unknown = FLAGS_OF_TENSORFLOW_SERVING.filter((name) => {
      try {
        // No value is right for all: the flag has to be known, not to like it.
        parseFlags([`--${name}=~`]);
      } catch (error) {
        return String(error).includes('unknown flag');
      }
      return false;
    });
    expect(unknown).toEqual([]);
  });
});

const FLAGS_OF_TENSORFLOW_SERVING = `port grpc_socket_path rest_api_port rest_api_num_threads rest_api_timeout_in_ms
  rest_api_enable_cors_support enable_batching batching_parameters_file enable_per_model_batching_parameters
  allow_version_labels_for_unavailable_models model_config_file model_config_file_poll_wait_seconds model_name
  model_base_path num_load_threads num_unload_threads max_num_load_retries load_retry_interval_micros
  file_system_poll_wait_seconds flush_filesystem_caches tensorflow_session_parallelism tensorflow_intra_op_parallelism
  tensorflow_inter_op_parallelism tensorflow_session_config_file use_alts_credentials ssl_config_file
  platform_config_file per_process_gpu_memory_fraction saved_model_tags grpc_channel_arguments grpc_max_threads
  enable_model_warmup num_request_iterations_for_warmup version monitoring_config_file
  remove_unused_fields_from_bundle_metagraph prefer_tflite_model num_tflite_pools num_tflite_interpreters_per_pool
  enable_signature_method_name_check xla_cpu_compilation_enabled xla_gpu_compilation_enabled enable_profiler
  thread_pool_factory_config_file mixed_precision skip_initialize_tpu enable_grpc_healthcheck_service
  enable_serialization_as_tensor_content`.split(/\s+/u);

describe('ownFlags', () => {
  it('leaves out what the platform puts on the command line', () => {
    const argv = ['--no-sandbox', '/app', '--rest_api_port=0', '--ui_port', '--enable-features=X', '--data_dir=/d'];
    expect(ownFlags(argv)).toEqual(['--rest_api_port=0', '--data_dir=/d']);
  });
});

describe('flagsHelp', () => {
  it('names every flag with its default and keeps to the width', () => {
    const help = flagsHelp(60);
    for (const flag of Object.keys(flagsOf())) expect(help).toContain(`--${flag}`);
    expect(help).toContain('--rest_api_port=8501');
    expect(help).toMatch(/--enable_model_warmup=true$/mu);
    expect(help).toMatch(/--enable_batching$/mu);
    expect(help).toMatch(/--grpc_channel_arguments=…$/mu);
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});

describe('settingsFromFlags', () => {
  it('loads more at the start unless the number is given', () => {
    expect(settingsFromFlags(flagsOf(), NO_FILES).manager).toMatchObject({
      maxConcurrentLoads: 2,
      initialConcurrentLoads: 4,
    });
  });

  it('serves the samples only where no flag says what to serve', () => {
    expect(settingsFromFlags(flagsOf(), NO_FILES).serveSamples).toBe(true);
    // An empty config file asks for no model at all.
    expect(settingsFromFlags(flagsOf('--model_config_file=empty.config'), NO_FILES).serveSamples).toBe(false);
  });

  it('converts units and counts 0 threads as 1', () => {
    const flags = flagsOf(
      '--file_system_poll_wait_seconds=2.5',
      '--load_retry_interval_micros=1500000',
      '--num_load_threads=0',
      '--rest_api_allowed_hosts= box.local, ,models.test',
      '--model_config_file=m.config',
      '--model_config_file_poll_wait_seconds=1.5',
    );
    expect(settingsFromFlags(flags, NO_FILES)).toMatchObject({
      rest: { allowedHosts: ['box.local', 'models.test'] },
      source: { pollIntervalMs: 2500 },
      manager: { loadRetryIntervalMs: 1500, maxConcurrentLoads: 1, initialConcurrentLoads: 1 },
      configFilePoll: { path: 'm.config', intervalMs: 1500 },
    });
  });

  it('leaves the pace of polling to the file systems unless a flag sets it', () => {
    expect(settingsFromFlags(flagsOf(), NO_FILES).source).toEqual({});
    const flags = flagsOf('--file_system_poll_wait_seconds=0', '--version_settle_millis=0');
    expect(settingsFromFlags(flags, NO_FILES).source).toEqual({ pollIntervalMs: 0, settleMs: 0 });
  });

  it.each([
    [['--port=0'], { grpc: undefined }],
    [[], { cache: { directory: undefined, maxBytes: 21_474_836_480 } }],
    [['--cache_dir=/fast', '--cache_max_bytes=0'], { cache: { directory: '/fast', maxBytes: 0 } }],
    [['--host=0.0.0.0'], { grpc: { host: '0.0.0.0', port: 8500 }, rest: { host: '0.0.0.0' } }],
    [['--rest_api_enable_cors_support'], { rest: { cors: { local: true, origins: [] } } }],
    [['--rest_api_allowed_origins=http://a'], { rest: { cors: { local: false, origins: ['http://a'] } } }],
    [[], { configFilePoll: undefined, recordFile: undefined, recording: { enabled: true, sampleRate: 1 } }],
    [['--record_file=calls.jsonl'], { recordFile: 'calls.jsonl', recording: { enabled: true } }],
    [[], { monitoring: { enabled: true, path: '/monitoring/prometheus/metrics' }, ssl: undefined }],
    [
      ['--tensorflow_session_parallelism=3'],
      { modelDefaults: { options: { session: { intraOpNumThreads: 3, interOpNumThreads: 3 } } } },
    ],
    [
      ['--tensorflow_inter_op_parallelism=2'],
      { modelDefaults: { options: { session: { interOpNumThreads: 2 }, warmup: { enabled: true, iterations: 1 } } } },
    ],
  ])('makes of %j', (argv, expected) => {
    expect(settingsFromFlags(parseFlags(argv).flags, NO_FILES)).toMatchObject(expected);
  });

  it.each([
    { argv: [], batching: { maxBatchSize: 8 } },
    { argv: ['--enable_batching'], batching: { maxBatchSize: 8, enabled: true } },
    { argv: ['--enable_batching=false'], batching: { maxBatchSize: 8, enabled: false } },
  ])('batches as $argv says', ({ argv, batching }) => {
    const settings = settingsFromFlags(parseFlags(argv).flags, { models: [], batching: { maxBatchSize: 8 } });
    expect(settings.modelDefaults.options.batching).toEqual(batching);
  });
});

describe('withDefaultOptions', () => {
  const defaults = (perModelBatchingFile = false) => ({
    options: {
      session: { intraOpNumThreads: 4, interOpNumThreads: 2 },
      batching: { enabled: true, maxBatchSize: 128, allowedBatchSizes: [128] },
      warmup: { enabled: true, iterations: 1 },
    },
    aspiredVersionPolicy: 'availability_preserving' as const,
    perModelBatchingFile,
  });

  it('takes what the model says and the defaults for the rest; batching parameters are never mixed', () => {
    const own = { session: { intraOpNumThreads: 1 }, warmup: { enabled: false }, batching: { maxBatchSize: 3 } };
    expect(withDefaultOptions(own, defaults())).toEqual({
      session: { intraOpNumThreads: 1, interOpNumThreads: 2 },
      batching: { enabled: true, maxBatchSize: 3 },
      warmup: { enabled: false, iterations: 1 },
      isolation: 'auto',
    });
  });

  it.each([
    { own: undefined, perModelFile: false, batching: { enabled: true, maxBatchSize: 128, allowedBatchSizes: [128] } },
    { own: undefined, perModelFile: true, batching: undefined },
    { own: { batching: { enabled: false } }, perModelFile: true, batching: { enabled: false } },
  ])('leaves batching to the file of a version ($perModelFile) unless the model says $own', (fact) => {
    expect(withDefaultOptions(fact.own, defaults(fact.perModelFile)).batching).toEqual(fact.batching);
  });
});
