/** Time as the core sees it; tests drive it by hand. */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` or on abort, whichever is first; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
