import { z } from 'zod';
import { nelderMead } from '../numeric/nelder-mead.ts';
import type { Adapter, FitContext, FittedModel, Pattern, Series } from './adapter.ts';
import { Phase } from './phase.ts';
import { fromScale, mayBeLog, type Scale, toScale } from './scale.ts';
import {
  absorb,
  absorbAll,
  type Form,
  forecastOf,
  type Smoothing,
  type State,
  startOf,
} from './smoothing.ts';
import { tail } from './tail.ts';

/** Newest rows that are fitted to. */
const MOST_ROWS = 2_000;
const EVALUATIONS = 160;

const SAVED = z.strictObject({
  scale: z.enum(['linear', 'log']),
  smoothing: z.strictObject({
    alpha: z.number(),
    beta: z.number(),
    damping: z.number(),
    gammas: z.array(z.number()),
    carry: z.number(),
  }),
  state: z.strictObject({
    level: z.number(),
    trend: z.number(),
    residual: z.number(),
    seasons: z.array(z.array(z.number()).min(2)),
  }),
  pattern: z.strictObject({ cadenceMs: z.number(), regular: z.boolean(), seasons: z.array(z.int()) }),
  time: z.number(),
  step: z.int(),
});

interface Fitted {
  readonly scale: Scale;
  readonly smoothing: Smoothing;
  readonly state: State;
  readonly aicc: number;
}

/**
 * Exponential smoothing: simple, with damped trend (Holt), and with one or two additive seasons (Holt-Winters), on the
 * values or on their logarithms, where seasons multiply. The form with the least AICc is taken, under errors
 * distributed as Laplace's, so parameters minimise the mean absolute error, by which forecasts are judged.
 */
export const ets: Adapter = {
  name: 'ets',
  version: 1,
  instant: false,
  canRun: (_resources, { values }) => values.length >= 12,
  fit,
  load: (saved) => {
    const parsed = SAVED.safeParse(saved);
    if (!parsed.success) return undefined;
    const { scale, smoothing, state, pattern, time, step } = parsed.data;
    const seasons = state.seasons.map((season) => Float64Array.from(season));
    return modelOf(
      { scale, smoothing, state: { ...state, seasons } },
      pattern,
      new Phase(pattern, time, step),
    );
  },
};

function fit(series: Series, { pattern }: FitContext): FittedModel {
  const newest = tail(series, MOST_ROWS);
  const { times, values } = newest;
  const phase = new Phase(pattern, times[0] ?? 0, 0);
  const steps = Int32Array.from(times, (time, row) => (row === 0 ? 0 : phase.advance(time)));
  const seasons = pattern.seasons.filter((period) => period * 4 <= values.length).slice(0, 2);
  const burn = Math.min(Math.floor(values.length / 3), Math.max(3, ...seasons));
  const scales: Scale[] = mayBeLog(values) ? ['linear', 'log'] : ['linear'];
  const fits = scales.flatMap((scale) => {
    const data = {
      values,
      scaled: Float64Array.from(values, (value) => toScale(scale, value)),
      errors: new Float64Array(values.length),
      steps,
      burn,
      scale,
    };
    return formsOf(seasons).map((form) => fitForm(data, form));
  });
  const best = fits.reduce((least, candidate) => (candidate.aicc < least.aicc ? candidate : least));
  return modelOf(best, pattern, phase);
}

/** The simple ones, and those with each season and with all of them. */
function formsOf(seasons: readonly number[]): Form[] {
  const sets =
    seasons.length > 1
      ? [...seasons.map((period) => [period]), [...seasons].sort((a, b) => a - b)]
      : seasons.map((period) => [period]);
  return [
    { trend: false, seasons: [], residual: false },
    { trend: true, seasons: [], residual: false },
    ...sets.flatMap((set) => [
      { trend: true, seasons: set, residual: false },
      { trend: false, seasons: set, residual: true },
    ]),
  ];
}

interface Data {
  readonly values: readonly number[];
  readonly scaled: Float64Array;
  /** Written anew by every walk. */
  readonly errors: Float64Array;
  readonly steps: Int32Array;
  /** First rows, whose errors tell more of the start than of the method. */
  readonly burn: number;
  readonly scale: Scale;
}

function fitForm(data: Data, form: Form): Fitted {
  const start = startOf(data.scaled, data.steps, form);
  const phases = form.seasons.map((period) => data.steps.map((step) => step % period));
  const point = [
    0,
    ...(form.trend ? [-1, 2] : []),
    ...form.seasons.map(() => -1.5),
    ...(form.residual ? [0] : []),
  ];
  const objective = (at: readonly number[]) => run(data, phases, smoothingAt(form, at), copyOf(start));
  const found = nelderMead(objective, point, 1.5, EVALUATIONS);
  const smoothing = smoothingAt(form, found.point);
  const state = copyOf(start);
  const mae = run(data, phases, smoothing, state);
  const n = data.values.length - data.burn;
  const states = 1 + (form.trend ? 1 : 0) + form.seasons.reduce((sum, period) => sum + period - 1, 0);
  const k = point.length + states + 1;
  const penalty = n > k + 1 ? 2 * k + (2 * k * (k + 1)) / (n - k - 1) : Number.POSITIVE_INFINITY;
  return { scale: data.scale, smoothing, state, aicc: 2 * n * Math.log(Math.max(mae, 1e-300)) + penalty };
}

/** Smoothing parameters at an unbounded point: each is a logistic function of its coordinate. */
function smoothingAt(form: Form, point: readonly number[]): Smoothing {
  let next = 0;
  const parameter = (from: number, to: number) => from + (to - from) / (1 + Math.exp(-(point[next++] ?? 0)));
  const alpha = parameter(0, 1);
  const beta = form.trend ? parameter(0, 1) : 0;
  const damping = form.trend ? parameter(0.7, 1) : 0;
  const gammas = form.seasons.map(() => parameter(0, 1));
  const carry = form.residual ? parameter(-0.5, 1) : 0;
  return { alpha, beta, damping, gammas, carry };
}

/** Walks all rows; gives the mean absolute one-step error after the first rows, in the units of the series. */
function run(
  { values, scaled, errors, burn, scale }: Data,
  phases: readonly Int32Array[],
  smoothing: Smoothing,
  state: State,
): number {
  absorbAll(state, smoothing, phases, scaled, errors);
  let sum = 0;
  for (let row = burn; row < scaled.length; row += 1) {
    const error = errors[row] ?? 0;
    sum += Math.abs(scale === 'log' ? (values[row] ?? 0) - Math.exp((scaled[row] ?? 0) - error) : error);
  }
  return sum / (scaled.length - burn);
}

function copyOf(state: State): State {
  return { ...state, seasons: state.seasons.map((season) => Float64Array.from(season)) };
}

function modelOf(
  { scale, smoothing, state }: Omit<Fitted, 'aicc'>,
  pattern: Pattern,
  phase: Phase,
): FittedModel {
  return {
    hyperparameters: {
      log: scale === 'log' ? 1 : 0,
      alpha: smoothing.alpha,
      beta: smoothing.beta,
      damping: smoothing.damping,
      seasons: state.seasons.length,
    },
    predict: (_series, horizon) => fromScale(scale, forecastOf(state, smoothing, phase.step, horizon)),
    update: ({ times, values }) => {
      const value = values.at(-1) ?? Number.NaN;
      const step = phase.advance(times.at(-1) ?? phase.time);
      // A value without a logarithm tells nothing in that scale: the state stays.
      if (scale === 'linear' || value > 0) absorb(state, smoothing, step, toScale(scale, value));
    },
    save: () => ({
      scale,
      smoothing,
      state: { ...state, seasons: state.seasons.map((season) => [...season]) },
      pattern,
      time: phase.time,
      step: phase.step,
    }),
  };
}
