/** Newest ratios that quantiles are made of, and the fewest. */
const ROWS = 250;
const LEAST_ROWS = 10;
/** How far a miss moves its level. */
const STEP = 0.03;

/**
 * Quantiles of how far off forecasts are, in sizes of what errors were just before: empirical ones of the newest ratios
 * (actual − forecast) / size, at levels that every further ratio moves by whether its quantile held.
 */
export class Spread {
  readonly #levels: readonly number[];
  /** The level that is asked of the ratios so that `#levels` comes out. */
  readonly #adapted: number[];
  readonly #ratios: number[] = [];
  readonly #step: number;
  readonly #least: number;

  /** Forecasts `horizon` steps ahead miss several times in a row, so each of them counts less. */
  constructor(levels: readonly number[], horizon = 1) {
    this.#levels = levels;
    this.#adapted = [...levels];
    this.#step = STEP / horizon;
    this.#least = Math.max(LEAST_ROWS, 2 * horizon);
  }

  /** `claimed`: the offsets at the time when that forecast was made. @default as they are now */
  learn(ratio: number, claimed = this.offsets()): void {
    for (const [index, level] of this.#levels.entries()) {
      const bound = claimed?.[index];
      if (bound === undefined) break;
      const held = ratio <= bound ? 1 : 0;
      const moved = (this.#adapted[index] ?? level) + this.#step * (level - held);
      this.#adapted[index] = Math.min(0.999, Math.max(0.001, moved));
    }
    this.#ratios.push(ratio);
    if (this.#ratios.length > ROWS) this.#ratios.shift();
  }

  /** For each level the quantile, ascending; undefined before there are ratios enough. */
  offsets(): number[] | undefined {
    if (this.#ratios.length < this.#least) return undefined;
    const sorted = Float64Array.from(this.#ratios).sort();
    const offsets = this.#levels.map((level, index) => quantile(sorted, this.#adapted[index] ?? level));
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
