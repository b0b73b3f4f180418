import type { Slots } from './slots.ts';

/** Cycles that a profile remembers, and what the weight of one is beside the next newer one. */
const CYCLES = 28;
const DECAY = 0.95;

/** Rows before a target that its profile reaches back to, at most. */
export function profileReach(period: number): number {
  return CYCLES * period + 1;
}

/**
 * What usually happens at a phase of a season: the mean change of the rows that were there in the cycles before, newer
 * ones weighing more. One cycle's change is mostly noise; the mean of many is what the season itself does.
 */
export class Profile {
  readonly #period: number;
  readonly #slots: Slots;
  readonly #changeOf: (row: number) => number;
  /** What was worked out already; NaN where nothing was. A row's profile never changes: it is made of older ones. */
  readonly #known: Float64Array;

  /** `rows`: how many there are or will be. */
  constructor(period: number, rows: number, slots: Slots, changeOf: (row: number) => number) {
    this.#period = period;
    this.#slots = slots;
    this.#changeOf = changeOf;
    this.#known = new Float64Array(rows + 1).fill(Number.NaN);
  }

  /** Of `row`, whose own change is not looked at; 0 where there is no cycle before. */
  at(row: number): number {
    if (row < 1) return 0;
    const known = this.#known[row] ?? Number.NaN;
    if (!Number.isNaN(known)) return known;
    let sum = 0;
    let total = 0;
    for (let cycle = 1, weight = 1; cycle <= CYCLES; cycle += 1, weight *= DECAY) {
      const before = this.#slots.back(row, cycle * this.#period);
      if (before < 1) break;
      sum += weight * this.#changeOf(before);
      total += weight;
    }
    const mean = total > 0 ? sum / total : 0;
    this.#known[row] = mean;
    return mean;
  }
}
