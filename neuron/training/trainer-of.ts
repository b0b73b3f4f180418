import type { NeuronConfig } from '../config.ts';
import type { Logger } from '../logger.ts';
import { TrainingPool } from './pool.ts';
import type { Trainees } from './trainees.ts';
import { Trainer } from './trainer.ts';

/** What the main thread may need of the memory, in MB: the rest is shared by the training threads. */
const MAIN_THREAD_MB = 192;
/** A training thread gets this much at least, in MB. */
const LEAST_HEAP_MB = 32;

/** The trainer that a configuration asks for, with its threads. */
export function trainerOf(config: NeuronConfig, trainees: Trainees, logger: Logger): Trainer {
  const {
    adapters,
    horizons,
    quantiles: levels,
    trainIntervalMs: intervalMs,
    trainThreads: threads,
  } = config;
  const { fitTimeoutMs: timeoutMs, memoryMb } = config;
  const heapMb = Math.max(LEAST_HEAP_MB, Math.floor((memoryMb - MAIN_THREAD_MB) / threads));
  const pool = new TrainingPool({ threads, heapMb, timeoutMs });
  const memoryBytes = heapMb * 2 ** 20;
  return new Trainer({
    trainees,
    pool,
    adapters,
    horizons,
    levels,
    intervalMs,
    memoryBytes,
    timeoutMs,
    logger,
  });
}
