/**
 * A forecasting method as a neuron would use it. `past` holds only what has been observed: the next value is what is
 * asked for, so a method can't see it.
 */
interface Method {
  readonly name: string;
  next(past: Float64Array): number;
}

/** Makes a method for a series of this seasonality (in steps; 1 if there is none). */
export type MakeMethod = (season: number) => Method;

/** Steps between two fits. */
export const REFIT_EVERY = 24;
/** Newest observations that a fit looks at. */
export const FIT_ON = 1_000;

/** A value some steps back; the oldest where the past is too short. */
export function back(past: Float64Array, steps: number): number {
  return past[Math.max(0, past.length - steps)] ?? 0;
}
