import type { AdapterName } from '../../neuron/adapters/adapter.ts';
import type { BacktestScore } from '../../neuron/selection/backtest.ts';

/** What a backtest is to do, as it crosses to a worker thread. */
export interface Plan {
  readonly last: number;
  readonly warmup: number;
  readonly refit: number;
  readonly horizon: number;
  readonly adapters: readonly AdapterName[];
  /** Newest rows that are known at any time. */
  readonly historyRows: number;
  readonly memoryBytes: number;
}

/** One file's turn. */
export interface Task {
  readonly file: string;
  readonly plan: Plan;
}

/** What came of a file: its score, or why there is none. */
export type Outcome =
  | { readonly kind: 'scored'; readonly score: BacktestScore; readonly seconds: number }
  | { readonly kind: 'failed'; readonly message: string };
