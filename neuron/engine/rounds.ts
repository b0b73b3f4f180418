import { Backoff, type BackoffBounds } from '../backoff.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';

export interface RoundsOptions {
  readonly windowMs: number;
  readonly backoff: BackoffBounds;
  readonly logger: Logger;
  /** Makes the predictions of a round. If it throws, the same streams come again. */
  readonly run: (streams: ReadonlySet<number>) => Promise<void>;
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
  #running: Promise<void> | undefined;
  #held = true;
  /** Until the next round, if something was touched meanwhile. */
  #pauseMs = 0;

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
  async stop(): Promise<void> {
    await this.#running;
    if (!this.#held) await this.#run();
    this.hold();
  }

  /** One round at a time: what is touched meanwhile makes the next one. */
  #schedule(ms: number): void {
    if (this.#held || this.#timer || this.#running || this.#touched.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
        this.#schedule(this.#pauseMs);
      });
    }, ms);
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#touched.size === 0) return;
    const streams = this.#touched;
    this.#touched = new Set();
    try {
      await this.#options.run(streams);
      this.#backoff.reset();
      this.#pauseMs = this.#options.windowMs;
    } catch (error) {
      for (const stream of streams) this.#touched.add(stream);
      this.#options.logger.error(
        { error: messageOf(error) },
        'a round of predictions failed; it is tried again',
      );
      this.#pauseMs = this.#backoff.next();
    }
  }
}
