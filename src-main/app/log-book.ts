import type { LogFields, Logger } from '../contracts/logger.ts';
import type { LogBoard, LogLevel, LogLine } from '../contracts/ui-logs.ts';
import type { Clock } from '../core/clock.ts';
import { escaped, fieldsText } from './log-text.ts';
import type { LogThreshold } from './log-threshold.ts';
import { describeError } from './process-logger.ts';

/** Characters of one line's details that are kept. */
const MAX_DETAIL = 8192;

export interface LogBookOptions {
  /** Which lines are kept; asked for each. */
  readonly threshold: LogThreshold;
  /** Lines that are kept; default 100,000. */
  readonly maxLines?: number;
  /** Characters that they may have together; default 32 Mi. */
  readonly maxCharacters?: number;
}

/** Which lines: see the command `readLogs`. */
export interface LogRange {
  readonly afterLine?: number | undefined;
  readonly beforeLine?: number | undefined;
  readonly limit: number;
}

/** The last lines of the log, for the user interface. */
export interface LogBook {
  /** Writes to the given log and into the book. Its field `component` says which part of the server speaks. */
  readonly log: Logger;
  read(range: LogRange): readonly LogLine[];
  current(): LogBoard;
  subscribe(onChange: () => void): () => void;
  /** What decides which lines are kept. */
  readonly threshold: LogThreshold;
}

/** @param log where lines go besides; it decides itself what it takes. */
export function createLogBook(
  { threshold, maxLines = 100_000, maxCharacters = 32 * 1024 ** 2 }: LogBookOptions,
  { log, clock }: { readonly log: Logger; readonly clock: Pick<Clock, 'now'> },
): LogBook {
  const listeners = new Set<() => void>();
  /** A ring: the line with number n is at (n - 1) % maxLines. */
  const ring: LogLine[] = [];
  let firstLine = 1;
  let lastLine = 0;
  let characters = 0;
  let errors = 0;
  let warnings = 0;

  const at = (sequence: number): LogLine | undefined => ring[(sequence - 1) % maxLines];

  const keep = (line: LogLine): void => {
    lastLine = line.sequence;
    characters += sizeOf(line);
    if (lastLine - firstLine >= maxLines) dropFirst();
    ring[(lastLine - 1) % maxLines] = line;
    while (characters > maxCharacters && firstLine < lastLine) dropFirst();
    if (line.level === 'error') errors += 1;
    if (line.level === 'warn') warnings += 1;
    for (const listener of listeners) listener();
  };

  const dropFirst = (): void => {
    const first = at(firstLine);
    if (first) characters -= sizeOf(first);
    firstLine += 1;
  };

  const record = (of: LogLevel, fields: LogFields, message: string): void => {
    const { component, servable, version, error, ...rest } = fields;
    const { shown, stacks } = fieldsText(error === undefined ? rest : { ...rest, error: describeError(error) });
    keep({
      sequence: lastLine + 1,
      atMs: clock.now(),
      level: of,
      component: typeof component === 'string' ? component : '',
      ...(typeof servable === 'string' && { model: servable }),
      ...(typeof version === 'string' && { version }),
      message: escaped(message),
      detail: [shown, ...stacks].join('\n').slice(0, MAX_DETAIL),
    });
  };

  const bookFor = (inner: Logger, inherited: LogFields): Logger => {
    const method =
      (of: LogLevel): Logger['info'] =>
      (fields, message) => {
        inner[of](fields, message);
        if (threshold.passes(of)) record(of, { ...inherited, ...fields }, message);
      };
    return {
      debug: method('debug'),
      info: method('info'),
      warn: method('warn'),
      error: method('error'),
      child: (fields) => bookFor(inner.child(fields), { ...inherited, ...fields }),
    };
  };

  return {
    threshold,
    log: bookFor(log, {}),
    read({ afterLine, beforeLine = lastLine + 1, limit }) {
      const end = Math.min(beforeLine, lastLine + 1);
      const begin = afterLine === undefined ? Math.max(firstLine, end - limit) : Math.max(firstLine, afterLine + 1);
      const lines: LogLine[] = [];
      for (let sequence = begin; sequence < Math.min(end, begin + limit); sequence += 1) {
        const line = at(sequence);
        if (line) lines.push(line);
      }
      return lines;
    },
    current: () => ({ firstLine: lastLine === 0 ? 0 : firstLine, lastLine, errors, warnings }),
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

const sizeOf = ({ message, detail }: LogLine): number => message.length + detail.length + 100;
