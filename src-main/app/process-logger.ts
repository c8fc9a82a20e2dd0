import { pino, stdSerializers, type Logger as PinoLogger } from 'pino';
import type { Logger } from '../contracts/logger.ts';

/**
 * Logs JSON lines to standard error, which leaves standard output to what a caller asked for.
 * @param level least important lines that are written: debug, info, warn or error.
 */
export function createProcessLogger(level: string): Logger {
  return wrap(
    pino(
      {
        level,
        base: null,
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { error: stdSerializers.errWithCause },
      },
      process.stderr,
    ),
  );
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
