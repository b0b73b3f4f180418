import { type Adapter, type FittedModel, NO_HYPERPARAMETERS } from './adapter.ts';

/** There is nothing to fit: the forecast is the last value, whatever the horizon. */
const MODEL: FittedModel = {
  hyperparameters: NO_HYPERPARAMETERS,
  predict: ({ values }) => values.at(-1),
  save: () => null,
};

/** Same as last: what every other method has to beat. */
export const naive: Adapter = {
  name: 'naive',
  version: 1,
  instant: true,
  canRun: (_resources, { values }) => values.length > 0,
  fit: () => MODEL,
  load: () => MODEL,
};
