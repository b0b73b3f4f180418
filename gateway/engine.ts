import { Cohorts } from './cohort/cohorts.ts';
import { BoundedLog } from './delivery/bounded-log.ts';
import { Burst } from './delivery/burst.ts';
import { ByteBudget } from './delivery/byte-budget.ts';
import type { Delivery } from './delivery/delivery.ts';
import type { LiveSource } from './delivery/live-source.ts';
import { type Subscriber, Subscription, type SubscriptionParts } from './delivery/subscription.ts';
import { deliver, resync } from './hub/hub.ts';
import type { Logger } from './logger.ts';
import type {
  Broker,
  Executor,
  GraphQLRequest,
  Identity,
  LogReader,
  Meters,
  PreparedOperation,
  Timelines,
} from './ports.ts';
import type { RedisConnections } from './redis/connections.ts';
import { Issuer } from './registry/registry.ts';
import { RemoteFeed } from './remote/remote-feed.ts';
import { unexpectedErrorLog } from './request-errors.ts';
import type { GatewaySettings } from './settings.ts';
import { type GatewayStats, newCounters } from './stats.ts';
import { Streamer } from './streamer/streamer.ts';
import {
  type FollowOrder,
  type PlanRules,
  planFollowing,
  planSubscription,
  type SubscriptionPlan,
} from './subscribing/plan.ts';

export interface EngineParts {
  readonly log: LogReader;
  readonly catchUpLog?: LogReader;
  readonly executor: Executor;
  readonly broker: Broker;
  /** Where streamers elsewhere are reached; without it this process matches for itself. */
  readonly redis?: RedisConnections | undefined;
  readonly logger: Logger;
  readonly settings: GatewaySettings;
  readonly meters?: Meters;
  readonly visibility: (identity: Identity) => string;
}

/** Everything behind the transports: a subscription goes in, frames come out of its subscriber's outbox. */
export class Engine {
  readonly counters = newCounters();
  readonly burst = new Burst();
  /** What may wait for each connection. */
  readonly budget: ByteBudget;
  readonly #parts: EngineParts;
  readonly #source: LiveSource;
  readonly #remote: RemoteFeed | null = null;
  readonly #cohorts: Cohorts;
  readonly #subscriptions = new Set<Subscription>();
  readonly #subscriptionParts: SubscriptionParts;

  constructor(parts: EngineParts) {
    const { log, catchUpLog = log, executor, broker, redis, logger, settings, meters } = parts;
    this.budget = new ByteBudget(settings, logger);
    const { counters, burst } = this;
    this.#parts = parts;
    const feed = {
      ...{ log, broker, logger, settings, counters, burst },
      ...(meters && { meters }),
      deliver: (delivery: Delivery) => {
        deliver(delivery);
        meters?.delivered((Date.now() - delivery.entry.ts) / 1_000);
      },
    };
    if (redis) {
      this.#remote = new RemoteFeed({ ...feed, redis, resync });
    }
    this.#source = this.#remote?.source ?? new Streamer(feed);
    this.#cohorts = new Cohorts({
      ...{ executor, settings, counters },
      timelines: log.timelines,
      onUnexpected: unexpectedErrorLog(logger),
    });
    this.#subscriptionParts = {
      log: new BoundedLog(catchUpLog, settings.concurrentReads),
      source: this.#source,
      issuer: new Issuer(),
      cohorts: this.#cohorts,
      logger,
      settings,
      counters,
      burst,
      onEnd: (subscription) => this.#subscriptions.delete(subscription),
    };
  }

  /** Opens a subscription. Throws if it asks for nothing that can be subscribed to; later failures go to the subscriber. */
  subscribe(
    operation: PreparedOperation,
    request: GraphQLRequest,
    identity: Identity,
    subscriber: Subscriber,
  ): Subscription {
    const { executor } = this.#parts;
    const plan = planSubscription(executor.schema, operation, request, identity, this.#rulesOf(identity));
    return this.#start(plan, subscriber);
  }

  /** Opens a subscription that a transport words itself: a topic and a filter, and what an event's payload looks like. */
  follow(order: FollowOrder, identity: Identity, subscriber: Subscriber): Subscription {
    const plan = planFollowing(this.#parts.executor, order, identity, this.#rulesOf(identity));
    return this.#start(plan, subscriber);
  }

  #rulesOf(identity: Identity): PlanRules {
    const { settings, visibility } = this.#parts;
    return { maxFilterConditions: settings.maxFilterConditions, visibility: visibility(identity) };
  }

  #start(plan: SubscriptionPlan, subscriber: Subscriber): Subscription {
    const subscription = new Subscription(this.#subscriptionParts, plan, subscriber);
    this.#subscriptions.add(subscription);
    subscription.start(plan);
    return subscription;
  }

  stats(): Omit<GatewayStats, 'connections' | 'connectionsByTransport' | 'bytesBuffered'> {
    let lagging = 0;
    let subscriberBehind = 0;
    for (const { mode, behind } of this.#subscriptions) {
      if (mode === 'lagging') lagging += 1;
      subscriberBehind = Math.max(subscriberBehind, behind);
    }
    return {
      ...this.counters,
      subscriptions: this.#subscriptions.size,
      live: this.#source.live,
      lagging,
      cohorts: this.#cohorts.size,
      feed: this.#remote?.kind ?? 'in-process',
      intakeBehind: this.#source.behind,
      subscriberBehind,
    };
  }

  get timelines(): Timelines {
    return this.#parts.log.timelines;
  }

  /** The id under which streamers elsewhere know this gateway; null while none feeds it. */
  get gatewayId(): string | null {
    return this.#remote?.gatewayId ?? null;
  }

  /** Why subscriptions are fed by polling the log; null where they are not. */
  get pollingBecause(): string | null {
    return this.#remote?.reason ?? null;
  }

  async close(): Promise<void> {
    for (const subscription of [...this.#subscriptions]) subscription.end();
    if (this.#remote) await this.#remote.close();
    else this.#source.close();
  }
}
