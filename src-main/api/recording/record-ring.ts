/** The last so many values, by consecutive numbers. Adding one costs the same however many are kept. */
export class RecordRing<T> {
  readonly #capacity: number;
  readonly #slots: (T | undefined)[];
  #first = 1;
  #next = 1;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#slots = Array.from({ length: capacity });
  }

  /** The number of the oldest value; one above {@link last} where there is none. */
  get first(): number {
    return this.#first;
  }

  /** The number of the newest value, whether it is still kept or not; 0 before the first. */
  get last(): number {
    return this.#next - 1;
  }

  get size(): number {
    return this.#next - this.#first;
  }

  /** @returns the value that had to make room, if one had. */
  push(value: T): T | undefined {
    const dropped = this.size === this.#capacity ? this.shift() : undefined;
    this.#slots[this.#next % this.#capacity] = value;
    this.#next += 1;
    return dropped;
  }

  /** Takes the oldest value out. */
  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const slot = this.#first % this.#capacity;
    const value = this.#slots[slot];
    this.#slots[slot] = undefined;
    this.#first += 1;
    return value;
  }

  at(number: number): T | undefined {
    return number >= this.#first && number < this.#next ? this.#slots[number % this.#capacity] : undefined;
  }

  /** Numbers go on where they were. */
  clear(): void {
    this.#slots.fill(undefined);
    this.#first = this.#next;
  }
}
