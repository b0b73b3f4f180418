import type { EpochMs } from '../../schema/time.ts';
import type { Pattern } from './adapter.ts';

/**
 * Finds rows a number of steps back. Where rows are missing from a regular series, it counts time instead of rows,
 * so "a day ago" stays a day ago, and the last row at or before that time is taken: none is invented.
 */
export class Slots {
  /** Steps of the cadence since the first row, for each row and those that are still to come. */
  readonly #slots: Int32Array | undefined;

  /** `ahead` rows after the last are taken to come on time. */
  constructor(times: readonly EpochMs[], { cadenceMs, regular }: Pattern, ahead: number) {
    const n = times.length;
    const first = times[0] ?? 0;
    const span = ((times[n - 1] ?? 0) - first) / cadenceMs;
    if (!regular || !(cadenceMs > 0) || Math.abs(span - (n - 1)) < 0.5 || span > 2_000_000_000) return;
    this.#slots = new Int32Array(n + ahead);
    for (let row = 0; row < n; row += 1) {
      this.#slots[row] = Math.round(((times[row] ?? 0) - first) / cadenceMs);
    }
    for (let row = n; row < n + ahead; row += 1) this.#slots[row] = (this.#slots[row - 1] ?? 0) + 1;
  }

  /** The row `steps` before `row`; the first row where there is none so old. */
  back(row: number, steps: number): number {
    const slots = this.#slots;
    let found = Math.max(row - steps, 0);
    if (!slots) return found;
    const wanted = (slots[row] ?? 0) - steps;
    while (found > 0 && (slots[found] ?? 0) > wanted) found -= 1;
    while (found + 1 < row && (slots[found + 1] ?? 0) <= wanted) found += 1;
    return found;
  }
}
