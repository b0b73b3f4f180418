import { type Adapter, type FittedModel, NO_HYPERPARAMETERS } from './adapter.ts';

/**
 * What a stream is forecast with from its very first row: one row gives its value, two to four the mean of the last
 * two, five and more a straight line through all rows. Closed forms, so there is nothing to fit ahead.
 */
const MODEL: FittedModel = {
  hyperparameters: NO_HYPERPARAMETERS,
  predict: ({ values }, horizon) => {
    const last = values.at(-1);
    if (last === undefined) return undefined;
    if (values.length >= 5) return lineAt(values, values.length - 1 + horizon);
    const before = values.at(-2) ?? last;
    return last / 2 + before / 2;
  },
  save: () => null,
};

export const starter: Adapter = {
  name: 'starter',
  version: 1,
  instant: true,
  canRun: (_resources, { values }) => values.length > 0,
  fit: () => MODEL,
  load: () => MODEL,
};

/**
 * Ordinary least squares of the values on their row index 0, 1, …, n−1, read at `index`. Both are centred first,
 * which keeps the sums small where the level is large. Σ(i − ī)² = n(n² − 1)/12.
 */
function lineAt(values: readonly number[], index: number): number {
  const n = values.length;
  const middle = (n - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  const covariance = values.reduce((sum, value, row) => sum + (row - middle) * (value - mean), 0);
  const slope = covariance / ((n * (n * n - 1)) / 12);
  return mean + slope * (index - middle);
}
