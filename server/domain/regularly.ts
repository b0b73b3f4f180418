/** Does something again and again, one at a time, until it is stopped. */
export class Regularly {
  readonly #work: () => Promise<void>;
  readonly #everyMs: number;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;

  constructor(work: () => Promise<void>, everyMs: number, onFailure: (error: unknown) => void) {
    this.#work = work;
    this.#everyMs = everyMs;
    this.#onFailure = onFailure;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#working ??= this.#work()
        .catch(this.#onFailure)
        .finally(() => {
          this.#working = undefined;
        });
    }, this.#everyMs);
  }

  /** Finishes what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
  }
}
