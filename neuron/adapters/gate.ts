import { meanAbsolute } from './error-record.ts';

/** Newest rows that the gate is set by, and the fewest. */
export const GATE_ROWS = 768;
const LEAST_GATE_ROWS = 8;
const GATES = [1, 0.75, 0.5, 0.25];
/**
 * Standard errors that a gain over naive has to measure before it is believed, over so many rows or fewer: many gates and two
 * tests have a chance. Over more rows the same gain a row is enough, which then comes to fewer of what 384 rows would
 * show: a gain that goes on for longer need not be as large to be one.
 */
const SIGNIFICANCE = { errors: 3, rows: 384 };
/** Rows are no calmer than this share of the mean: a gain where naive hardly errs would count for too much. */
const LEAST_SIZE = 0.1;

/** Errors on the same rows, oldest first. */
export interface GateRows {
  readonly combined: readonly number[];
  readonly naive: readonly number[];
  /** How large naive's errors were just before each row. */
  readonly sizes: readonly number[];
}

/**
 * How far to trust the combined members. Whether at all is tested: 0 unless the gain over naive of some factor is significant.
 * How far is estimated: the factor with the least error, be its own gain significant or not, as smaller steps are
 * always the surer ones. The gain is measured as it is and in sizes of naive's errors just before: on a stream that comes
 * in bursts a few rows make nearly all of the error, so a gain shows in the calm ones long before it does in the sum.
 */
export function gateOf({ combined, naive, sizes }: GateRows): number {
  if (combined.length < LEAST_GATE_ROWS) return 0;
  const floor = LEAST_SIZE * meanAbsolute(naive);
  const bar = SIGNIFICANCE.errors * Math.sqrt(SIGNIFICANCE.rows / Math.max(SIGNIFICANCE.rows, naive.length));
  let best = 0;
  let most = 0;
  let isProven = false;
  for (const gate of GATES) {
    const [plain, scaled] = [new Moments(), new Moments()];
    for (let row = 0; row < naive.length; row += 1) {
      const unmoved = naive[row] ?? 0;
      const gain = Math.abs(unmoved) - Math.abs(unmoved + gate * ((combined[row] ?? unmoved) - unmoved));
      plain.add(gain);
      scaled.add(gain / Math.max(sizes[row] ?? 0, floor));
    }
    if (!(plain.mean > 0)) continue;
    isProven ||= plain.mean > bar * plain.error || scaled.mean > bar * scaled.error;
    if (plain.mean <= most) continue;
    best = gate;
    most = plain.mean;
  }
  return isProven ? best : 0;
}

/** The mean of numbers and its standard error, in one go. */
class Moments {
  #count = 0;
  #sum = 0;
  #squares = 0;

  add(value: number): void {
    this.#count += 1;
    this.#sum += value;
    this.#squares += value * value;
  }

  get mean(): number {
    return this.#sum / this.#count;
  }

  get error(): number {
    const squares = Math.max(0, this.#squares - this.#sum * this.mean);
    return Math.sqrt(squares / (this.#count - 1) / this.#count);
  }
}

export interface StandardError {
  readonly mean: number;
  readonly error: number;
}

export function standardError(values: readonly number[]): StandardError {
  const n = values.length;
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / n;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, error: Math.sqrt(squares / (n - 1) / n) };
}
