import { randomUUID } from 'node:crypto';
import { Cohorts } from './cohort/cohorts.ts';
import { BoundedLog } from './delivery/bounded-log.ts';
import { type Subscriber, Subscription, type SubscriptionParts } from './delivery/subscription.ts';
import { Hub } from './hub/hub.ts';
import type { Logger } from './logger.ts';
import type {
  Broker,
  Executor,
  GraphQLRequest,
  Identity,
  LogReader,
  Meters,
  PreparedOperation,
} from './ports.ts';
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
  readonly executor: Executor;
  readonly broker: Broker;
  readonly logger: Logger;
  readonly settings: GatewaySettings;
  readonly meters?: Meters;
  readonly visibility: (identity: Identity) => string;
}

/** Everything behind the transports: a subscription goes in, frames come out of its subscriber's outbox. */
export class Engine {
  readonly counters = newCounters();
  readonly #parts: EngineParts;
  readonly #streamer: Streamer;
  readonly #cohorts: Cohorts;
  readonly #subscriptions = new Set<Subscription>();
  readonly #subscriptionParts: SubscriptionParts;

  constructor(parts: EngineParts) {
    const { log, executor, broker, logger, settings, meters } = parts;
    const counters = this.counters;
    const hub = new Hub();
    this.#parts = parts;
    this.#streamer = new Streamer({
      log,
      broker,
      logger,
      settings,
      counters,
      ...(meters && { meters }),
      deliver: (delivery) => {
        hub.deliver(delivery);
        meters?.delivered((Date.now() - delivery.entry.ts) / 1_000);
      },
    });
    this.#cohorts = new Cohorts({ executor, settings, counters, onUnexpected: unexpectedErrorLog(logger) });
    this.#subscriptionParts = {
      gatewayId: randomUUID(),
      log: new BoundedLog(log, settings.concurrentReads),
      streamer: this.#streamer,
      hub,
      cohorts: this.#cohorts,
      logger,
      settings,
      counters,
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
      live: this.#streamer.live,
      lagging,
      cohorts: this.#cohorts.size,
      intakeBehind: this.#streamer.behind,
      subscriberBehind,
    };
  }

  close(): void {
    for (const subscription of [...this.#subscriptions]) subscription.end();
    this.#streamer.close();
  }
}
