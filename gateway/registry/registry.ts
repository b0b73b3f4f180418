import { randomBytes } from 'node:crypto';
import type { Filter } from '../../schema/filter/form.ts';
import type { WrittenTopic } from '../../schema/log-entry.ts';
import type { LiveFeed } from '../delivery/live-feed.ts';

/** Issued by the streamer; says nothing of connections or clients. */
export type SubscriptionId = string;

export interface SubscriptionRequest {
  readonly tenant: string;
  readonly topic: WrittenTopic;
  readonly filter: Filter;
}

/** A subscription as the streamer knows it. */
export interface InternalSubscription extends SubscriptionRequest {
  readonly id: SubscriptionId;
  /** Where its gateway sends what is delivered to it, while it is live. */
  feed?: LiveFeed | undefined;
}

/** Issues internal subscriptions, under ids that no other process issues. */
export class Issuer {
  readonly #prefix = randomBytes(6).toString('base64url');
  #issued = 0;

  issue({ tenant, topic, filter }: SubscriptionRequest): InternalSubscription {
    this.#issued += 1;
    // Joined and spelt out, as there may be very many: a spread object and a template's text take twice the memory.
    return {
      id: [this.#prefix, this.#issued.toString(36)].join('.'),
      tenant,
      topic,
      filter,
      feed: undefined,
    };
  }
}
