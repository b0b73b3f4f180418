import { meanAbsolute } from './error-record.ts';

/** Newest rows that the gate is set by, and the fewest. */
export const GATE_ROWS = 384;
const LEAST_GATE_ROWS = 8;
const GATES = [1, 0.75, 0.5, 0.25];
/** Standard errors that a gain over naive has to measure before it is believed: many gates and two tests have a chance. */
const SIGNIFICANCE = 3;
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
 * How far to trust the combined members: the factor with the least error of those whose gain over naive is significant;
 * 0 if none is. The gain is measured as it is and in sizes of naive's errors just before: on a stream that comes in bursts
 * a few rows make nearly all of the error, so a gain shows in the calm ones long before it does in the sum.
 */
export function gateOf({ combined, naive, sizes }: GateRows): number {
  if (combined.length < LEAST_GATE_ROWS) return 0;
  const unmovedMae = meanAbsolute(naive);
  const floor = LEAST_SIZE * unmovedMae;
  let best = 0;
  let most = 0;
  for (const gate of GATES) {
    const gains = combined.map((error, row) => {
      const unmoved = naive[row] ?? 0;
      return Math.abs(unmoved) - Math.abs(unmoved + gate * (error - unmoved));
    });
    const plain = standardError(gains);
    if (!(plain.mean > most)) continue;
    const scaled = () => standardError(gains.map((gain, row) => gain / Math.max(sizes[row] ?? 0, floor)));
    if (!isSignificant(plain) && !isSignificant(scaled())) continue;
    best = gate;
    most = plain.mean;
  }
  return best;
}

function isSignificant({ mean, error }: StandardError): boolean {
  return mean > SIGNIFICANCE * error;
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
