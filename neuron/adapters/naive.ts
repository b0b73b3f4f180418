import type { Adapter, FittedModel } from './adapter.ts';

/** There is nothing to fit: the forecast is the last value, whatever the horizon. */
const MODEL: FittedModel = {
  predict: ({ values }) => {
    const last = values.at(-1);
    return last === undefined ? undefined : { value: last };
  },
  save: () => null,
};

/** Same as last: what every other method has to beat. */
export const naive: Adapter = {
  name: 'naive',
  version: 1,
  canRun: (_resources, { values }) => values.length > 0,
  fit: () => MODEL,
  load: () => MODEL,
};
