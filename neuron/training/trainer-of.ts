import type { AdapterName } from '../adapters/adapter.ts';
import { LIBRARY_MB } from '../adapters/xgboost/library.ts';
import type { NeuronConfig } from '../config.ts';
import type { Logger } from '../logger.ts';
import type { Turns } from '../turns.ts';
import { TrainingPool } from './pool.ts';
import type { Trainees } from './trainees.ts';
import { Trainer } from './trainer.ts';

/** What the program itself takes on the main thread, in MB. */
const PROGRAM_MB = 96;
/** Part of the memory that the models in use may have: 96 MB of 512. */
const MODELS_PART = 3 / 16;
/** What a model with trees and kernels takes there, as it is stored and as it is used, in MB. */
const TREES_MB = 0.9;
/** A training thread gets this much heap at least, in MB. */
const LEAST_HEAP_MB = 32;

/** The trainer that a configuration asks for, with its threads. */
export function trainerOf(config: NeuronConfig, trainees: Trainees, turns: Turns, logger: Logger): Trainer {
  const { adapters, horizons, trainThreads: threads, fitTimeoutMs: timeoutMs } = config;
  const { heapMb, ...memory } = shareOut(config.memoryMb, threads, adapters);
  const pool = new TrainingPool({ threads, heapMb, timeoutMs });
  const intervalMs = config.trainIntervalMs;
  const methods = { adapters, horizons, levels: config.quantiles };
  return new Trainer({ trainees, pool, ...methods, ...memory, intervalMs, timeoutMs, turns, logger });
}

/** Who may have how much of the memory of the process, in MB. */
export function shareOut(memoryMb: number, threads: number, adapters: readonly AdapterName[]) {
  const modelsMb = memoryMb * MODELS_PART;
  const threadMb = Math.floor((memoryMb - PROGRAM_MB - modelsMb) / threads);
  const usesTrees = adapters.includes('xgboost') || adapters.includes('ar-xgboost');
  return {
    memoryBytes: Math.max(LEAST_HEAP_MB, threadMb) * 2 ** 20,
    // The library's memory is none of JavaScript's heap: it has its part, and the heap what is left.
    heapMb: Math.max(LEAST_HEAP_MB, usesTrees ? threadMb - LIBRARY_MB : threadMb),
    mostWithTrees: Math.floor(modelsMb / TREES_MB),
  };
}
