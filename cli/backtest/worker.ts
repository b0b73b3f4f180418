import {
  type BacktestOptions,
  backtest,
  fewestRows,
  INTERVAL,
  scoreOf,
} from '../../neuron/selection/backtest.ts';
import type { Outcome, Plan, Task } from './messages.ts';
import { BadSeriesError, readSeries } from './series-file.ts';

/** Most milliseconds that the fits of one training may take. */
const BUDGET_MS = 30_000;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Backtests one file. Runs in a worker thread. */
export default async function run({ file, plan }: Task): Promise<Outcome> {
  try {
    const series = await readSeries(file);
    const options = optionsOf(plan);
    const needed = fewestRows(options);
    const rows = series.values.length;
    if (rows < needed) {
      return {
        kind: 'failed',
        message: `${file}: ${rows} ${rows === 1 ? 'row is' : 'rows are'} too few; these options take ${needed}`,
      };
    }
    const begun = performance.now();
    const forecasts = await backtest(series, options);
    const seconds = (performance.now() - begun) / 1_000;
    return { kind: 'scored', score: scoreOf(series, forecasts, plan.horizon), seconds };
  } catch (error) {
    if (error instanceof BadSeriesError) return { kind: 'failed', message: error.message };
    throw error;
  }
}

function optionsOf(plan: Plan): BacktestOptions {
  return {
    ...plan,
    levels: INTERVAL,
    logger: SILENT,
    resources: { memoryBytes: plan.memoryBytes, cores: 1 },
    seed: 1,
    budgetMs: BUDGET_MS,
  };
}
