import type { Position } from '../../schema/log-entry.ts';
import type { Cohort } from '../cohort/cohort.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { LiveFeed } from '../delivery/live-feed.ts';
import type { SubscriptionId } from '../registry/registry.ts';

/**
 * Which client subscription of which connection an internal subscription is, while it is live: a delivery names
 * internal ids, and its event goes once to each cohort that they are in.
 */
export class Hub {
  readonly #feeds = new Map<SubscriptionId, { readonly cohort: Cohort; readonly feed: LiveFeed }>();

  attach(id: SubscriptionId, cohort: Cohort, feed: LiveFeed): void {
    this.#feeds.set(id, { cohort, feed });
  }

  detach(id: SubscriptionId): void {
    this.#feeds.delete(id);
  }

  deliver({ entry, type, subscriptionIds }: Delivery): void {
    const members = new Map<Cohort, LiveFeed[]>();
    for (const id of subscriptionIds) {
      const live = this.#feeds.get(id);
      if (!live) continue;
      const together = members.get(live.cohort);
      if (together) together.push(live.feed);
      else members.set(live.cohort, [live.feed]);
    }
    for (const [cohort, feeds] of members) cohort.emit(cohort.eventOf(entry, type), feeds);
  }

  /** Sends live subscriptions, to which everything up to `position` was delivered, back to the log. */
  resync(ids: Iterable<SubscriptionId>, position: Position): void {
    for (const id of [...ids]) {
      const live = this.#feeds.get(id);
      // What still waits for its payload in the cohort was not taken.
      live?.feed.resync(Math.min(position, live.cohort.handedOut));
    }
  }
}
