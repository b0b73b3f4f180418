import type { EpochMs } from '../../schema/time.ts';

/** Every forecasting method there is, lightest first: that order breaks ties. A new one joins here and in `all.ts`. */
export const ADAPTER_NAMES = [
  'naive',
  'starter',
  'seasonal-naive',
  'theta',
  'ets',
  'ar',
  'kernel-ridge',
  'mlp',
  'xgboost',
  'ar-xgboost',
  'ensemble',
] as const;
export type AdapterName = (typeof ADAPTER_NAMES)[number];

/** A stream's present observations, oldest first. Doubles: exact decimals end where forecasting begins. */
export interface Series {
  readonly times: readonly EpochMs[];
  readonly values: readonly number[];
}

/** What the machine can spare for one fit. */
export interface Resources {
  readonly memoryBytes: number;
  readonly cores: number;
}

export interface ForecastQuantile {
  /** Strictly between 0 and 1. */
  readonly level: number;
  readonly value: number;
}

export interface Forecast {
  readonly value: number;
  readonly quantiles?: readonly ForecastQuantile[];
}

/** How a series comes: found by `patternOf` before anything is fitted. */
export interface Pattern {
  /** Median time between two rows, in ms; 0 for fewer than two rows. */
  readonly cadenceMs: number;
  /** Whether nearly all rows come at that cadence. */
  readonly regular: boolean;
  /** Periods after which the series repeats itself, in rows, the strongest first; empty for none. */
  readonly seasons: readonly number[];
}

/** A fitted adapter within an ensemble. */
export interface Member {
  readonly adapter: Adapter;
  readonly model: FittedModel;
}

/** What an ensemble is made of: members, and the errors they made on rows that they were not fitted to. */
export interface Pool {
  readonly members: readonly Member[];
  /** One-step errors (forecast − actual) by adapter, oldest first, of the same rows. */
  readonly errors: Partial<Record<AdapterName, readonly number[]>>;
  /** Whether members are averaged, or the best of them speaks alone. */
  readonly mode: 'average' | 'best';
  /** Told of a member that failed to forecast; the others go on. */
  readonly onFailure?: (adapter: AdapterName, error: unknown) => void;
}

/** What a fit may use beside the series. The same series and context always give the same model. */
export interface FitContext {
  readonly pattern: Pattern;
  readonly seed: number;
  /** Most milliseconds that a heavy fit should take: it makes itself smaller to stay within. */
  readonly budgetMs: number;
  /** What to fit with, as `FittedModel.hyperparameters` gave it once; the adapter's own defaults where left out. */
  readonly hyperparameters?: Hyperparameters;
  /** What an ensemble is to be made of. */
  readonly pool?: Pool;
}

export type Hyperparameters = Readonly<Record<string, number>>;

/** A method fitted to a series. Predicting is quick: it never waits for training. */
export interface FittedModel {
  readonly hyperparameters: Hyperparameters;
  /**
   * The value `horizon` steps after the last row; `undefined` where the method has nothing to say. `series` is the
   * one it was fitted to with the rows that `update` was told of; older rows may have been cut off.
   */
  predict(series: Series, horizon: number): number | undefined;
  /** Takes in the newest row of `series`; called once for each row after the fit, in order. */
  update?(series: Series): void;
  /** What `Adapter.load` makes the same model from, updates included: anything JSON can hold. */
  save(): unknown;
}

/** One forecasting method. */
export interface Adapter {
  readonly name: AdapterName;
  /** Counts up when saved models of before can't be used any more. */
  readonly version: number;
  /** Closed forms that need no training: they forecast from a stream's first rows on. */
  readonly instant: boolean;
  /** Whether the method is worth trying on this series with these resources. */
  canRun(resources: Resources, series: Series): boolean;
  /** Loads what the method needs before its first fit, where it needs anything. */
  prepare?(): Promise<void>;
  /** Fits to a series; may take long, so heavy methods run on another thread. */
  fit(series: Series, context: FitContext): FittedModel;
  /** Other hyperparameters near the given ones, within their ranges, for a method that has any to search. */
  mutate?(hyperparameters: Hyperparameters | undefined, seed: number): Hyperparameters;
  /** A model saved by this version; `undefined` if what was saved is none, which then is fitted anew. */
  load(saved: unknown): FittedModel | undefined;
}

/** Of methods that have nothing to choose. */
export const NO_HYPERPARAMETERS: Hyperparameters = Object.freeze({});
