import type { AdapterName, Resources } from '../adapters/adapter.ts';
import type { AheadOptions } from './ahead.ts';

export interface TrainOptions {
  readonly adapters: readonly AdapterName[];
  readonly resources: Resources;
  /** The same series, options and stable model always give the same model, as long as the budget is not reached. */
  readonly seed: number;
  /** Most milliseconds that all fits together should take: heavy ones make themselves smaller to stay within. */
  readonly budgetMs: number;
  /** Forget what was selected before, and select from everything again. @default false */
  readonly reopen?: boolean;
  /** Steps ahead whose quantiles are calibrated by errors of their own. @default [1] */
  readonly horizons?: readonly number[];
  /** Levels of those quantiles, ascending. @default [] */
  readonly levels?: readonly number[];
}

/** What is to be calibrated beyond the next row. */
export function aheadOf({ horizons = [], levels = [] }: TrainOptions): AheadOptions {
  return { horizons: levels.length === 0 ? [] : horizons.filter((horizon) => horizon > 1), levels };
}

/** Whether members are averaged, or the best of them speaks alone. */
export function modeOf(adapters: readonly AdapterName[]): 'average' | 'best' {
  return adapters.includes('ensemble') ? 'average' : 'best';
}
