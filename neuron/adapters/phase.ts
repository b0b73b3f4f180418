import type { EpochMs } from '../../schema/time.ts';
import type { Pattern } from './adapter.ts';

/** Counts the steps of a series, time for time where rows are missing, so that seasons stay in phase. */
export class Phase {
  readonly #cadenceMs: number;
  #time: EpochMs;
  /** The step of the newest row; seasons take it modulo their period. */
  #step: number;

  constructor({ cadenceMs, regular }: Pattern, time: EpochMs, step: number) {
    this.#cadenceMs = regular ? cadenceMs : 0;
    this.#time = time;
    this.#step = step;
  }

  get time(): EpochMs {
    return this.#time;
  }

  get step(): number {
    return this.#step;
  }

  /** Moves on to the row that was observed at `time`; gives its step. */
  advance(time: EpochMs): number {
    const passed = this.#cadenceMs > 0 ? Math.round((time - this.#time) / this.#cadenceMs) : 1;
    this.#time = time;
    this.#step += Math.max(1, passed);
    return this.#step;
  }
}
