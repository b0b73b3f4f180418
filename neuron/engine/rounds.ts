import { Backoff, type BackoffBounds } from '../backoff.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';

export interface RoundsOptions {
  readonly windowMs: number;
  readonly backoff: BackoffBounds;
  readonly logger: Logger;
  /** Makes the predictions of a round. If it throws, the same streams come again. */
  readonly run: (streams: ReadonlySet<number>) => void;
}

/**
 * Turns arrivals into rounds: streams touched within one window are predicted together, however many of their
 * observations came. While held (during the catch-up with history) arrivals are only remembered.
 */
export class Rounds {
  readonly #options: RoundsOptions;
  readonly #backoff: Backoff;
  #touched = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #held = true;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
  }

  touch(streams: Iterable<number>): void {
    for (const stream of streams) this.#touched.add(stream);
    this.#schedule(this.#options.windowMs);
  }

  /** No rounds until `release`: what is newest now is about to be old. */
  hold(): void {
    this.#held = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  release(): void {
    this.#held = false;
    this.#schedule(0);
  }

  /** Finishes the round at hand. Nothing may be touched after. */
  stop(): void {
    if (!this.#held) this.#run();
    this.hold();
  }

  #schedule(ms: number): void {
    if (this.#held || this.#timer || this.#touched.size === 0) return;
    this.#timer = setTimeout(() => this.#run(), ms);
  }

  #run(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#touched.size === 0) return;
    const streams = this.#touched;
    this.#touched = new Set();
    try {
      this.#options.run(streams);
      this.#backoff.reset();
    } catch (error) {
      for (const stream of streams) this.#touched.add(stream);
      this.#options.logger.error(
        { error: messageOf(error) },
        'a round of predictions failed; it is tried again',
      );
      this.#schedule(this.#backoff.next());
    }
  }
}
