import type { parseArgs } from 'node:util';
import { ServingError } from '../../contracts/serving-error.ts';
import { escaped } from '../log-text.ts';

/** What a subcommand needs of its process. */
export interface CommandContext {
  /** Absolute path of the folder that holds `out`. */
  readonly installation: string;
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

export type OptionDefinitions = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/** A command such as `cache prune`. */
export interface Command {
  /** What is written after the name: `URI`; empty for nothing. */
  readonly argument: '' | 'URI' | 'NAME' | 'ID';
  /** One line for the help. */
  readonly summary: string;
  readonly options: OptionDefinitions;
  /** @returns the exit code. @throws ServingError. */
  run(given: CommandArguments, context: CommandContext): Promise<number>;
}

/** A command line, as it was written and found to be in order. */
export interface CommandArguments {
  /** Empty for a command without an argument. */
  readonly argument: string;
  text(name: string): string | undefined;
  flag(name: string): boolean;
}

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_BAD_USAGE = 2;

/** Where the settings are, as that of the server says. */
export const DATA_OPTION = { data_dir: { type: 'string' } } as const satisfies OptionDefinitions;

/** The same, and where the local copies are. */
export const PLACE_OPTIONS = { ...DATA_OPTION, cache_dir: { type: 'string' } } as const satisfies OptionDefinitions;

export const JSON_OPTION = { json: { type: 'boolean' } } as const satisfies OptionDefinitions;

/** @throws ServingError INVALID_ARGUMENT. */
export function countOption(given: CommandArguments, name: string): number | undefined {
  const text = given.text(name);
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/u.test(text)) return Number(text);
  throw new ServingError('INVALID_ARGUMENT', `--${name} must be a whole number`);
}

/** Rows as columns, a line each, whatever is in them; numbers, which are the texts that begin with a digit, to the right. */
export function table(heads: readonly string[], texts: readonly (readonly string[])[]): readonly string[] {
  const rows = texts.map((row) => row.map(escaped));
  const widths = heads.map((head, index) => Math.max(head.length, ...rows.map((row) => (row[index] ?? '').length)));
  const isNumber = heads.map((_, index) => rows.every((row) => /^(?:\d|$|-$)/u.test(row[index] ?? '')));
  return [heads, ...rows].map((row) =>
    row
      .map((text, index) => {
        const width = widths[index] ?? 0;
        return isNumber[index] === true && rows.length > 0 ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A time for people, to the second, in UTC. */
export function timeText(ms: number): string {
  return ms === 0 ? '-' : new Date(ms).toISOString().replace('T', ' ').slice(0, 19);
}
