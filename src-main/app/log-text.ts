import { inspect, styleText } from 'node:util';
import type { LogFields } from '../contracts/logger.ts';
import { LogLevel } from '../contracts/ui-logs.ts';

/** Least important first. */
export const LOG_LEVELS = LogLevel.options;

const WORDS: Readonly<Record<LogLevel, string>> = { debug: 'DEBUG', info: 'INFO ', warn: 'WARN ', error: 'ERROR' };
const COLORS = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

export interface LogLine {
  readonly at: Date;
  readonly level: LogLevel;
  readonly message: string;
  /** Serialized already, an error too. */
  readonly fields: LogFields;
}

/**
 * A line of the log for people: time of day, level, message, then the fields as `name=value`; the stack of an unforeseen
 * error on lines of its own. What could steer a terminal is escaped.
 */
export function logText({ at, level, message, fields }: LogLine, colored: boolean): string {
  const paint = (style: 'dim' | (typeof COLORS)[LogLevel], text: string): string =>
    colored && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  const { shown, stacks } = fieldsText(fields);
  const head = `${paint('dim', timeOfDay(at))} ${paint(COLORS[level], WORDS[level])} ${escaped(message)}`;
  const lines = [shown === '' ? head : `${head}  ${paint('dim', shown)}`, ...stacks];
  return `${lines.join('\n')}\n`;
}

/** Fields as `name=value`, and the stacks of unforeseen errors as lines. @param fields serialized already, an error too. */
export function fieldsText(fields: LogFields): { readonly shown: string; readonly stacks: readonly string[] } {
  const stacks: string[] = [];
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${escaped(name)}=${valueText(value, stacks)}`)
    .join(' ');
  return { shown, stacks };
}

function timeOfDay(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const ms = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}

function valueText(value: unknown, stacks: string[]): string {
  if (typeof value === 'string') return /^[^\s"=]+$/u.test(value) ? escaped(value) : escaped(JSON.stringify(value));
  const plain = isRecord(value) ? withoutStacks(value, stacks) : value;
  if (isRecord(plain) && typeof plain['code'] === 'string' && typeof plain['message'] === 'string' && !plain['cause']) {
    return escaped(JSON.stringify(`${plain['code']}: ${plain['message']}`));
  }
  return escaped(jsonText(plain));
}

/** Takes the stacks of an error and of its causes out, as lines. */
function withoutStacks({ stack, ...error }: Readonly<Record<string, unknown>>, stacks: string[]): LogFields {
  if (typeof stack === 'string') stacks.push(...stack.split('\n').map((line) => `    ${escaped(line.trim())}`));
  const { cause } = error;
  return isRecord(cause) ? { ...error, cause: withoutStacks(cause, stacks) } : error;
}

/** A log line must not fail, whatever is in it. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return inspect(value, { breakLength: Infinity });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Control characters, those above ASCII too, and what turns the direction of a text. */
const STEERING = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/gu;

/** What could steer a terminal, or make a text look like another one, made visible. */
export function escaped(text: string): string {
  return text.replaceAll(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
