import type { Executor, SubscriptionEvent } from '../ports.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Counters } from '../stats.ts';
import type { SubscriptionPlan } from '../subscribing/plan.ts';
import { Cohort } from './cohort.ts';
import { PayloadCache } from './payload-cache.ts';
import { serialiseResult } from './serialise.ts';

interface Kept {
  readonly cohort: Cohort;
  members: number;
}

export interface CohortsParts {
  readonly executor: Executor;
  readonly settings: GatewaySettings;
  readonly counters: Counters;
  readonly onUnexpected: (error: unknown) => string;
}

/** The cohorts that have members. */
export class Cohorts {
  readonly #parts: CohortsParts;
  readonly #cache: PayloadCache;
  readonly #byKey = new Map<string, Kept>();
  #made = 0;

  constructor(parts: CohortsParts) {
    this.#parts = parts;
    this.#cache = new PayloadCache(parts.settings.payloadCacheBytes);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The cohort of a plan, with one member more; made if it is the first. */
  join(plan: SubscriptionPlan): Cohort {
    const kept = this.#byKey.get(plan.cohortKey);
    if (kept) {
      kept.members += 1;
      return kept.cohort;
    }
    const cohort = this.#make(plan);
    this.#byKey.set(plan.cohortKey, { cohort, members: 1 });
    return cohort;
  }

  leave(plan: SubscriptionPlan): void {
    const kept = this.#byKey.get(plan.cohortKey);
    if (!kept) return;
    kept.members -= 1;
    if (kept.members === 0) this.#byKey.delete(plan.cohortKey);
  }

  #make({ operation, request, identity, includeData, encode }: SubscriptionPlan): Cohort {
    const { executor, settings, counters, onUnexpected } = this.#parts;
    this.#made += 1;
    return new Cohort({
      name: String(this.#made),
      includeData,
      cache: this.#cache,
      backlog: settings.cohortBacklog,
      execute: async (event: SubscriptionEvent) => {
        counters.executions += 1;
        const result = await executor.executeEvent(operation, request, identity, event);
        const payload = serialiseResult(result, onUnexpected);
        return encode ? encode(payload, event) : payload;
      },
    });
  }
}
