import type { AdapterName, Resources } from '../adapters/adapter.ts';

export interface TrainOptions {
  readonly adapters: readonly AdapterName[];
  readonly resources: Resources;
  /** The same series, options and stable model always give the same model, as long as the budget is not reached. */
  readonly seed: number;
  /** Most milliseconds that all fits together should take: heavy ones make themselves smaller to stay within. */
  readonly budgetMs: number;
  /** Forget what was selected before, and select from everything again. @default false */
  readonly reopen?: boolean;
}
