import type { Series } from '../adapters/adapter.ts';
import type { SavedModel } from '../selection/saved-model.ts';
import type { Training, TrainOptions } from '../selection/train.ts';

/** Counts up whenever a message below changes: both ends must come from the same build. */
export const TRAINING_PROTOCOL = 1;

/** What the main thread hands to a training thread: everything that a training depends on. */
export interface TrainingTask {
  readonly protocol: typeof TRAINING_PROTOCOL;
  readonly series: Series;
  readonly options: TrainOptions;
  readonly stable: SavedModel | null;
}

/** What the training thread hands back. */
export interface TrainingOutcome {
  readonly protocol: typeof TRAINING_PROTOCOL;
  readonly training: Training;
  /** Heap that the thread had in use when it was done, in bytes. */
  readonly heapBytes: number;
}
