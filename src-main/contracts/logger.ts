/** Fields of one log line; an error goes in as `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

type Log = (fields: LogFields, message: string) => void;

/** What the code logs to. Fields carry the facts, the message says what happened in a few constant words. */
export interface Logger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

const drop: Log = () => undefined;

/** Drops every line. */
export const silentLogger: Logger = { debug: drop, info: drop, warn: drop, error: drop, child: () => silentLogger };
