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

/** Issues internal subscriptions, under ids that no other process issues. */
export class Issuer {
  readonly #prefix = randomBytes(6).toString('base64url');
  #issued = 0;

  issue(request: SubscriptionRequest): InternalSubscription {
    this.#issued += 1;
    return { id: `${this.#prefix}.${this.#issued.toString(36)}`, ...request };
  }
}
