import { standardError } from './gate.ts';

/** How far from a multiple of the grain a difference may be, for it to be a whole one written in binary. */
const TOLERANCE = 1e-6;
/** Grains in the largest change, at most: finer ones are nothing beside any error. */
const MOST_STEPS = 100_000;
/** Fewest rows that tell whether rounding helps. */
const LEAST_ROWS = 48;
/** Standard errors that the gain of rounding has to measure before it is done. */
const SIGNIFICANCE = 1.5;
/** Significant digits that every double keeps: written with so many, 0.1 + 0.2 is 0.3. */
const DIGITS = 15;

/**
 * The step that a stream's values come in, as degrees come in whole ones, by the changes from row to row; 0 if they
 * come in none. All changes have to be multiples of the smallest.
 */
export function grainOf(changes: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const change of changes) {
    const size = Math.abs(change);
    if (size > 0) least = Math.min(least, size);
    most = Math.max(most, size);
  }
  if (most === 0 || most > MOST_STEPS * least) return 0;
  // The largest is known to more digits than the smallest.
  const grain = most / Math.round(most / least);
  for (const change of changes) {
    const steps = Math.abs(change) / grain;
    if (Math.abs(steps - Math.round(steps)) > TOLERANCE * Math.max(1, steps)) return 0;
  }
  return grain;
}

/** The nearest multiple; the number itself where there is no grain. */
export function roundTo(grain: number, value: number): number {
  return grain > 0 ? Math.round(value / grain) * grain : value;
}

/** `move` away from `last` by whole grains. */
export function movedBy(grain: number, last: number, move: number): number {
  if (!(grain > 0)) return last + move;
  const moved = last + roundTo(grain, move);
  return Math.abs(moved) < 10 ** (DIGITS - 2) * grain ? Number(moved.toPrecision(DIGITS)) : moved;
}

/**
 * The grain to round forecasts to; 0 to leave them as they are. The value that errs least in absolute terms, the median, is
 * one that can occur, and next to it each step away costs more. So where errors are no larger than a few grains, rounding
 * gains; whether it does is measured by the errors (forecast − actual) of forecasts that were not rounded.
 */
export function usefulGrain(changes: readonly number[], errors: readonly number[]): number {
  if (errors.length < LEAST_ROWS) return 0;
  const grain = grainOf(changes);
  if (grain === 0) return 0;
  // What was observed is a multiple itself, so the error of a rounded forecast is the rounded error.
  const gain = standardError(errors.map((error) => Math.abs(error) - Math.abs(roundTo(grain, error))));
  return gain.mean > SIGNIFICANCE * gain.error ? grain : 0;
}
