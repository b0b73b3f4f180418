import type { Adapter } from './adapter.ts';
import { canBoost, fitTrees, loadTrees, prepareBoosting } from './xgboost/boosting.ts';
import { mutated } from './xgboost/hyperparameters.ts';

/**
 * Gradient-boosted regression trees by XGBoost (Chen and Guestrin 2016), the scaled change from row to row as target.
 */
export const xgboost: Adapter = {
  name: 'xgboost',
  version: 3,
  instant: false,
  canRun: canBoost,
  prepare: prepareBoosting,
  fit: (series, context) => fitTrees(series, context),
  mutate: mutated,
  load: (saved) => loadTrees(saved),
};
