/** Timers are late anyway; shorter stretches hurt nobody. */
const TICK_MS = 2;

/** Follows how long the event loop of this thread is kept from turning. */
export interface LongestTurn {
  reset(): void;
  /**
   * The longest stretch without a turn since the last reset, in milliseconds of CPU time of this thread: unlike a delay on
   * the clock it does not grow when other processes take the machine. Too long by a tick at most.
   */
  longestMs(): number;
  stop(): void;
}

export function followTurns(): LongestTurn {
  let last = cpuMs();
  let longest = 0;
  const timer = setInterval(() => {
    const now = cpuMs();
    longest = Math.max(longest, now - last);
    last = now;
  }, TICK_MS);
  timer.unref();
  return {
    reset() {
      last = cpuMs();
      longest = 0;
    },
    longestMs: () => longest,
    stop: () => clearInterval(timer),
  };
}

/** CPU time of this thread. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
