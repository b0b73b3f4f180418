import type { TrainingTask } from '../training/messages.ts';

/** A training thread that goes wrong in the way that the task's seed says. */
export default async function misbehave({ options }: TrainingTask): Promise<never> {
  const { seed } = options;
  while (seed === 1);
  const kept: number[][] = [];
  while (seed === 2) kept.push(new Array<number>(10_000).fill(kept.length));
  if (seed === 3) throw new Error('broken on purpose');
  return process.exit(1);
}
