import type { Executor, SubscriptionEvent, Timelines } from '../ports.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Counters } from '../stats.ts';
import type { SubscriptionPlan } from '../subscribing/plan.ts';
import { Cohort } from './cohort.ts';
import { ExecutedCosts } from './executed-costs.ts';
import { PayloadCache } from './payload-cache.ts';
import { compileProjection } from './projection.ts';
import { serialiseResult } from './serialise.ts';

interface Kept {
  readonly cohort: Cohort;
  /** Whether each event is executed for it, as it selects what events don't carry. */
  readonly isExecuted: boolean;
  members: number;
}

export interface CohortsParts {
  readonly executor: Executor;
  readonly timelines: Timelines;
  readonly settings: GatewaySettings;
  readonly counters: Counters;
  readonly onUnexpected: (error: unknown) => string;
}

/** The cohorts that have members. */
export class Cohorts {
  readonly #parts: CohortsParts;
  readonly #cache: PayloadCache;
  readonly #executed: ExecutedCosts;
  readonly #byKey = new Map<string, Kept>();
  #made = 0;

  constructor(parts: CohortsParts) {
    this.#parts = parts;
    this.#cache = new PayloadCache(parts.settings.payloadCacheBytes);
    this.#executed = new ExecutedCosts(parts.settings);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /**
   * The cohort of a plan, with one member more, of `connection`; made if it is the first. Throws `LIMITED` for a selection
   * that has to be executed, where the connection or its address has too many of those.
   */
  join(plan: SubscriptionPlan, connection: object): Cohort {
    const { cohortKey, operation, identity } = plan;
    const kept = this.#byKey.get(cohortKey) ?? this.#make(plan);
    if (kept.isExecuted) {
      this.#executed.take(cohortKey, operation.cost ?? 0, connection, identity.address);
    }
    kept.members += 1;
    this.#byKey.set(cohortKey, kept);
    return kept.cohort;
  }

  leave({ key }: Cohort, connection: object): void {
    const kept = this.#byKey.get(key);
    if (!kept) return;
    if (kept.isExecuted) this.#executed.giveBack(key, connection);
    kept.members -= 1;
    if (kept.members === 0) this.#byKey.delete(key);
  }

  #make(plan: SubscriptionPlan): Kept {
    const { executor, timelines, settings, counters, onUnexpected } = this.#parts;
    const { operation, request, identity, includeData, cohortKey, encode } = plan;
    const project = compileProjection(executor.schema, plan.selection, timelines);
    const execute = async (event: SubscriptionEvent) => {
      counters.executions += 1;
      const result = await executor.executeEvent(operation, request, identity, event);
      const payload = serialiseResult(result, onUnexpected);
      return encode ? encode(payload, event) : payload;
    };
    this.#made += 1;
    const cohort = new Cohort({
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
    return { cohort, isExecuted: project === null, members: 0 };
  }
}
