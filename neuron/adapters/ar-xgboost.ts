import { z } from 'zod';
import type { Adapter, FittedModel } from './adapter.ts';
import { ar, fitAr } from './ar.ts';
import { canBoost, fitTrees, loadTrees, prepareBoosting } from './xgboost/boosting.ts';
import { mutated } from './xgboost/hyperparameters.ts';

const SAVED = z.strictObject({ linear: z.unknown(), trees: z.unknown() });

/**
 * Boosted trees on what the autoregression leaves over: the linear part, which trees only approach in steps, is taken
 * out of their target, and what it forecasts is among their features (the hybrid of Zhang 2003, with trees).
 */
export const arXgboost: Adapter = {
  name: 'ar-xgboost',
  version: 3,
  instant: false,
  canRun: canBoost,
  prepare: prepareBoosting,
  fit: (series, context) => {
    const { model, hindsight } = fitAr(series, context);
    return hybrid(model, fitTrees(series, context, { model, hindsight }));
  },
  mutate: mutated,
  load: (saved) => {
    const parsed = SAVED.safeParse(saved);
    const linear = parsed.data && ar.load(parsed.data.linear);
    const trees = linear && loadTrees(parsed.data.trees, linear);
    return trees && hybrid(linear, trees);
  },
};

function hybrid(linear: FittedModel, trees: FittedModel): FittedModel {
  return { ...trees, save: () => ({ linear: linear.save(), trees: trees.save() }) };
}
