import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work on the main thread gives the event loop back after so many ms, and goes on in the next turn. */
const SLICE_MS = 5;

/** Cuts long work on the main thread into slices. Everything that shares one has its turns together. */
export class Turns {
  readonly #clock: () => number;
  #since: number;

  /** `clock`: ms, never goes back. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#since = clock();
  }

  /** To be called between pieces of work: undefined while the slice lasts, then a promise of the next turn. */
  readonly next = (): Promise<void> | undefined => {
    if (this.#clock() - this.#since < SLICE_MS) return undefined;
    return nextTurn().then(() => {
      this.#since = this.#clock();
    });
  };
}
