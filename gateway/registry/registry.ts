import { randomBytes } from 'node:crypto';
import type { Filter } from '../../schema/filter/form.ts';
import type { WrittenTopic } from '../../schema/log-entry.ts';

/** Issued by the streamer; says nothing of connections or clients. */
export type SubscriptionId = string;

export interface SubscriptionRequest {
  readonly gatewayId: string;
  readonly tenant: string;
  readonly topic: WrittenTopic;
  readonly filter: Filter;
}

/** A subscription as the streamer knows it. */
export interface InternalSubscription extends SubscriptionRequest {
  readonly id: SubscriptionId;
}

/** The internal subscriptions there are, live or not. */
export class Registry {
  readonly #prefix = randomBytes(6).toString('base64url');
  readonly #byId = new Map<SubscriptionId, InternalSubscription>();
  #issued = 0;

  register(request: SubscriptionRequest): InternalSubscription {
    this.#issued += 1;
    const subscription = { id: `${this.#prefix}.${this.#issued.toString(36)}`, ...request };
    this.#byId.set(subscription.id, subscription);
    return subscription;
  }

  get(id: SubscriptionId): InternalSubscription | undefined {
    return this.#byId.get(id);
  }

  remove(id: SubscriptionId): InternalSubscription | undefined {
    const subscription = this.#byId.get(id);
    this.#byId.delete(id);
    return subscription;
  }
}
