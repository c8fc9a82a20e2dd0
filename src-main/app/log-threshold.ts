import type { LogLevel } from '../contracts/ui-logs.ts';
import { LOG_LEVELS } from './log-text.ts';

/** The least important lines that are logged, the same for all who write them; it can change while the program runs. */
export interface LogThreshold {
  readonly level: LogLevel;
  set(level: LogLevel): void;
  /** Whether lines of this level are logged now. */
  passes(level: LogLevel): boolean;
}

export function createLogThreshold(initial: LogLevel): LogThreshold {
  let level = initial;
  let least = LOG_LEVELS.indexOf(initial);
  return {
    get level() {
      return level;
    },
    set(wanted) {
      level = wanted;
      least = LOG_LEVELS.indexOf(wanted);
    },
    passes: (of) => LOG_LEVELS.indexOf(of) >= least,
  };
}
