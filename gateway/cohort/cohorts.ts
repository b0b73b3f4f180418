import type { Executor, SubscriptionEvent } from '../ports.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Counters } from '../stats.ts';
import type { SubscriptionPlan } from '../subscribing/plan.ts';
import { Cohort } from './cohort.ts';
import { PayloadCache } from './payload-cache.ts';
import { compileProjection } from './projection.ts';
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

  leave({ key }: Cohort): void {
    const kept = this.#byKey.get(key);
    if (!kept) return;
    kept.members -= 1;
    if (kept.members === 0) this.#byKey.delete(key);
  }

  #make(plan: SubscriptionPlan): Cohort {
    const { executor, settings, counters, onUnexpected } = this.#parts;
    const { operation, request, identity, includeData, cohortKey, encode } = plan;
    const project = compileProjection(executor.schema, plan.selection);
    const execute = async (event: SubscriptionEvent) => {
      counters.executions += 1;
      const result = await executor.executeEvent(operation, request, identity, event);
      const payload = serialiseResult(result, onUnexpected);
      return encode ? encode(payload, event) : payload;
    };
    this.#made += 1;
    return new Cohort({
      name: String(this.#made),
      key: cohortKey,
      includeData,
      cache: this.#cache,
      backlog: settings.cohortBacklog,
      execute: (event) => {
        const projected = project?.(event);
        if (!projected) return execute(event);
        counters.projections += 1;
        return encode ? encode(projected, event) : projected;
      },
    });
  }
}
