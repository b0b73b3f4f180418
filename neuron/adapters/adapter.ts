import type { EpochMs } from '../../schema/time.ts';

/** Every forecasting method there is, lightest first: that order breaks ties. A new one joins here and in `all.ts`. */
export const ADAPTER_NAMES = ['naive', 'starter'] as const;
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

/** A method fitted to a series. Predicting is quick and touches nothing: it never waits for training. */
export interface FittedModel {
  /** The value `horizon` steps after the last row; `undefined` where the method has nothing to say. */
  predict(series: Series, horizon: number): Forecast | undefined;
  /** What `Adapter.load` makes the same model from: anything JSON can hold. */
  save(): unknown;
}

/** One forecasting method. */
export interface Adapter {
  readonly name: AdapterName;
  /** Counts up when saved models of before can't be used any more. */
  readonly version: number;
  /** Whether the method is worth trying on this series with these resources. */
  canRun(resources: Resources, series: Series): boolean;
  /** Fits to a series; may take long, so heavy methods run on another thread. */
  fit(series: Series): FittedModel;
  /** A model saved by this version; `undefined` if what was saved is none, which then is fitted anew. */
  load(saved: unknown): FittedModel | undefined;
}
