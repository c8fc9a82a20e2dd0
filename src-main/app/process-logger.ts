import { pino, stdSerializers, type Logger as PinoLogger } from 'pino';
import type { LogFields, Logger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { LogLevel } from '../contracts/ui-logs.ts';
import { logText } from './log-text.ts';
import type { LogThreshold } from './log-threshold.ts';

export type LogFormat = 'json' | 'text';

/** Where a log is written to: standard error, which leaves standard output to what a caller asked for. */
type LogStream = Pick<NodeJS.WriteStream, 'write' | 'on' | 'isTTY' | 'hasColors'>;

/**
 * Logs JSON lines, or text for people. The words and fields are the same.
 * @param threshold which lines are written; asked for each.
 * @param format by default text on a terminal, JSON elsewhere.
 */
export function createProcessLogger(
  threshold: Pick<LogThreshold, 'passes'>,
  format?: LogFormat,
  stream: LogStream = process.stderr,
): Logger {
  // Whoever reads the log may go away; that is no reason to stop serving.
  stream.on('error', () => undefined);
  const wanted = format ?? (stream.isTTY ? 'text' : 'json');
  return gated(wanted === 'json' ? jsonLogger(stream) : textLogger(stream), threshold);
}

function jsonLogger(stream: LogStream): Logger {
  return wrap(
    pino(
      {
        level: 'debug',
        base: null,
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { error: describeError },
      },
      stream,
    ),
  );
}

/** Not by pino-pretty: that would read each line of JSON again, and brings ten packages with it. */
function textLogger(stream: LogStream): Logger {
  const colored = stream.isTTY && stream.hasColors();
  const withFields = (inherited: LogFields): Logger => {
    const log =
      (of: LogLevel): Logger['info'] =>
      (fields, message) => {
        const all: Record<string, unknown> = { ...inherited, ...fields };
        if ('error' in all) all['error'] = describeError(all['error']);
        stream.write(logText({ at: new Date(), level: of, message, fields: all }, colored));
      };
    return {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      child: (fields) => withFields({ ...inherited, ...fields }),
    };
  };
  return withFields({});
}

/** What was foreseen is told by its code and message; a stack trace is for what was not. */
export function describeError(error: unknown): unknown {
  if (error instanceof ServingError) {
    const { code, message, cause } = error;
    return { code, message, ...(cause === undefined ? {} : { cause: describeError(cause) }) };
  }
  if (error instanceof Error && 'code' in error) return { code: error.code, message: error.message };
  return error instanceof Error ? stdSerializers.errWithCause(error) : error;
}

/** Here and not in pino, whose child loggers keep the level that they were made with. */
function gated(logger: Logger, threshold: Pick<LogThreshold, 'passes'>): Logger {
  const log =
    (of: LogLevel): Logger['info'] =>
    (fields, message) => {
      if (threshold.passes(of)) logger[of](fields, message);
    };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (fields) => gated(logger.child(fields), threshold),
  };
}

function wrap(logger: PinoLogger): Logger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}
