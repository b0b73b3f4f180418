import { setTimeout as sleep } from 'node:timers/promises';

/** Bounds of a backoff, milliseconds. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Exponential backoff with full jitter: the n-th pause is uniform between 0 and `min(max, first * 2^n)`, so that many
 * neurons which lost one server don't come back at once.
 */
export class Backoff {
  readonly #bounds: BackoffBounds;
  readonly #random: () => number;
  #failures = 0;

  constructor(bounds: BackoffBounds, random: () => number = Math.random) {
    this.#bounds = bounds;
    this.#random = random;
  }

  /** Milliseconds to pause after one more failure. */
  next(): number {
    const ceiling = Math.min(this.#bounds.maxMs, this.#bounds.firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return this.#random() * ceiling;
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** Waits, or returns at once when `signal` is or becomes aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
