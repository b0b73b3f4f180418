import { z } from 'zod';
import type { Adapter, FitContext, FittedModel, Pattern, Series } from './adapter.ts';
import { ArDesign, type ArShape, arShape, columnsOf, memory, reach } from './ar-design.ts';
import { type Linear, linearValue, type Regression, Ridge } from './ridge.ts';
import { fromScale, mayBeLog, type Scale } from './scale.ts';
import { tail } from './tail.ts';

/** Ridge strengths to choose from, relative to the weight of the rows. */
const STRENGTHS = [1e-4, 1e-3, 1e-2, 0.05, 0.2, 1];
/** Rounds of reweighting towards the least absolute deviations, ascending. */
const ROUNDS = [0, 4];
/** Newest rows that are fitted to. */
const MOST_ROWS = 8_000;

const SAVED = z.strictObject({
  shape: z.strictObject({
    lags: z.int().min(1).max(1_000),
    seasons: z.array(z.int().min(2)),
    meanRows: z.int().min(1),
    scale: z.enum(['linear', 'log']),
  }),
  pattern: z.strictObject({ cadenceMs: z.number(), regular: z.boolean(), seasons: z.array(z.int()) }),
  intercept: z.number(),
  coefficients: z.array(z.number()),
  strength: z.number(),
  rounds: z.int(),
});

interface Setting {
  readonly scale: Scale;
  readonly strength: number;
  readonly rounds: number;
}

/**
 * Autoregression of the change from row to row on its last lags, its seasonal lags, and how far the level is from its
 * mean and from a season ago: ridge regression, whose strength, scale and robustness are chosen on the last quarter of
 * the rows by a fit to the others.
 */
export const ar: Adapter = {
  name: 'ar',
  version: 2,
  instant: false,
  canRun: (resources, { values }) => values.length >= 40 && resources.memoryBytes >= 32e6,
  fit: (series, context) => fitAr(series, context).model,
  load: (saved) => {
    const parsed = SAVED.safeParse(saved);
    if (!parsed.success || parsed.data.coefficients.length !== columnsOf(parsed.data.shape)) return undefined;
    const { shape, pattern, intercept, coefficients, strength, rounds } = parsed.data;
    const linear = { intercept, coefficients: Float64Array.from(coefficients) };
    return modelOf(shape, pattern, linear, { scale: shape.scale, strength, rounds });
  },
};

interface FittedAr {
  readonly model: FittedModel;
  /** Its one-step forecasts of the newest rows that it was fitted to, up to the last. */
  readonly hindsight: Float64Array;
}

/** What was fitted to a series, which must not change from then on: the trees on top of it want the same again. */
const FITTED = new WeakMap<Series, { readonly pattern: Pattern; readonly fitted: FittedAr }>();

export function fitAr(series: Series, { pattern }: FitContext): FittedAr {
  const known = FITTED.get(series);
  if (known?.pattern === pattern) return known.fitted;
  const fitted = fitAnew(series, pattern);
  FITTED.set(series, { pattern, fitted });
  return fitted;
}

function fitAnew(series: Series, pattern: Pattern): FittedAr {
  const newest = tail(series, MOST_ROWS);
  const scales: Scale[] = mayBeLog(newest.values) ? ['linear', 'log'] : ['linear'];
  // A long season costs rows and coefficients: whether it is worth them is tried, too.
  const shorter = { ...pattern, seasons: pattern.seasons.toSorted((a, b) => a - b).slice(0, 1) };
  const patterns = pattern.seasons.length > 1 ? [pattern, shorter] : [pattern];
  const tries = scales.flatMap((scale) =>
    patterns.map((tried) => {
      const shape = arShape(newest.values.length, tried, scale);
      const data = regressionOf(newest, shape, pattern);
      return { shape, data, ...choose(newest, data, scale) };
    }),
  );
  const best = tries.reduce((least, candidate) => (candidate.mae < least.mae ? candidate : least));
  const linear = solve(best.data, best.data.targets.length, best.setting);
  return {
    model: modelOf(best.shape, pattern, linear, best.setting),
    hindsight: forecastsOf(linear, best.data, newest.values, best.setting.scale),
  };
}

/** What a linear function says of the rows of a regression from `from` on, in the units of the series. */
function forecastsOf(
  linear: Linear,
  { features, targets, columns, first }: Regression & { first: number },
  values: readonly number[],
  scale: Scale,
  from = 0,
): Float64Array {
  return targets.subarray(from).map((_, index) => {
    const row = from + index;
    const change = linearValue(linear, features, row * columns);
    const before = values[row + first - 1] ?? 0;
    return scale === 'log' ? before * Math.exp(change) : before + change;
  });
}

function regressionOf(series: Series, shape: ArShape, pattern: Pattern): Regression & { first: number } {
  const design = new ArDesign(series, shape, pattern);
  const n = series.values.length;
  const first = Math.min(reach(shape), Math.floor(n / 3));
  const columns = columnsOf(shape);
  const features = new Float64Array((n - first) * columns);
  const targets = new Float64Array(n - first);
  for (let row = first; row < n; row += 1) {
    design.fill(row, features, (row - first) * columns);
    targets[row - first] = (design.values[row] ?? 0) - (design.values[row - 1] ?? 0);
  }
  return { features, targets, columns, first };
}

/** The setting with the least mean absolute error, in the units of the series, on the last quarter of the rows. */
function choose(
  series: Series,
  data: Regression & { first: number },
  scale: Scale,
): { setting: Setting; mae: number } {
  const rows = data.targets.length;
  const cut = rows - Math.floor(series.values.length / 4);
  let setting: Setting = { scale, strength: 1, rounds: 0 };
  let mae = Number.POSITIVE_INFINITY;
  const ridge = new Ridge(data, 0, cut);
  let reweighed = 0;
  for (const rounds of ROUNDS) {
    for (; reweighed < rounds; reweighed += 1) ridge.reweigh(ridge.solve(0.01));
    for (const strength of STRENGTHS) {
      const linear = ridge.solve(strength);
      const forecasts = forecastsOf(linear, data, series.values, scale, cut);
      let sum = 0;
      for (let row = cut; row < rows; row += 1) {
        sum += Math.abs((forecasts[row - cut] ?? 0) - (series.values[row + data.first] ?? 0));
      }
      if (sum / (rows - cut) >= mae) continue;
      mae = sum / (rows - cut);
      setting = { scale, strength, rounds };
    }
  }
  return { setting, mae };
}

function solve(data: Regression, to: number, { strength, rounds }: Setting): Linear {
  const ridge = new Ridge(data, 0, to);
  for (let round = 0; round < rounds; round += 1) ridge.reweigh(ridge.solve(0.01));
  return ridge.solve(strength);
}

function modelOf(shape: ArShape, pattern: Pattern, linear: Linear, setting: Setting): FittedModel {
  const features = new Float64Array(columnsOf(shape));
  return {
    hyperparameters: {
      strength: setting.strength,
      rounds: setting.rounds,
      log: setting.scale === 'log' ? 1 : 0,
    },
    predict: (series, horizon) => {
      if (series.values.length < 3) return undefined;
      const newest = tail(series, memory(shape));
      if (shape.scale === 'log' && newest.values.some((value) => !(value > 0))) return undefined;
      const design = new ArDesign(newest, shape, pattern, horizon);
      let row = newest.values.length;
      for (let step = 0; step < horizon; step += 1, row += 1) {
        design.fill(row, features, 0);
        design.append((design.values[row - 1] ?? 0) + linearValue(linear, features, 0));
      }
      return fromScale(shape.scale, design.values[row - 1] ?? Number.NaN);
    },
    save: () => ({
      shape,
      pattern,
      intercept: linear.intercept,
      coefficients: [...linear.coefficients],
      strength: setting.strength,
      rounds: setting.rounds,
    }),
  };
}
