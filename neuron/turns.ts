/** Work on the main thread gives the event loop back after so many ms, and goes on in a later turn. */
const SLICE_MS = 5;

/**
 * Cuts long work on the main thread into slices. Whoever shares one works in turns: there is one slice in a turn of
 * the event loop, whoever else has something to do.
 */
export class Turns {
  readonly #clock: () => number;
  readonly #waiting: (() => void)[] = [];
  #scheduled = false;
  #since: number;

  /** `clock`: ms, never goes back. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#since = clock();
  }

  /** To be called between pieces of work: undefined while the slice lasts, then a promise of the next one. */
  readonly next = (): Promise<void> | undefined => {
    if (this.#clock() - this.#since < SLICE_MS) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  };

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#since = this.#clock();
      this.#waiting.shift()?.();
      this.#schedule();
    });
  }
}
