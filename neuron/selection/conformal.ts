import type { ForecastQuantile } from '../adapters/adapter.ts';
import { Spread } from './spread.ts';

/** Weight of the newest error in the size that errors have lately. */
const MEMORY = 0.06;

/**
 * Quantiles around a forecast by adaptive conformal inference (Gibbs and Candès 2021): empirical quantiles of the past
 * errors, each divided by how large errors were just before it, at levels that are moved after every row by whether the
 * quantile held. So coverage comes out right whatever the distribution, and follows when it changes.
 */
export class Conformal {
  readonly #levels: readonly number[];
  readonly #spread: Spread;
  #size = 0;
  #rows = 0;

  /** `levels` ascending, each strictly between 0 and 1. */
  constructor(levels: readonly number[]) {
    this.#levels = levels;
    this.#spread = new Spread(levels);
  }

  /** How large one-step errors are lately; 0 before the first. */
  get size(): number {
    return this.#size;
  }

  /** Takes the error (forecast − actual) of a one-step forecast. */
  push(error: number): void {
    const miss = -error;
    if (this.#size > 0) this.#spread.learn(miss / this.#size);
    this.#rows += 1;
    // A plain mean at first, so that the first error does not weigh on for long.
    this.#size += Math.max(MEMORY, 1 / this.#rows) * (Math.abs(miss) - this.#size);
  }

  /**
   * The quantiles of what comes `horizon` steps after the last row, given its forecast; none before there are errors
   * enough. `far`: quantiles of that horizon's own errors, in sizes of one-step errors, one for each level. Where they
   * are not known, one-step errors are taken to add up like independent ones, by √horizon.
   */
  around(value: number, horizon: number, far?: readonly number[]): ForecastQuantile[] {
    const near = this.#spread.offsets();
    if (!near) return [];
    const widen = Math.sqrt(horizon);
    return this.#levels.map((level, index) => {
      const offset = far?.[index] ?? widen * (near[index] ?? 0);
      return { level, value: value + this.#size * offset };
    });
  }
}
