import type { AdapterName, Forecast } from '../adapters/adapter.ts';

/**
 * How the adapters of one stream have done so far, on the same targets: a row counts only if every one of them had
 * forecast it, so no adapter looks good for having skipped the hard rows.
 */
export class TrackRecord {
  readonly #absoluteErrors: Map<AdapterName, number>;

  /** `names` in the order that breaks ties: first wins. */
  constructor(names: readonly AdapterName[]) {
    this.#absoluteErrors = new Map(names.map((name) => [name, 0]));
  }

  /** Scores one-step forecasts of a row that has come. */
  score(forecasts: ReadonlyMap<AdapterName, Forecast>, actual: number): void {
    if (forecasts.size < this.#absoluteErrors.size) return;
    for (const [name, { value }] of forecasts) {
      this.#absoluteErrors.set(name, (this.#absoluteErrors.get(name) ?? 0) + Math.abs(value - actual));
    }
  }

  /** The adapter with the smallest sum of absolute errors among those that have a forecast now. */
  best(forecasts: ReadonlyMap<AdapterName, Forecast>): AdapterName | undefined {
    let best: AdapterName | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [name, error] of this.#absoluteErrors) {
      if (!forecasts.has(name) || error >= least) continue;
      best = name;
      least = error;
    }
    return best;
  }
}
