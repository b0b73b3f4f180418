import { z } from 'zod';
import { nelderMead } from '../numeric/nelder-mead.ts';
import type { Adapter, FitContext, FittedModel, Pattern, Series } from './adapter.ts';
import { Phase } from './phase.ts';
import { fromScale, mayBeLog, type Scale, toScale } from './scale.ts';
import { tail } from './tail.ts';

/** Newest rows that are fitted to. */
const MOST_ROWS = 2_000;

const SAVED = z.strictObject({
  scale: z.enum(['linear', 'log']),
  alpha: z.number(),
  drift: z.number(),
  level: z.number(),
  rows: z.int(),
  season: z.array(z.number()).min(1),
  pattern: z.strictObject({ cadenceMs: z.number(), regular: z.boolean(), seasons: z.array(z.int()) }),
  time: z.number(),
  step: z.int(),
});

type State = Pick<z.infer<typeof SAVED>, 'alpha' | 'drift' | 'level' | 'rows'>;

/**
 * The theta method (Assimakopoulos and Nikolopoulos 2000): the mean of the line through the series and of its theta
 * line with twice the curvature, which is simple exponential smoothing with half the line's slope as drift (Hyndman
 * and Billah 2003). A season is taken out first (multiplicatively, by logarithms, where all values are positive) and
 * put back after.
 */
export const theta: Adapter = {
  name: 'theta',
  version: 1,
  instant: false,
  canRun: (_resources, { values }) => values.length >= 8,
  fit,
  load: (saved) => {
    const parsed = SAVED.safeParse(saved);
    if (!parsed.success) return undefined;
    const { scale, season, pattern, time, step, ...state } = parsed.data;
    return modelOf(
      state,
      { scale, season: Float64Array.from(season), pattern },
      new Phase(pattern, time, step),
    );
  },
};

function fit(series: Series, { pattern }: FitContext): FittedModel {
  const { times, values } = tail(series, MOST_ROWS);
  const period = pattern.seasons.find((candidate) => candidate * 2 <= values.length) ?? 1;
  const scale: Scale = period > 1 && mayBeLog(values) ? 'log' : 'linear';
  const phase = new Phase(pattern, times[0] ?? 0, 0);
  const steps = times.map((time, row) => (row === 0 ? 0 : phase.advance(time)));
  const scaled = values.map((value) => toScale(scale, value));
  const season = seasonOf(scaled, steps, period);
  const rest = scaled.map((value, row) => value - (season[(steps[row] ?? 0) % period] ?? 0));
  // As in smoothing, the parameter is a logistic function of an unbounded one.
  const alphaAt = (point: readonly number[]) => 1 / (1 + Math.exp(-(point[0] ?? 0)));
  const drift = slopeOf(rest) / 2;
  const found = nelderMead((point) => walk(rest, alphaAt(point), drift).mae, [0], 1.5, 40);
  const alpha = alphaAt(found.point);
  const { level } = walk(rest, alpha, drift);
  return modelOf({ alpha, drift, level, rows: rest.length }, { scale, season, pattern }, phase);
}

/** Simple smoothing from the first value on: the level after it, and the mean absolute one-step error with the drift. */
function walk(values: readonly number[], alpha: number, drift: number): { level: number; mae: number } {
  let level = values[0] ?? 0;
  let sum = 0;
  for (let row = 1; row < values.length; row += 1) {
    const value = values[row] ?? level;
    sum += Math.abs(value - level - drift * sinceStart(alpha, row));
    level += alpha * (value - level);
  }
  return { level, mae: sum / Math.max(values.length - 1, 1) };
}

/** Steps of drift that smoothing lags behind after so many rows: (1 − (1 − α)ⁿ) / α. */
function sinceStart(alpha: number, rows: number): number {
  return (1 - (1 - alpha) ** rows) / Math.max(alpha, 1e-9);
}

/** Mean deviations from the centred moving mean over one period, themselves of mean 0. */
function seasonOf(values: readonly number[], steps: readonly number[], period: number): Float64Array {
  const sums = new Float64Array(period);
  if (period < 2) return sums;
  const counts = new Float64Array(period);
  const cumulative = new Float64Array(values.length + 1);
  for (const [row, value] of values.entries()) cumulative[row + 1] = (cumulative[row] ?? 0) + value;
  const half = Math.floor(period / 2);
  for (let row = half; row + period - half <= values.length; row += 1) {
    const mean = ((cumulative[row - half + period] ?? 0) - (cumulative[row - half] ?? 0)) / period;
    const index = (steps[row] ?? 0) % period;
    sums[index] = (sums[index] ?? 0) + (values[row] ?? 0) - mean;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  const season = sums.map((sum, index) => sum / Math.max(counts[index] ?? 0, 1));
  const mean = season.reduce((sum, value) => sum + value, 0) / period;
  return season.map((value) => value - mean);
}

/** Of the least-squares line on the row index. */
function slopeOf(values: readonly number[]): number {
  const n = values.length;
  const middle = (n - 1) / 2;
  let sum = 0;
  for (const [row, value] of values.entries()) sum += (row - middle) * value;
  return sum / ((n * (n * n - 1)) / 12);
}

interface Frame {
  readonly scale: Scale;
  readonly season: Float64Array;
  readonly pattern: Pattern;
}

function modelOf(state: State, { scale, season, pattern }: Frame, phase: Phase): FittedModel {
  const seasonAt = (step: number) => season[step % season.length] ?? 0;
  return {
    hyperparameters: { alpha: state.alpha, period: season.length, log: scale === 'log' ? 1 : 0 },
    predict: (_series, horizon) => {
      const drifted = state.drift * (horizon - 1 + sinceStart(state.alpha, state.rows));
      return fromScale(scale, state.level + drifted + seasonAt(phase.step + horizon));
    },
    update: ({ times, values }) => {
      const value = values.at(-1) ?? Number.NaN;
      const step = phase.advance(times.at(-1) ?? phase.time);
      state.rows += 1;
      if (scale === 'linear' || value > 0) {
        state.level += state.alpha * (toScale(scale, value) - seasonAt(step) - state.level);
      }
    },
    save: () => ({ scale, ...state, season: [...season], pattern, time: phase.time, step: phase.step }),
  };
}
