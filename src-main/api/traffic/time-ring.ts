/**
 * Which place of an array belongs to which step of time, where the newest steps take the places of the oldest. The arrays
 * are their owner's. Times are milliseconds since the Unix epoch.
 */
export class TimeRing {
  readonly stepMs: number;
  /** Steps that have a place, the one that is not over included. */
  readonly size: number;
  /** The step in which the ring was made, by its number since the epoch: before it, nobody knows. */
  readonly first: number;
  readonly #onReused: (slot: number) => void;
  #newest: number;

  /** @param onReused empties a place: another step begins there. */
  constructor(
    { stepMs, steps, nowMs }: { readonly stepMs: number; readonly steps: number; readonly nowMs: number },
    onReused: (slot: number) => void,
  ) {
    this.stepMs = stepMs;
    this.size = steps;
    this.first = Math.floor(nowMs / stepMs);
    this.#newest = this.first;
    this.#onReused = onReused;
  }

  /** Moves on to this time. @returns the number of the step that runs, since the epoch. */
  advance(nowMs: number): number {
    const step = Math.floor(nowMs / this.stepMs);
    // Steps that were left out begin empty; a clock that is set back goes on in the newest step.
    for (let next = Math.max(this.#newest + 1, step - this.size + 1); next <= step; next += 1) {
      this.#onReused(next % this.size);
    }
    this.#newest = Math.max(this.#newest, step);
    return this.#newest;
  }

  /** @returns the place of the step that runs. */
  slotAt(nowMs: number): number {
    return this.advance(nowMs) % this.size;
  }

  /** @returns the places of the last full steps, oldest first; at most as many as are kept. */
  last(steps: number, nowMs: number): readonly number[] {
    const newest = this.advance(nowMs);
    const count = Math.min(steps, this.size - 1);
    return Array.from({ length: count }, (_, at) => (newest - count + at) % this.size);
  }
}
