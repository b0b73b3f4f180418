import { z } from 'zod';
import type { Adapter, FitContext, FittedModel, Hyperparameters, Pattern, Series } from './adapter.ts';
import { tail } from './tail.ts';
import { type FeatureShape, Features, featureShape, reachOf } from './xgboost/features.ts';
import { bounded, mutated } from './xgboost/hyperparameters.ts';
import { type BoosterClass, loadXgboost } from './xgboost/library.ts';
import { Trees } from './xgboost/trees.ts';

/** Newest rows that are fitted to. */
const MOST_ROWS = 4_000;
const LEAST_ROWS = 100;
/** The library's memory, a matrix of the most rows and its sorted copy. */
const MEMORY_BYTES = 96e6;
/** What a round took lately, in ms per row, column and level: how a fit is made to keep to its budget. */
let pace = 2e-5;

const SAVED = z.strictObject({
  trees: z.base64(),
  hyperparameters: z.record(z.string(), z.number()),
  shape: z.strictObject({ seasons: z.array(z.int().min(2)), calendar: z.array(z.number()) }),
  pattern: z.strictObject({ cadenceMs: z.number(), regular: z.boolean(), seasons: z.array(z.int()) }),
  unit: z.number().positive(),
});

interface Frame {
  readonly shape: FeatureShape;
  readonly pattern: Pattern;
  /** The mean absolute change, which everything is scaled by. */
  readonly unit: number;
}

let library: BoosterClass | undefined;

/**
 * Gradient-boosted regression trees by XGBoost (Chen and Guestrin 2016), the scaled change from row to row as target.
 */
export const xgboost: Adapter = {
  name: 'xgboost',
  version: 1,
  instant: false,
  canRun: (resources, { values }) => values.length >= LEAST_ROWS && resources.memoryBytes >= MEMORY_BYTES,
  prepare: async () => {
    library = await loadXgboost();
  },
  fit,
  mutate: mutated,
  load: (saved) => {
    const parsed = SAVED.safeParse(saved);
    if (!parsed.success) return undefined;
    const { trees, hyperparameters, ...frame } = parsed.data;
    return modelOf(Buffer.from(trees, 'base64'), hyperparameters, frame);
  },
};

function fit(series: Series, { pattern, seed, budgetMs, hyperparameters }: FitContext): FittedModel {
  if (!library) throw new Error('XGBoost is not loaded: prepare() has to come first.');
  const newest = tail(series, MOST_ROWS);
  const frame = { shape: featureShape(newest, pattern), pattern, unit: typicalChange(newest.values) };
  const features = new Features(newest, frame.shape, pattern, frame.unit);
  const first = Math.min(features.reach, Math.floor(newest.values.length / 3));
  const chosen = bounded(hyperparameters);
  const { rounds, clip = Number.POSITIVE_INFINITY, ...parameters } = chosen;
  const { rows, targets } = tableOf(features, newest.values, first, { unit: frame.unit, clip });
  const cost = rows.length * features.columns * (parameters.max_depth ?? 1);
  const affordable = Math.max(10, Math.floor(budgetMs / (pace * cost)));
  const iterations = Math.min(rounds ?? 1, affordable);
  const booster = new library({
    objective: 'reg:linear',
    ...parameters,
    base_score: 0,
    iterations,
    seed,
    nthread: 1,
    silent: 1,
  });
  try {
    const begun = performance.now();
    booster.train(rows, targets);
    pace = 0.8 * pace + 0.2 * ((performance.now() - begun) / (cost * iterations));
    return modelOf(Uint8Array.from(booster.toJSON().model), chosen, frame);
  } finally {
    booster.free();
  }
}

function tableOf(
  features: Features,
  values: readonly number[],
  first: number,
  { unit, clip }: { unit: number; clip: number },
) {
  const rows: number[][] = [];
  const targets: number[] = [];
  const row = new Float32Array(features.columns);
  for (let target = first; target < values.length; target += 1) {
    features.fill(target, row, 0);
    rows.push([...row]);
    const change = ((values[target] ?? 0) - (values[target - 1] ?? 0)) / unit;
    targets.push(Math.max(-clip, Math.min(clip, change)));
  }
  return { rows, targets };
}

function typicalChange(values: readonly number[]): number {
  let sum = 0;
  for (let row = 1; row < values.length; row += 1)
    sum += Math.abs((values[row] ?? 0) - (values[row - 1] ?? 0));
  return sum > 0 ? sum / (values.length - 1) : 1;
}

function modelOf(bytes: Uint8Array, hyperparameters: Hyperparameters, frame: Frame): FittedModel {
  const { shape, pattern, unit } = frame;
  const trees = new Trees(bytes);
  return {
    hyperparameters,
    predict: (series, horizon) => {
      if (series.values.length < 3) return undefined;
      const newest = tail(series, 2 * reachOf(shape));
      const features = new Features(newest, shape, pattern, unit, horizon);
      const row = new Float32Array(features.columns);
      let value = newest.values.at(-1) ?? Number.NaN;
      for (let step = 0; step < horizon; step += 1) {
        features.fill(newest.values.length + step, row, 0);
        value += unit * trees.predict(row);
        features.append(value);
      }
      return value;
    },
    save: () => ({ trees: Buffer.from(bytes).toString('base64'), hyperparameters, ...frame }),
  };
}
