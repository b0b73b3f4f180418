import type { Actor } from '../actor.ts';
import type { WriteGuard } from '../peer/write-guard.ts';
import { MAX_PREDICTIONS, PredictionService } from './prediction-service.ts';
import type { NewPrediction, SubmitReport } from './predictions.ts';

/** Predictions of peers that may submit, as many a minute as each of them may. */
export class GuardedPredictions extends PredictionService {
  readonly #guard: WriteGuard;

  constructor(guard: WriteGuard, ...parts: ConstructorParameters<typeof PredictionService>) {
    super(...parts);
    this.#guard = guard;
  }

  /** The first items of a batch are taken as far as the limit allows; the others are `LIMITED`. */
  override async submit(actor: Actor, items: readonly NewPrediction[]): Promise<SubmitReport> {
    // A batch of the wrong size is refused as a whole, and costs nothing.
    const wanted = items.length > MAX_PREDICTIONS ? 0 : items.length;
    const { granted, refused } = await this.#guard.take(actor, 'predictionsPerMinute', wanted);
    if (refused.length === 0) return super.submit(actor, items);
    const report = granted > 0 ? await super.submit(actor, items.slice(0, granted)) : undefined;
    return {
      successful: report?.successful ?? 0,
      duplicates: report?.duplicates ?? 0,
      failed: (report?.failed ?? 0) + refused.length,
      predictions: [...(report?.predictions ?? []), ...refused.map(() => null)],
      errors: [...(report?.errors ?? []), ...refused],
    };
  }
}
