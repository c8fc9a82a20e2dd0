import { z } from 'zod';
import { ServableName } from '../contracts/ids.ts';
import { AspiredVersionPolicyName } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { UPSTREAM_FLAGS, type UpstreamFlag } from './upstream-flags.ts';

/** Longest time that a timer can be set to; longer ones would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;
const MAX_INT32 = 2_147_483_647;
/** More threads than this are a slip of the keyboard. */
const MAX_THREADS = 1024;
/** Bodies that are recorded are shown in the user interface, and kept in memory. */
const MAX_RECORDED_BODY_BYTES = 1024 ** 2;

const whole = (max = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .regex(/^\d+$/u, 'is not a whole number')
    .transform(Number)
    .refine((value) => value <= max, `is more than ${max}`);
const port = () => whole(65_535);
const seconds = () =>
  z
    .string()
    .regex(/^\d+(?:\.\d+)?$/u, 'is not a number of seconds')
    .transform(Number);
const toggle = () =>
  z
    .enum(['true', 'false', '1', '0'], { error: 'is neither true nor false' })
    .transform((text) => text === 'true' || text === '1');
const share = () =>
  z
    .string()
    .regex(/^\d+(?:\.\d+)?$/u, 'is not a number from 0 to 1')
    .transform(Number)
    .refine((value) => value <= 1, 'is more than 1');
const path = () => z.string().default('');

/** `a, b,` is a and b. */
const commaList = () =>
  z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

/** What a browser writes into the header Origin: scheme, host, and the port unless it is the scheme's own. */
const origins = () =>
  commaList().transform((items, context) =>
    items.map((item) => {
      const [, scheme = '', host = '', written] =
        /^(https?):\/\/([^/?#@:*\s]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?\/?$/iu.exec(item) ?? [];
      if (host === '') {
        const hint = item === '*' ? ': every page of the web could call this server; name the origins one by one' : '';
        context.addIssue({ code: 'custom', message: `"${item}" is no origin such as https://example.com:8080${hint}` });
      }
      const isUsual = written === undefined || Number(written) === (scheme.toLowerCase() === 'https' ? 443 : 80);
      return `${scheme}://${host}${isUsual ? '' : `:${Number(written)}`}`.toLowerCase();
    }),
  );

/** Arguments of the gRPC library that have a flag of their own. */
const LENGTH_ARGUMENTS = new Set(['grpc.max_receive_message_length', 'grpc.max_send_message_length']);

/** `name=value` pairs; a value that reads as an int32 is one, as upstream has it. */
const channelArguments = () =>
  commaList().transform((items, context) =>
    Object.fromEntries(
      items.map((item): readonly [string, string | number] => {
        const equals = item.indexOf('=');
        if (equals < 1) context.addIssue({ code: 'custom', message: `"${item}" is not of the form name=value` });
        const name = item.slice(0, equals);
        const value = item.slice(equals + 1);
        if (LENGTH_ARGUMENTS.has(name)) {
          context.addIssue({ code: 'custom', message: `sets ${name}, which is --grpc_max_message_bytes here` });
        }
        const isInteger = /^-?\d{1,10}$/u.test(value) && Math.abs(Number(value)) <= MAX_INT32;
        return [name, isInteger ? Number(value) : value];
      }),
    ),
  );

/**
 * Every flag of `serve`, with its default and its help. The first group has TensorFlow Serving's names and meanings
 * (model_servers/main.cc); the second is ours.
 */
const FlagsSchema = z.object({
  rest_api_port: port().default(8501).describe('Port of the REST API; 0 takes a free one.'),
  port: port().default(8500).describe('Port of the gRPC API; 0 is off.'),
  model_name: ServableName.default(ServableName.parse('default')).describe('Name of the model at --model_base_path.'),
  model_base_path: z
    .string()
    .default('')
    .describe('Path or URI of one model: its numeric sub-folders are the versions. Ignored with --model_config_file.'),
  model_config_file: z
    .string()
    .default('')
    .describe(
      'File that lists models: model_config_list { config { name: "…" base_path: "…" } }, or the same as JSON.',
    ),
  model_config_file_poll_wait_seconds: seconds()
    .default(0)
    .describe('Seconds between two looks at --model_config_file, whose changes are then applied; 0 reads it once.'),
  allow_version_labels_for_unavailable_models: toggle()
    .default(true)
    .describe('Let a new version label stand for a version that is not available yet.'),
  file_system_poll_wait_seconds: seconds()
    .optional()
    .describe('Seconds between two looks for new versions; 0 looks only once. By default 1; in S3 30, and at least 5.'),
  max_num_load_retries: whole().default(5).describe('Times that a failed load is tried again after the first try.'),
  load_retry_interval_micros: whole()
    .default(60_000_000)
    .describe('Longest wait between two tries, in microseconds; the first wait is 1 s and doubles up to this.'),
  num_load_threads: whole()
    .optional()
    .describe('Versions that load at the same time; 0 counts as 1. By default 2, and 4 at the start.'),
  num_unload_threads: whole().default(2).describe('Versions that unload at the same time; 0 counts as 1.'),
  rest_api_timeout_in_ms: whole(MAX_TIMER_MS)
    .refine((value) => value > 0, 'would give up every request at once; say how many milliseconds one may take')
    .default(30_000)
    .describe('Milliseconds after which a request is given up with status 504.'),
  rest_api_enable_cors_support: toggle()
    .default(false)
    .describe('Let web pages that this computer serves, on any port, call the REST API.'),
  enable_batching: toggle()
    .optional()
    .describe(
      'false runs every request alone; true batches as --batching_parameters_file says. By default what waits runs together.',
    ),
  batching_parameters_file: path().describe(
    'File with the batching parameters of all models; needs --enable_batching.',
  ),
  enable_per_model_batching_parameters: toggle()
    .default(false)
    .describe(
      'Take the parameters from batching_params.pbtxt in the folder of a version; one without it is not batched.',
    ),
  enable_model_warmup: toggle().default(true).describe('Run the warm-up requests of a version before it is available.'),
  num_request_iterations_for_warmup: whole(1_000_000)
    .default(0)
    .describe('Times that each warm-up request is run; 0 counts as 1.'),
  tensorflow_session_parallelism: whole(MAX_THREADS)
    .default(0)
    .describe('Threads of one run, inside an operator and across operators; 0 lets the server choose.'),
  tensorflow_intra_op_parallelism: whole(MAX_THREADS)
    .default(0)
    .describe('Threads of one run inside an operator; 0 lets the server choose.'),
  tensorflow_inter_op_parallelism: whole(MAX_THREADS)
    .default(0)
    .describe('Threads of one run across operators; 0 lets the server choose.'),
  ssl_config_file: path().describe(
    'File with the server\'s key and certificate in PEM: server_key: "…" server_cert: "…". Both APIs then speak TLS only.',
  ),
  monitoring_config_file: path().describe(
    'File that turns Prometheus metrics on or off and sets their path: prometheus_config { enable: true path: "…" }.',
  ),
  grpc_channel_arguments: channelArguments()
    .prefault('')
    .describe('Arguments for the gRPC library: name=value,name=value.'),
  enable_grpc_healthcheck_service: toggle().default(true).describe('Answer grpc.health.v1.Health on --port.'),
  enable_serialization_as_tensor_content: toggle()
    .default(false)
    .describe('Write tensors of gRPC answers as tensor_content instead of typed values.'),

  host: z.string().min(1, 'is empty').default('127.0.0.1').describe('Address on which the REST and gRPC APIs listen.'),
  require_token: toggle()
    .default(true)
    .describe(
      'With --host: whether who calls from another computer needs an access token, which is made in the user interface or by slipway tokens add.',
    ),
  rest_api_allowed_origins: origins()
    .prefault('')
    .describe('Origins, separated by commas, whose web pages may call the REST API: https://example.com:8080.'),
  rest_api_allowed_hosts: commaList()
    .prefault('')
    .describe('Host names, separated by commas, by which clients may call the REST API besides localhost and --host.'),
  rest_api_max_body_bytes: whole()
    .refine((value) => value > 0, 'would refuse every request; say how many bytes a body may have')
    .default(1024 ** 3)
    .describe('Largest request body in bytes, counted after inflating.'),
  grpc_max_message_bytes: whole(MAX_INT32)
    .refine((value) => value > 0, 'would refuse every request; say how many bytes a message may have')
    .default(MAX_INT32)
    .describe('Largest gRPC message in bytes, in either direction.'),
  total_model_memory_limit_bytes: whole()
    .refine((value) => value > 0, 'would leave no room for any model; say how many bytes all models may take')
    .optional()
    .describe(
      'Bytes of memory that all models together may take; a load that does not fit waits. By default no limit.',
    ),
  aspired_version_policy: AspiredVersionPolicyName.default('availability_preserving').describe(
    'How versions change: availability_preserving loads the new one beside the old one, resource_preserving after it.',
  ),
  ui_port: port().default(8510).describe('Port of the user interface, always on 127.0.0.1; 0 takes a free one.'),
  open_browser: toggle().default(false).describe('Open the user interface in the browser.'),
  version_settle_millis: whole()
    .optional()
    .describe(
      'Milliseconds for which the files of a new version must stay unchanged before it is loaded; 0 is off. By default ' +
        '1000, in S3 10000.',
    ),
  cache_dir: path().describe(
    'Folder of the local copies of models from S3, which several servers may share; by default in --data_dir.',
  ),
  cache_max_bytes: whole()
    .default(20 * 1024 ** 3)
    .describe('Bytes that those copies may take together; the one used longest ago goes first, none that is in use.'),
  drain_timeout_millis: whole(MAX_TIMER_MS)
    .default(30_000)
    .describe('Longest wait for the running requests of a version before it is unloaded.'),
  data_dir: z.string().default('').describe('Folder of the settings; by default the usual place of the system.'),
  log_level: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'is none of debug, info, warn, error' })
    .default('info')
    .describe('Least important lines that are logged: debug, info, warn or error.'),
  log_format: z
    .enum(['json', 'text'], { error: 'is neither json nor text' })
    .optional()
    .describe('Form of the log: json or text. By default text on a terminal, json elsewhere.'),
  record_requests: toggle()
    .default(true)
    .describe('Keep the last calls of the APIs, to be seen in the user interface.'),
  record_sample_rate: share()
    .default(1)
    .describe('Share of the calls that is recorded, from 0 to 1; failed ones always are.'),
  record_bodies: toggle().default(false).describe('Record the bodies of calls too.'),
  record_max_body_bytes: whole(MAX_RECORDED_BODY_BYTES).default(4096).describe('Bytes that are recorded of one body.'),
  record_file: path().describe('File to which recorded calls are added as JSON lines; turns recording on.'),
  version: toggle().default(false).describe('Print the version and end.'),
  help: toggle().default(false).describe('Print this and end.'),
});

/** The values of all flags after parsing. */
export type Flags = Readonly<z.infer<typeof FlagsSchema>>;
type FlagName = keyof Flags;

/** A command line that was understood. */
export interface ParsedFlags {
  readonly flags: Flags;
  /** The names of those that were on it. */
  readonly given: ReadonlySet<string>;
  /** What was given and has no effect, each a sentence that says why; for the log. */
  readonly warnings: readonly string[];
}

const DEFAULTS: Flags = FlagsSchema.parse({});
const NAMES = FlagsSchema.keyof().options;
/** Flags that mean true when they stand alone. */
const TOGGLES: ReadonlySet<string> = new Set([
  ...NAMES.filter((name) => FlagsSchema.shape[name].safeParse('true').data === true),
  ...Object.entries(UPSTREAM_FLAGS).flatMap(([name, { isToggle }]) => (isToggle ? [name] : [])),
]);
/** Flags that change nothing unless another one is given too. */
const NEEDS: readonly { readonly flag: FlagName; readonly needed: FlagName }[] = [
  { flag: 'model_config_file_poll_wait_seconds', needed: 'model_config_file' },
  { flag: 'enable_per_model_batching_parameters', needed: 'enable_batching' },
];

/**
 * Reads the command line: `--name=value`, `--name value`, and `--name` alone for a toggle; `-` and `_` are the same in a
 * name. Of a flag that is given more than once the last one counts, with a warning. Flags of TensorFlow Serving that do
 * nothing here are taken with a warning.
 * @throws ServingError INVALID_ARGUMENT that names the flag: an unknown one (with the nearest known name), one without a
 *   value, a bad value, one that must not be ignored, flags that exclude each other, or a word that is
 *   no flag.
 */
export function parseFlags(argv: readonly string[]): ParsedFlags {
  const given: Partial<Record<FlagName, string>> = {};
  const unused = new Map<string, string>();
  const repeated = new Set<string>();
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '-h') word = '--help';
    if (!word.startsWith('--')) refuse(`"${word}" is no flag; flags are written --name=value. --help lists them.`);
    const equals = word.indexOf('=');
    const written = word.slice(2, equals === -1 ? undefined : equals);
    const wanted = written.replaceAll('-', '_');
    const name = NAMES.find((known) => known === wanted);
    if (name === undefined && upstreamFlag(wanted) === undefined) {
      refuse(`unknown flag --${written}${nearest(wanted)} --help lists the flags.`);
    }
    if (unused.has(wanted) || (name !== undefined && given[name] !== undefined)) repeated.add(wanted);
    let value: string;
    if (equals !== -1) value = word.slice(equals + 1);
    else if (TOGGLES.has(wanted)) value = 'true';
    else value = rest.shift() ?? refuse(`--${wanted} needs a value: --${wanted}=…`);
    if (name === undefined) unused.set(wanted, value);
    else given[name] = value;
  }
  if (given.model_name !== undefined && given.model_base_path === undefined && given.model_config_file === undefined) {
    refuse(`--model_name=${given.model_name} needs --model_base_path, the folder of that model`);
  }
  const parsed = FlagsSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = NAMES.find((known) => known === issue?.path[0]);
    const message = issue?.message ?? 'is not valid';
    return refuse(name === undefined ? 'bad flags' : `--${name}=${given[name] ?? ''} ${message}`);
  }
  const flags = Object.freeze(parsed.data);
  refuseContradictions(flags);
  const warnings = [...unused].map(([name, value]) => withoutEffect(name, value));
  // As upstream: command lines are put together, and what is added at the end is meant to count.
  for (const name of repeated) warnings.push(`--${name} is given more than once; the last one counts`);
  for (const { flag, needed } of NEEDS) {
    if (isGiven(flags[flag]) && !isGiven(flags[needed])) warnings.push(`--${flag} has no effect without --${needed}`);
  }
  if (flags.enable_per_model_batching_parameters && flags.batching_parameters_file !== '') {
    warnings.push('--batching_parameters_file has no effect with --enable_per_model_batching_parameters');
  }
  if (flags.model_config_file !== '') {
    for (const name of ['model_name', 'model_base_path'] as const) {
      if (given[name] !== undefined) warnings.push(`--${name} has no effect with --model_config_file`);
    }
  }
  return { flags, given: new Set(Object.keys(given)), warnings };
}

function upstreamFlag(name: string): UpstreamFlag | undefined {
  return Object.hasOwn(UPSTREAM_FLAGS, name) ? UPSTREAM_FLAGS[name] : undefined;
}

/** The warning for a flag of TensorFlow Serving that does nothing here. @throws ServingError where it must not be ignored. */
function withoutEffect(name: string, value: string): string {
  const { reason = '', harmless } = upstreamFlag(name) ?? {};
  if (harmless && !harmless.includes(value)) refuse(`--${name}=${value} cannot be used: ${reason}`);
  return `--${name} has no effect: ${reason}`;
}

function isGiven(value: Flags[FlagName]): boolean {
  return value !== undefined && value !== false && value !== 0 && value !== '';
}

function refuseContradictions(flags: Flags): void {
  if (flags.port !== 0 && flags.port === flags.rest_api_port) {
    refuse(`--port=${flags.port} is also --rest_api_port; each API needs a port of its own`);
  }
  // Source: TensorFlow Serving model_servers/server.cc BuildAndStart, this and the next.
  if (flags.batching_parameters_file !== '' && flags.enable_batching !== true) {
    refuse('--batching_parameters_file is set without setting --enable_batching to true');
  }
  if (
    flags.tensorflow_session_parallelism > 0 &&
    (flags.tensorflow_intra_op_parallelism > 0 || flags.tensorflow_inter_op_parallelism > 0)
  ) {
    refuse(
      '--tensorflow_session_parallelism sets both --tensorflow_intra_op_parallelism and ' +
        '--tensorflow_inter_op_parallelism; give either the one or the others',
    );
  }
}

/**
 * Picks the words of a command line that are flags of ours in the form `--name=value`; the desktop app's command line also
 * has what its platform puts there.
 */
export function ownFlags(argv: readonly string[]): readonly string[] {
  return argv.filter((word) => NAMES.some((name) => word.startsWith(`--${name}=`)));
}

/** The text of `--help`. `columns` is the width of the terminal in characters. */
export function flagsHelp(columns = 100): string {
  const indent = ' '.repeat(6);
  const lines = NAMES.flatMap((name) => {
    const fallback = DEFAULTS[name];
    return [
      `  --${name}${shownDefault(name, fallback)}`,
      ...wrap(FlagsSchema.shape[name].description ?? '', columns - indent.length, indent),
    ];
  });
  const usage = 'Serves models over REST and gRPC, and shows them in a user interface. Flags and their defaults:';
  return ['Usage: slipway [FLAGS]', '', ...wrap(usage, columns, ''), '', ...lines, ''].join('\n');
}

/** What stands behind a flag's name in the help: nothing for a toggle that is off, else `=` and the default. */
function shownDefault(name: FlagName, fallback: Flags[FlagName]): string {
  if (fallback === false || (fallback === undefined && TOGGLES.has(name))) return '';
  return typeof fallback === 'object' || fallback === undefined || fallback === '' ? '=…' : `=${String(fallback)}`;
}

function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}

/** `, did you mean --x?` for the known flag that differs least, if it differs little. */
function nearest(written: string): string {
  const ranked = [...NAMES, ...Object.keys(UPSTREAM_FLAGS)]
    .map((name) => ({ name, distance: editDistance(written, name) }))
    .toSorted((left, right) => left.distance - right.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, written.length / 3) ? `; did you mean --${best.name}?` : '.';
}

/** Levenshtein distance. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

function refuse(message: string): never {
  throw new ServingError('INVALID_ARGUMENT', message);
}
