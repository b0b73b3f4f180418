import { z } from 'zod';
import type { Adapter, FitContext, FittedModel, Hyperparameters, Pattern, Series } from '../adapter.ts';
import { type FeatureShape, Features, featureShape, memoryOf, typicalChange } from '../features.ts';
import { tail } from '../tail.ts';
import { type Forest, packed, sumOf, unpacked } from './forest.ts';
import { bounded } from './hyperparameters.ts';
import { type BoosterClass, loadXgboost, matrixOf, type Table } from './library.ts';
import { readForest } from './library-model.ts';
import { withMedianLeaves } from './median-leaves.ts';

/** Newest rows that are fitted to. */
const MOST_ROWS = 8_000;
const LEAST_ROWS = 100;
/** Splits are looked for between the quantiles of a feature: a third of the time of trying them all, and no worse. */
const HISTOGRAMS = { updater: 'grow_fast_histmaker', max_bin: 64 };
/** The library's memory, a matrix of the most rows and its sorted copy. */
const MEMORY_BYTES = 96e6;
/** What a round took lately, in ms per row, column and level: how a fit is made to keep to its budget. */
let pace = 5e-6;

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

/** A model whose errors the trees learn, in place of the change from row to row. */
export interface Base {
  readonly model: FittedModel;
  /** Its one-step forecasts of the newest rows of the series, up to the last. */
  readonly hindsight: Float64Array;
}

let library: BoosterClass | undefined;

export const canBoost: Adapter['canRun'] = (resources, { values }) =>
  values.length >= LEAST_ROWS && resources.memoryBytes >= MEMORY_BYTES;

export async function prepareBoosting(): Promise<void> {
  library = await loadXgboost();
}

export function loadTrees(saved: unknown, base?: FittedModel): FittedModel | undefined {
  const parsed = SAVED.safeParse(saved);
  if (!parsed.success) return undefined;
  const { trees, hyperparameters, ...frame } = parsed.data;
  const forest = unpacked(Buffer.from(trees, 'base64'));
  return forest && modelOf(forest, hyperparameters, frame, base);
}

/** Grows trees on the scaled change, or on what `base` leaves of it. */
export function fitTrees(
  series: Series,
  { pattern, seed, budgetMs, hyperparameters }: FitContext,
  base?: Base,
): FittedModel {
  if (!library) throw new Error('XGBoost is not loaded: prepare() has to come first.');
  const newest = tail(series, MOST_ROWS);
  const frame = { shape: featureShape(newest, pattern), pattern, unit: typicalChange(newest.values) };
  const features = new Features(newest, frame.shape, pattern, frame.unit);
  const first = Math.min(features.reach, Math.floor(newest.values.length / 3));
  const chosen = bounded(hyperparameters);
  const { rounds, clip = Number.POSITIVE_INFINITY, ...parameters } = chosen;
  const table = tableOf(features, newest.values, first, { unit: frame.unit, clip }, base);
  const cost = table.features.length * (parameters.max_depth ?? 1);
  const affordable = Math.max(10, Math.floor(budgetMs / (pace * cost)));
  const iterations = Math.min(rounds ?? 1, affordable);
  const booster = new library({
    objective: 'reg:linear',
    ...parameters,
    ...HISTOGRAMS,
    base_score: 0,
    iterations,
    seed,
    nthread: 1,
    silent: 1,
  });
  try {
    const begun = performance.now();
    booster.train(matrixOf(table), table.targets);
    pace = 0.8 * pace + 0.2 * ((performance.now() - begun) / (cost * iterations));
    const { eta = 1, lambda = 0 } = parameters;
    const grown = readForest(Uint8Array.from(booster.toJSON().model));
    return modelOf(withMedianLeaves(grown, { table, eta, lambda }), chosen, frame, base?.model);
  } finally {
    booster.free();
  }
}

function tableOf(
  features: Features,
  values: readonly number[],
  first: number,
  { unit, clip }: { unit: number; clip: number },
  base: Base | undefined,
): Table {
  // What the base did not forecast can't be learned from either.
  const before = (base?.hindsight.length ?? values.length) - values.length;
  const from = Math.max(first, -before);
  const columns = features.columns + (base ? 1 : 0);
  const table = new Float32Array((values.length - from) * columns);
  const targets = new Float32Array(values.length - from);
  for (let target = from, offset = 0; target < values.length; target += 1, offset += columns) {
    const last = values[target - 1] ?? 0;
    const expected = base?.hindsight[target + before] ?? last;
    features.fill(target, table, offset);
    if (base) table[offset + features.columns] = (expected - last) / unit;
    const rest = ((values[target] ?? 0) - expected) / unit;
    targets[target - from] = Math.max(-clip, Math.min(clip, rest));
  }
  return { features: table, columns, targets };
}

function modelOf(
  forest: Forest,
  hyperparameters: Hyperparameters,
  frame: Frame,
  base: FittedModel | undefined,
): FittedModel {
  const { shape, pattern, unit } = frame;
  return {
    hyperparameters,
    predict: (series, horizon) => {
      if (series.values.length < 3) return undefined;
      const newest = tail(series, memoryOf(shape));
      const features = new Features(newest, shape, pattern, unit, horizon);
      const row = new Float32Array(features.columns + (base ? 1 : 0));
      const path = new Path(series, pattern.cadenceMs);
      for (let step = 0; step < horizon; step += 1) {
        features.fill(newest.values.length + step, row, 0);
        const expected = base ? base.predict(path.series, 1) : path.last;
        if (expected === undefined) return undefined;
        if (base) row[features.columns] = (expected - path.last) / unit;
        const value = expected + unit * sumOf(forest, row);
        features.append(value);
        if (step + 1 < horizon) path.append(value);
        else return value;
      }
      return undefined;
    },
    save: () => ({ trees: Buffer.from(packed(forest)).toString('base64'), hyperparameters, ...frame }),
  };
}

/** A series, and what was forecast to follow it. */
class Path {
  #series: Series;
  readonly #cadenceMs: number;

  constructor(series: Series, cadenceMs: number) {
    this.#series = series;
    this.#cadenceMs = cadenceMs;
  }

  get series(): Series {
    return this.#series;
  }

  get last(): number {
    return this.#series.values.at(-1) ?? Number.NaN;
  }

  append(value: number): void {
    const { times, values } = this.#series;
    const next = (times.at(-1) ?? 0) + this.#cadenceMs;
    this.#series = { times: [...times, next], values: [...values, value] };
  }
}
