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
  readonly #feeds = new Map<SubscriptionId, LiveFeed<Cohort>>();

  attach(id: SubscriptionId, feed: LiveFeed<Cohort>): void {
    this.#feeds.set(id, feed);
  }

  detach(id: SubscriptionId): void {
    this.#feeds.delete(id);
  }

  deliver({ entry, type, subscriptionIds }: Delivery): void {
    const members = new Map<Cohort, LiveFeed[]>();
    // Mostly the next one is of the same cohort.
    let cohort: Cohort | null = null;
    let together: LiveFeed[] = [];
    for (const id of subscriptionIds) {
      const feed = this.#feeds.get(id);
      if (!feed) continue;
      if (feed.cohort !== cohort) {
        cohort = feed.cohort;
        together = members.get(cohort) ?? [];
        members.set(cohort, together);
      }
      together.push(feed);
    }
    for (const [each, feeds] of members) each.emit(each.eventOf(entry, type), feeds);
  }

  /** Sends live subscriptions, to which everything up to `position` was delivered, back to the log. */
  resync(ids: Iterable<SubscriptionId>, position: Position): void {
    for (const id of [...ids]) {
      const feed = this.#feeds.get(id);
      // What still waits for its payload in the cohort was not taken.
      feed?.resync(Math.min(position, feed.cohort.handedOut));
    }
  }
}
