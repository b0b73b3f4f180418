import type { Position } from '../../schema/log-entry.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { FeedCohort, LiveFeed } from '../delivery/live-feed.ts';
import type { InternalSubscription } from '../registry/registry.ts';

/*
 * Which client subscription of which connection an internal subscription is, while it is live: its feed, which stands
 * on it, so that a delivery to a thousand needs no thousand look-ups.
 */

/** Gives an event of a delivery once to each cohort that the subscriptions are in. */
export function deliver({ entry, type, subscriptions }: Delivery): void {
  const members = new Map<FeedCohort, LiveFeed[]>();
  // Mostly the next one is of the same cohort.
  let cohort: FeedCohort | null = null;
  let together: LiveFeed[] = [];
  for (const { feed } of subscriptions) {
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
export function resync(subscriptions: Iterable<InternalSubscription>, position: Position): void {
  for (const { feed } of [...subscriptions]) {
    // What still waits for its payload in the cohort was not taken.
    feed?.resync(Math.min(position, feed.cohort.handedOut));
  }
}
