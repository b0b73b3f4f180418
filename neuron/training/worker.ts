import { getHeapStatistics } from 'node:v8';
import { train } from '../selection/train.ts';
import { TRAINING_PROTOCOL, type TrainingOutcome, type TrainingTask } from './messages.ts';

/** What a training thread runs, once for each task. */
export default async function runTraining(task: TrainingTask): Promise<TrainingOutcome> {
  if (task.protocol !== TRAINING_PROTOCOL) {
    throw new Error(
      `The training thread speaks protocol ${TRAINING_PROTOCOL}, the neuron ${task.protocol}; build and start it anew.`,
    );
  }
  const training = await train(task.series, task.options, task.stable);
  return { protocol: TRAINING_PROTOCOL, training, heapBytes: getHeapStatistics().used_heap_size };
}
