import { setTimeout } from 'node:timers/promises';
import { PresageError } from '../../schema/errors.ts';

export interface Patience {
  /** Pause before the second attempt, in ms; doubled after each. */
  readonly firstMs: number;
  readonly maxMs: number;
  readonly attempts: number;
  /** Ends the waiting; the last error is thrown. */
  readonly signal: AbortSignal;
}

/** The pause before attempt `attempt` (the second is 1): exponential with full jitter, in ms. */
export function pauseBefore(
  attempt: number,
  { firstMs, maxMs }: Pick<Patience, 'firstMs' | 'maxMs'>,
): number {
  return Math.random() * Math.min(maxMs, firstMs * 2 ** (attempt - 1));
}

/** Runs what is safe to repeat until the server can be reached. Other errors than `UNAVAILABLE` are thrown at once. */
export async function whileUnavailable<T>(patience: Patience, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const again =
        error instanceof PresageError && error.code === 'UNAVAILABLE' && attempt < patience.attempts;
      if (!again || patience.signal.aborted) throw error;
      await setTimeout(pauseBefore(attempt, patience), undefined, { signal: patience.signal }).catch(() => {
        throw error;
      });
    }
  }
}
