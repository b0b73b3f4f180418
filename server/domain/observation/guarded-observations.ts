import type { ObservationDocument } from '../../../schema/log-entry.ts';
import type { Actor } from '../actor.ts';
import type { LogReader } from '../log/log-reader.ts';
import type { WriteGuard } from '../peer/write-guard.ts';
import { MAX_OBSERVATIONS, type ObservationParts, ObservationService } from './observation-service.ts';
import type { NewObservation, ObservationRef, PublishReport } from './observations.ts';

/** Observations of peers that may publish, as many a minute as each of them may. */
export class GuardedObservations extends ObservationService {
  readonly #guard: WriteGuard;
  readonly #log: Pick<LogReader, 'head'>;

  constructor(parts: ObservationParts, guard: WriteGuard, log: Pick<LogReader, 'head'>) {
    super(parts);
    this.#guard = guard;
    this.#log = log;
  }

  /** The first items of a batch are taken as far as the limit allows; the others are `LIMITED`. */
  override async publish(actor: Actor, items: readonly NewObservation[]): Promise<PublishReport> {
    // A batch of the wrong size is refused as a whole, and costs nothing.
    const wanted = items.length > MAX_OBSERVATIONS ? 0 : items.length;
    const { granted, refused } = await this.#guard.take(actor, 'observationsPerMinute', wanted);
    if (refused.length === 0) return super.publish(actor, items);
    const report = granted > 0 ? await super.publish(actor, items.slice(0, granted)) : undefined;
    return {
      successful: report?.successful ?? 0,
      duplicates: report?.duplicates ?? 0,
      failed: (report?.failed ?? 0) + refused.length,
      observations: [...(report?.observations ?? []), ...refused.map(() => null)],
      position: report?.position ?? (await this.#log.head(actor.tenant)),
      errors: [...(report?.errors ?? []), ...refused],
    };
  }

  override async correct(
    actor: Actor,
    ref: ObservationRef,
    value: string | number,
  ): Promise<ObservationDocument> {
    await this.#guard.takeOne(actor, 'observationsPerMinute');
    return super.correct(actor, ref, value);
  }

  override async retract(actor: Actor, ref: ObservationRef): Promise<boolean> {
    await this.#guard.takeOne(actor, 'observationsPerMinute');
    return super.retract(actor, ref);
  }
}
