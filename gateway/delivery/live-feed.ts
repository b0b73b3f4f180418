import type { LogEntry, Position } from '../../schema/log-entry.ts';
import type { SubscriptionEvent } from '../ports.ts';
import type { SetChange } from '../streamer/change.ts';

/** What a live feed is for: the subscription that is live through it. */
export interface LiveSubscriber {
  /** An event's payload, in the order of positions. */
  take(position: Position, payload: Buffer): void;
  /** Everything up to `position` was taken; what comes after can't be waited for. */
  fallBehind(position: Position): void;
  /** Everything up to `position` was taken; the source can't tell what comes after, or another takes its place. */
  resync(position: Position): void;
  /** The payload of an event could not be made. */
  fail(error: unknown): void;
}

/** Who makes a feed's payloads, for all feeds to which they are the same. */
export interface FeedCohort {
  /** Every event up to here that was emitted has been handed out to its members. */
  readonly handedOut: Position;
  eventOf(entry: LogEntry, type: SetChange): SubscriptionEvent;
  emit(event: SubscriptionEvent, feeds: readonly LiveFeed[]): void;
}

/**
 * One stay of a subscription in live. Payloads are made while later entries are matched; a feed that has been ended
 * takes none of those that were still on their way, so that what is read from the log next repeats nothing.
 */
export class LiveFeed {
  /** Whose payloads it is fed. */
  readonly cohort: FeedCohort;
  #subscriber: LiveSubscriber | null;

  constructor(cohort: FeedCohort, subscriber: LiveSubscriber) {
    this.cohort = cohort;
    this.#subscriber = subscriber;
  }

  end(): void {
    this.#subscriber = null;
  }

  take(position: Position, payload: Buffer): void {
    this.#subscriber?.take(position, payload);
  }

  fallBehind(position: Position): void {
    this.#subscriber?.fallBehind(position);
  }

  resync(position: Position): void {
    this.#subscriber?.resync(position);
  }

  fail(error: unknown): void {
    this.#subscriber?.fail(error);
  }
}
