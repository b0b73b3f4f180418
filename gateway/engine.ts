import { randomUUID } from 'node:crypto';
import { Cohorts } from './cohort/cohorts.ts';
import { BoundedLog } from './delivery/bounded-log.ts';
import { type Subscriber, Subscription, type SubscriptionParts } from './delivery/subscription.ts';
import { Hub } from './hub/hub.ts';
import type { Logger } from './logger.ts';
import type { Broker, Executor, GraphQLRequest, Identity, LogReader, PreparedOperation } from './ports.ts';
import { unexpectedErrorLog } from './request-errors.ts';
import type { GatewaySettings } from './settings.ts';
import { type GatewayStats, newCounters } from './stats.ts';
import { Streamer } from './streamer/streamer.ts';
import { planSubscription } from './subscribing/plan.ts';

export interface EngineParts {
  readonly log: LogReader;
  readonly executor: Executor;
  readonly broker: Broker;
  readonly logger: Logger;
  readonly settings: GatewaySettings;
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
    const { log, executor, broker, logger, settings } = parts;
    const counters = this.counters;
    const hub = new Hub();
    this.#parts = parts;
    this.#streamer = new Streamer({
      log,
      broker,
      logger,
      settings,
      counters,
      deliver: (delivery) => hub.deliver(delivery),
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
    const { executor, settings, visibility } = this.#parts;
    const { maxFilterConditions } = settings;
    const rules = { maxFilterConditions, visibility: visibility(identity) };
    const plan = planSubscription(executor.schema, operation, request, identity, rules);
    const subscription = new Subscription(this.#subscriptionParts, plan, subscriber);
    this.#subscriptions.add(subscription);
    subscription.start(plan);
    return subscription;
  }

  stats(): Omit<GatewayStats, 'connections' | 'bytesBuffered'> {
    let lagging = 0;
    for (const { mode } of this.#subscriptions) if (mode === 'lagging') lagging += 1;
    return {
      ...this.counters,
      subscriptions: this.#subscriptions.size,
      live: this.#streamer.live,
      lagging,
      cohorts: this.#cohorts.size,
    };
  }

  close(): void {
    for (const subscription of [...this.#subscriptions]) subscription.end();
    this.#streamer.close();
  }
}
