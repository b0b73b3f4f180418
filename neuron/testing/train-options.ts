import type { AdapterName } from '../adapters/adapter.ts';
import { SILENT } from './test-neuron.ts';

/** What is trained within milliseconds. */
export const LIGHT: readonly AdapterName[] = ['naive', 'seasonal-naive', 'theta', 'ets', 'ar', 'ensemble'];
/** Of trainings that end when they are done, and are the same each time. */
export const OPTIONS = {
  adapters: LIGHT,
  resources: { memoryBytes: 1e9, cores: 1 },
  seed: 1,
  budgetMs: 60_000,
  levels: [0.1, 0.9],
  historyRows: 5_000,
  logger: SILENT,
};
