import { z } from 'zod';
import { ServableName } from '../contracts/ids.ts';
import { ServingError } from '../contracts/serving-error.ts';

/** Longest time that a timer can be set to; longer ones would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

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

/**
 * Every flag of `serve`, with its default and its help. The first group has TensorFlow Serving's names and meanings
 * (model_servers/main.cc); the second is ours.
 */
const FlagsSchema = z.object({
  rest_api_port: port().default(8501).describe('Port of the REST API; 0 takes a free one.'),
  port: port()
    .refine((value) => value === 0, 'cannot be used: there is no gRPC API yet; leave the flag out or say 0')
    .default(0)
    .describe('Port of the gRPC API; 0 is off. There is no gRPC API yet.'),
  model_name: ServableName.default(ServableName.parse('default')).describe('Name of the model at --model_base_path.'),
  model_base_path: z
    .string()
    .default('')
    .describe('Path or URI of one model: its numeric sub-folders are the versions. Ignored with --model_config_file.'),
  model_config_file: z
    .string()
    .default('')
    .describe('File that lists models: model_config_list { config { name: "…" base_path: "…" } }.'),
  file_system_poll_wait_seconds: seconds()
    .default(1)
    .describe('Seconds between two looks for new versions; 0 looks only once.'),
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

  host: z.string().min(1, 'is empty').default('127.0.0.1').describe('Address on which the REST API listens.'),
  rest_api_allowed_hosts: z
    .string()
    .default('')
    .describe('Host names, separated by commas, by which clients may call the REST API besides localhost and --host.'),
  rest_api_max_body_bytes: whole()
    .refine((value) => value > 0, 'would refuse every request; say how many bytes a body may have')
    .default(1024 ** 3)
    .describe('Largest request body in bytes, counted after inflating.'),
  ui_port: port().default(8510).describe('Port of the user interface, always on 127.0.0.1; 0 takes a free one.'),
  open_browser: toggle().default(false).describe('Open the user interface in the browser.'),
  version_settle_millis: whole()
    .default(1000)
    .describe('Milliseconds for which the files of a new version must stay unchanged before it is loaded; 0 is off.'),
  drain_timeout_millis: whole(MAX_TIMER_MS)
    .default(30_000)
    .describe('Longest wait for the running requests of a version before it is unloaded.'),
  data_dir: z.string().default('').describe('Folder of the settings; by default the usual place of the system.'),
  log_level: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'is none of debug, info, warn, error' })
    .default('info')
    .describe('Least important lines that are logged: debug, info, warn or error.'),
  version: toggle().default(false).describe('Print the version and end.'),
  help: toggle().default(false).describe('Print this and end.'),
});

/** The values of all flags after parsing. */
export type Flags = Readonly<z.infer<typeof FlagsSchema>>;
type FlagName = keyof Flags;

const DEFAULTS: Flags = FlagsSchema.parse({});
const NAMES = FlagsSchema.keyof().options;

/**
 * Reads the command line: `--name=value`, `--name value`, and `--name` alone for a toggle; `-` and `_` are the same in a name.
 * @throws ServingError INVALID_ARGUMENT that names the flag: an unknown one (with the nearest known name), one without a
 *   value, one given twice, a bad value, or a word that is no flag.
 */
export function parseFlags(argv: readonly string[]): Flags {
  const given: Partial<Record<FlagName, string>> = {};
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '-h') word = '--help';
    if (!word.startsWith('--')) refuse(`"${word}" is no flag; flags are written --name=value. --help lists them.`);
    const equals = word.indexOf('=');
    const written = word.slice(2, equals === -1 ? undefined : equals);
    const name = NAMES.find((known) => known === written.replaceAll('-', '_'));
    if (name === undefined) refuse(`unknown flag --${written}${nearest(written)}. --help lists the flags.`);
    if (given[name] !== undefined) refuse(`--${name} is given twice`);
    if (equals !== -1) given[name] = word.slice(equals + 1);
    else if (typeof DEFAULTS[name] === 'boolean') given[name] = 'true';
    else given[name] = rest.shift() ?? refuse(`--${name} needs a value: --${name}=…`);
  }
  if (given.model_name !== undefined && given.model_base_path === undefined && given.model_config_file === undefined) {
    refuse(`--model_name=${given.model_name} needs --model_base_path, the folder of that model`);
  }
  const parsed = FlagsSchema.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  const issue = parsed.error.issues[0];
  const name = NAMES.find((known) => known === issue?.path[0]);
  return refuse(
    name === undefined ? 'bad flags' : `--${name}=${given[name] ?? ''} ${issue?.message ?? 'is not valid'}`,
  );
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
    const shown =
      typeof fallback === 'boolean' ? '' : `=${fallback === undefined || fallback === '' ? '…' : String(fallback)}`;
    return [`  --${name}${shown}`, ...wrap(FlagsSchema.shape[name].description ?? '', columns - indent.length, indent)];
  });
  const usage = 'Serves models over REST, and shows them in a user interface. Flags and their defaults:';
  return ['Usage: slipway [FLAGS]', '', ...wrap(usage, columns, ''), '', ...lines, ''].join('\n');
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
  const ranked = NAMES.map((name) => ({ name, distance: editDistance(written.replaceAll('-', '_'), name) })).toSorted(
    (left, right) => left.distance - right.distance,
  );
  const best = ranked[0];
  return best && best.distance <= Math.max(2, written.length / 3) ? `, did you mean --${best.name}?` : '';
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
