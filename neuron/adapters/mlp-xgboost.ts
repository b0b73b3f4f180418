import { z } from 'zod';
import type { Adapter, FittedModel } from './adapter.ts';
import { fitMlp, mlp } from './mlp.ts';
import { canBoost, fitTrees, loadTrees, prepareBoosting } from './xgboost/boosting.ts';

const SAVED = z.strictObject({ networks: z.unknown(), trees: z.unknown() });

/** Boosted trees on what the perceptrons leave over, with their forecast among the features. */
export const mlpXgboost: Adapter = {
  name: 'mlp-xgboost',
  version: 1,
  instant: false,
  canRun: (resources, series) => canBoost(resources, series) && mlp.canRun(resources, series),
  prepare: prepareBoosting,
  fit: (series, context) => {
    const { model, hindsight } = fitMlp(series, context);
    return hybrid(model, fitTrees(series, context, { model, hindsight }));
  },
  load: (saved) => {
    const parsed = SAVED.safeParse(saved);
    const networks = parsed.data && mlp.load(parsed.data.networks);
    const trees = networks && loadTrees(parsed.data.trees, networks);
    return trees && hybrid(networks, trees);
  },
};

function hybrid(networks: FittedModel, trees: FittedModel): FittedModel {
  return { ...trees, save: () => ({ networks: networks.save(), trees: trees.save() }) };
}
