import { parseArgs } from 'node:util';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import { escaped } from '../log-text.ts';
import { cacheLsCommand, cachePruneCommand, cacheVerifyCommand } from './cache-commands.ts';
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT_BAD_USAGE,
  EXIT_FAILED,
  EXIT_OK,
} from './command.ts';
import { lsCommand } from './ls-command.ts';
import { s3TestCommand } from './s3-test-command.ts';
import { tokensAddCommand, tokensListCommand, tokensRevokeCommand } from './tokens-commands.ts';

/** By what is written: one word or two. */
const COMMANDS: Readonly<Record<string, Command>> = {
  ls: lsCommand,
  's3 test': s3TestCommand,
  'cache ls': cacheLsCommand,
  'cache verify': cacheVerifyCommand,
  'cache prune': cachePruneCommand,
  'tokens list': tokensListCommand,
  'tokens add': tokensAddCommand,
  'tokens revoke': tokensRevokeCommand,
};

const HELP_WORDS = new Set(['help', '--help', '-h']);

/** Whether a command line begins with a word, which no flag does. */
export function isCommand(argv: readonly string[]): boolean {
  const [first] = argv;
  return first !== undefined && !first.startsWith('-');
}

/**
 * Runs a command line such as `cache prune --all`.
 * @param printError writes a line to standard error.
 * @returns the exit code: 0 well, 1 failed, 2 not understood; that of `s3 test` tells the stage.
 */
export async function runCommand(
  argv: readonly string[],
  given: CommandContext,
  printGivenError: (line: string) => void,
): Promise<number> {
  // Names of objects, of certificates and of copies are what strangers made them.
  const harmless =
    (print: (line: string) => void) =>
    (text: string): void =>
      print(text.split('\n').map(escaped).join('\n'));
  const context = { ...given, print: harmless(given.print) };
  const printError = harmless(printGivenError);
  const { name, rest } = splitCommand(argv);
  const command = COMMANDS[name];
  if (HELP_WORDS.has(argv[0] ?? '') || (command && rest.some((word) => HELP_WORDS.has(word)))) {
    context.print(command ? usageOf(name, command) : commandsHelp());
    return EXIT_OK;
  }
  if (!command) {
    printError(`slipway: there is no command "${name}"`);
    printError(commandsHelp());
    return EXIT_BAD_USAGE;
  }
  let words: CommandArguments;
  try {
    words = readArguments(command, rest);
  } catch (error) {
    printError(`slipway ${name}: ${error instanceof Error ? error.message : ''}`);
    printError(usageOf(name, command));
    return EXIT_BAD_USAGE;
  }
  try {
    return await command.run(words, context);
  } catch (error) {
    const { code, message } = asServingError(error);
    printError(`slipway ${name}: ${message}`);
    if (!(error instanceof ServingError)) printError(error instanceof Error ? (error.stack ?? '') : String(error));
    return code === 'INVALID_ARGUMENT' ? EXIT_BAD_USAGE : EXIT_FAILED;
  }
}

/** The commands, for the help of the server as well. */
export function commandsHelp(): string {
  const lines = Object.entries(COMMANDS).flatMap(([name, command]) => [
    `  slipway ${synopsisOf(name, command)}`,
    `      ${command.summary}`,
  ]);
  return [
    'Usage: slipway [FLAGS]     starts the server; its flags: slipway --help',
    '       slipway COMMAND     does one thing and ends:',
    '',
    ...lines,
    '',
    'With --json a command prints one line of JSON. --data_dir and --cache_dir are as for the server. Connections whose keys',
    'the desktop app keeps cannot be used here: name an AWS profile or set the AWS variables.',
  ].join('\n');
}

function usageOf(name: string, command: Command): string {
  return [`Usage: slipway ${synopsisOf(name, command)}`, `  ${command.summary}`].join('\n');
}

function synopsisOf(name: string, { argument, options }: Command): string {
  const shown = Object.entries(options).map(([option, { type }]) =>
    type === 'boolean' ? `[--${option}]` : `[--${option}=…]`,
  );
  return [name, ...(argument === '' ? [] : [argument]), ...shown].join(' ');
}

function splitCommand(argv: readonly string[]): { readonly name: string; readonly rest: readonly string[] } {
  const [first = '', second = ''] = argv;
  const isGroup = Object.keys(COMMANDS).some((name) => name.startsWith(`${first} `));
  if (!isGroup) return { name: first, rest: argv.slice(1) };
  return second.startsWith('-')
    ? { name: first, rest: argv.slice(1) }
    : { name: `${first} ${second}`.trim(), rest: argv.slice(2) };
}

/** @throws Error in words for the user. */
function readArguments({ argument, options }: Command, rest: readonly string[]): CommandArguments {
  const { values, positionals } = parseArgs({ args: [...rest], options, allowPositionals: true, strict: true });
  const wanted = argument === '' ? 0 : 1;
  if (positionals.length < wanted) throw new Error(`${argument} is missing`);
  const [unexpected] = positionals.slice(wanted);
  if (unexpected !== undefined) throw new Error(`"${unexpected}" is too much`);
  return {
    argument: positionals[0] ?? '',
    text(name) {
      const value = values[name];
      return typeof value === 'string' ? value : undefined;
    },
    flag: (name) => values[name] === true,
  };
}
