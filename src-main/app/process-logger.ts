import { pino, stdSerializers, type Logger as PinoLogger } from 'pino';
import type { Logger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';

/**
 * Logs JSON lines to standard error, which leaves standard output to what a caller asked for.
 * @param level least important lines that are written: debug, info, warn or error.
 */
export function createProcessLogger(level: string): Logger {
  // Whoever reads the log may go away; that is no reason to stop serving.
  process.stderr.on('error', () => undefined);
  return wrap(
    pino(
      {
        level,
        base: null,
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { error: describeError },
      },
      process.stderr,
    ),
  );
}

/** What was foreseen is told by its code and message; a stack trace is for what was not. */
function describeError(error: unknown): unknown {
  if (error instanceof ServingError) {
    const { code, message, cause } = error;
    return { code, message, ...(cause === undefined ? {} : { cause: describeError(cause) }) };
  }
  if (error instanceof Error && 'code' in error) return { code: error.code, message: error.message };
  return error instanceof Error ? stdSerializers.errWithCause(error) : error;
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
