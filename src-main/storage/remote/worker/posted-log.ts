import { asServingError } from '../../../contracts/serving-error.ts';
import type { LogFields, Logger } from '../../../contracts/logger.ts';
import type { StoreMessage } from '../store-protocol.ts';

/**
 * A logger that has the server log. Of errors only the words that are fit for anybody go across: what the SDK throws
 * holds headers, and so signatures.
 */
export function createPostedLog(post: (message: StoreMessage) => void, own: LogFields = {}): Logger {
  const at =
    (level: 'info' | 'warn' | 'error'): Logger['info'] =>
    (fields, message) =>
      post({ kind: 'log', level, fields: asTexts({ ...own, ...fields }), message });
  return {
    debug: () => undefined,
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => createPostedLog(post, { ...own, ...fields }),
  };
}

function asTexts(fields: LogFields): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Error) texts[name] = asServingError(value).message;
    else if (typeof value === 'string') texts[name] = value;
    else texts[name] = JSON.stringify(value) ?? '';
  }
  return texts;
}
