import { z } from 'zod';
import type { Adapter, FittedModel } from './adapter.ts';

const SAVED = z.strictObject({ period: z.int().min(1) });

/** Same as one season ago, for the strongest season of the stream. */
export const seasonalNaive: Adapter = {
  name: 'seasonal-naive',
  version: 1,
  instant: false,
  canRun: (_resources, { values }) => values.length >= 4,
  fit: (_series, { pattern }) => modelOf(pattern.seasons[0] ?? 1),
  load: (saved) => {
    const parsed = SAVED.safeParse(saved);
    return parsed.success ? modelOf(parsed.data.period) : undefined;
  },
};

/** A period of one row is no season: the model has nothing to say. */
function modelOf(period: number): FittedModel {
  return {
    hyperparameters: { period },
    predict: ({ values }, horizon) =>
      period < 2 ? undefined : values[values.length - period + ((horizon - 1) % period)],
    save: () => ({ period }),
  };
}
