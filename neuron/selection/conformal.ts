import type { ForecastQuantile } from '../adapters/adapter.ts';

/** Newest errors that quantiles are made of, and the fewest. */
const ROWS = 250;
const LEAST_ROWS = 10;
/** Weight of the newest error in the size that errors have lately. */
const MEMORY = 0.06;
/** How far a miss moves its level. */
const STEP = 0.03;

/**
 * Quantiles around a forecast by adaptive conformal inference (Gibbs and Candès 2021): empirical quantiles of the past
 * errors, each divided by how large errors were just before it, at levels that are moved after every row by whether the
 * quantile held. So coverage comes out right whatever the distribution, and follows when it changes.
 */
export class Conformal {
  readonly #levels: readonly number[];
  /** The level that is asked of the errors so that `#levels` comes out. */
  readonly #adapted: number[];
  /** Errors (actual − forecast) over the size of errors before them. */
  readonly #ratios: number[] = [];
  #size = 0;
  #rows = 0;

  /** `levels` ascending, each strictly between 0 and 1. */
  constructor(levels: readonly number[]) {
    this.#levels = levels;
    this.#adapted = [...levels];
  }

  /** Takes the error (forecast − actual) of a one-step forecast. */
  push(error: number): void {
    const miss = -error;
    const bounds = this.#offsets(this.#levels);
    for (const [index, level] of this.#levels.entries()) {
      const bound = bounds?.[index];
      if (bound === undefined) break;
      const held = miss <= bound ? 1 : 0;
      this.#adapted[index] = Math.min(
        0.999,
        Math.max(0.001, (this.#adapted[index] ?? level) + STEP * (level - held)),
      );
    }
    if (this.#size > 0) {
      this.#ratios.push(miss / this.#size);
      if (this.#ratios.length > ROWS) this.#ratios.shift();
    }
    this.#rows += 1;
    // A plain mean at first, so that the first error does not weigh on for long.
    this.#size += Math.max(MEMORY, 1 / this.#rows) * (Math.abs(miss) - this.#size);
  }

  /**
   * The quantiles of what comes `horizon` steps after the last row, given its forecast; none before there are errors
   * enough. Only one-step errors are known: further ahead they are taken to add up like independent ones, by √horizon.
   */
  around(value: number, horizon: number): ForecastQuantile[] {
    const offsets = this.#offsets(this.#levels);
    if (!offsets) return [];
    const widen = Math.sqrt(horizon);
    return this.#levels.map((level, index) => ({ level, value: value + widen * (offsets[index] ?? 0) }));
  }

  #offsets(levels: readonly number[]): number[] | undefined {
    if (this.#ratios.length < LEAST_ROWS) return undefined;
    const sorted = Float64Array.from(this.#ratios).sort();
    const offsets = levels.map(
      (level, index) => this.#size * quantile(sorted, this.#adapted[index] ?? level),
    );
    // Levels are moved one by one and may cross: sorted, they can't.
    return offsets.sort((a, b) => a - b);
  }
}

/** By linear interpolation between the order statistics at (i − ½) / n (Hyndman and Fan 1996, type 5). */
function quantile(sorted: Float64Array, level: number): number {
  const at = Math.min(sorted.length - 1, Math.max(0, level * sorted.length - 0.5));
  const below = Math.floor(at);
  const low = sorted[below] ?? 0;
  return low + (at - below) * ((sorted[below + 1] ?? low) - low);
}
