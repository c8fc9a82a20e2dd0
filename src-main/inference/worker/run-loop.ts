/** Something that needs the process's one thread of inference for a while: a batch of a model, a load, an unload. */
export interface Turn {
  /** The model it is for. */
  readonly handle: number;
  /** Does one piece of work. Must not reject. @returns whether there is more to do. */
  run(): Promise<boolean>;
}

/**
 * Gives one turn at a time, first come, first served; who has more to do queues up again, so that every model gets its
 * share. Between two turns the event loop polls, so that cancellations and new requests are read.
 */
export class RunLoop {
  readonly #onTurn: (handle: number) => void;
  readonly #queue: Turn[] = [];
  readonly #queued = new Set<Turn>();
  #running = false;
  #planned = false;

  /** @param onTurn is called before each turn with the model it is for. */
  constructor(onTurn: (handle: number) => void) {
    this.#onTurn = onTurn;
  }

  /**
   * Queues a turn; one that is queued already stays where it is, and the turn itself may be running now.
   * Call {@link start} when everything that came in at once is queued.
   */
  add(turn: Turn): void {
    if (this.#queued.has(turn)) return;
    this.#queued.add(turn);
    this.#queue.push(turn);
  }

  /** Gives the next turn now, unless one is being taken. */
  start(): void {
    if (!this.#running && !this.#planned) this.#next();
  }

  #next(): void {
    const turn = this.#queue.shift();
    if (!turn) return;
    this.#queued.delete(turn);
    this.#running = true;
    this.#onTurn(turn.handle);
    void this.#take(turn);
  }

  async #take(turn: Turn): Promise<void> {
    const more = await turn.run();
    this.#running = false;
    if (more) this.add(turn);
    if (this.#queue.length === 0) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#next();
    });
  }
}
