import { back, FIT_ON, type MakeMethod, REFIT_EVERY } from './method.ts';

interface Smoother {
  /** How much of a surprise goes into level, trend and season; how much of the trend is kept. */
  readonly level: number;
  readonly trend: number;
  readonly season: number;
  readonly damping: number;
}

interface Walk {
  readonly next: number;
  readonly error: number;
}

const LEVELS = [0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1];

/** Simple exponential smoothing (Brown 1956); the rate is the one that did best on the past. */
export const simpleSmoothing: MakeMethod = () =>
  smoothing(
    'simple smoothing',
    1,
    LEVELS.map((level) => ({ level, trend: 0, season: 0, damping: 0 })),
  );

/** Holt's linear trend, damped (Gardner & McKenzie 1985). */
export const dampedTrend: MakeMethod = () =>
  smoothing(
    'damped trend',
    1,
    LEVELS.flatMap((level) => [0.05, 0.2, 0.5].map((trend) => ({ level, trend, season: 0, damping: 0.9 }))),
  );

/** Holt–Winters with additive seasons (Winters 1960). */
export const seasonalSmoothing: MakeMethod = (season) =>
  smoothing(
    'seasonal smoothing',
    season,
    LEVELS.flatMap((level) =>
      [0.05, 0.2, 0.5].map((rate) => ({ level, trend: 0.05, season: rate, damping: 0.9 })),
    ),
  );

function smoothing(name: string, season: number, grid: readonly Smoother[]): ReturnType<MakeMethod> {
  let best = grid[0];
  let fittedAt = Number.NEGATIVE_INFINITY;
  return {
    name,
    next: (past) => {
      const seen = past.subarray(Math.max(0, past.length - FIT_ON));
      if (past.length - fittedAt >= REFIT_EVERY) {
        const walks = grid.map((smoother) => ({ smoother, error: walk(seen, season, smoother).error }));
        best = walks.reduce((a, b) => (b.error < a.error ? b : a)).smoother;
        fittedAt = past.length;
      }
      return best ? walk(seen, season, best).next : back(past, 1);
    },
  };
}

/** Goes through the past once; the error is the mean absolute one after the first two seasons. */
function walk(past: Float64Array, season: number, rates: Smoother): Walk {
  const seasonal = firstSeason(past, season);
  let level = past[0] ?? 0;
  let trend = 0;
  let sum = 0;
  let counted = 0;
  for (const [index, value] of past.entries()) {
    const place = index % season;
    const phase = seasonal[place] ?? 0;
    const expected = level + rates.damping * trend;
    const surprise = value - expected - phase;
    if (index >= 2 * season) {
      sum += Math.abs(surprise);
      counted += 1;
    }
    level = expected + rates.level * surprise;
    trend = rates.damping * trend + rates.level * rates.trend * surprise;
    seasonal[place] = phase + rates.season * (1 - rates.level) * surprise;
  }
  const phase = seasonal[past.length % season] ?? 0;
  return { next: level + rates.damping * trend + phase, error: sum / Math.max(counted, 1) };
}

function firstSeason(past: Float64Array, season: number): Float64Array {
  if (season < 2) return new Float64Array(1);
  const first = past.subarray(0, season);
  const mean = first.reduce((sum, value) => sum + value, 0) / Math.max(first.length, 1);
  return Float64Array.from({ length: season }, (_, index) => (first[index] ?? mean) - mean);
}
