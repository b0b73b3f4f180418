import { ADAPTER_NAMES } from '../../neuron/adapters/adapter.ts';
import type { SavedModel } from '../../neuron/selection/saved-model.ts';
import { TRAINING_PROTOCOL, type TrainingOutcome } from '../../neuron/training/messages.ts';
import { TrainingPool } from '../../neuron/training/pool.ts';
import { shareOut } from '../../neuron/training/trainer-of.ts';
import type { XgboostFit } from './counting-worker.ts';
import { madeUp } from './series.ts';

/** What a neuron with the default settings gives a training: see `Trainer`. */
const THREADS = 2;
const { heapMb, memoryBytes } = shareOut(512, THREADS, ADAPTER_NAMES);
const BUDGET_MS = 15_000;
/** For all of them: they are handed to the pool at once, and wait in it. */
const TIMEOUT_MS = 1_800_000;
/** Rows that come between the first training and the next. */
const NEW_ROWS = 24;

export interface RetrainResult {
  readonly streams: number;
  readonly rows: number;
  readonly firstSeconds: number;
  readonly againSeconds: number;
  readonly peakMb: number;
  /** What XGBoost did in the second training. */
  readonly fits: readonly XgboostFit[];
}

/** Trains every stream from nothing, then all of them again with some new rows: the second is the figure. */
export async function retrain(streams: number, rows: number): Promise<RetrainResult> {
  const worker = new URL('./counting-worker.ts', import.meta.url);
  const pool = new TrainingPool({ threads: THREADS, heapMb, timeoutMs: TIMEOUT_MS, worker });
  let peak = 0;
  const watching = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  const pass = async (length: number, stables: readonly (SavedModel | null)[]) => {
    const fits: XgboostFit[] = [];
    const began = performance.now();
    const models = await Promise.all(
      Array.from({ length: streams }, async (_, stream) => {
        const stable = stables[stream] ?? null;
        const outcome: TrainingOutcome & { readonly fits?: readonly XgboostFit[] } = await pool.train({
          protocol: TRAINING_PROTOCOL,
          series: madeUp(stream, length),
          options: {
            adapters: ADAPTER_NAMES,
            resources: { memoryBytes, cores: 1 },
            seed: stream,
            budgetMs: BUDGET_MS,
          },
          stable,
        });
        fits.push(...(outcome.fits ?? []));
        return outcome.training.model;
      }),
    );
    return { models, fits, seconds: (performance.now() - began) / 1_000 };
  };
  try {
    const first = await pass(rows, []);
    const again = await pass(rows + NEW_ROWS, first.models);
    return {
      ...{ streams, rows, peakMb: peak / 2 ** 20, fits: again.fits },
      ...{ firstSeconds: first.seconds, againSeconds: again.seconds },
    };
  } finally {
    clearInterval(watching);
    await pool.stop();
  }
}
