import type { EpochMs } from '../../schema/time.ts';
import type { Series } from '../adapters/adapter.ts';

/**
 * The newest rows of a stream as a series, at least `limit` of them once there are as many. It grows to twice that
 * before the oldest are cut off, so an append costs next to nothing.
 */
export class History {
  readonly #limit: number;
  #times: EpochMs[] = [];
  #values: number[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  append(time: EpochMs, value: number): void {
    if (this.#values.length >= 2 * this.#limit) {
      this.#times = this.#times.slice(-this.#limit);
      this.#values = this.#values.slice(-this.#limit);
    }
    this.#times.push(time);
    this.#values.push(value);
  }

  /** The rows as they are now: a live view, to be read before the next append. */
  get series(): Series {
    return { times: this.#times, values: this.#values };
  }

  get newestTime(): EpochMs | undefined {
    return this.#times.at(-1);
  }
}
