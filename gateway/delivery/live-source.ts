import type { Position } from '../../schema/log-entry.ts';
import type { LogPage } from '../ports.ts';
import type { InternalSubscription, SubscriptionId } from '../registry/registry.ts';

/**
 * Where subscriptions are fed from while they are live: a streamer in this process, or one elsewhere over Redis.
 * Each subscription keeps its own position, so that it can leave at any time, catch up from the log and join again.
 */
export interface LiveSource {
  /** Subscriptions that are live. */
  readonly live: number;
  /** Positions that are known and not delivered, of the tenant with most of them. */
  readonly behind: number;
  /** Takes on a subscription, not live yet. Rejects if it can't; nothing is held then. */
  attach(subscription: InternalSubscription): Promise<void>;
  /** The live position of a subscription's tenant: all entries up to it have been delivered. -1 if not known. */
  position(id: SubscriptionId): Position;
  /**
   * What the log has after `position` up to the live position, as far as it may be something to the subscription;
   * `undefined` where it has to be read.
   */
  recent(id: SubscriptionId, position: Position): LogPage | undefined;
  /** Resolves when the live position is at or past `position`, or when the source has changed. */
  reached(id: SubscriptionId, position: Position): Promise<void>;
  /**
   * Makes a subscription live if `position`, up to which it has everything, is the live position: then the next entry
   * is the first that it misses. False, and nothing changed, otherwise.
   */
  join(id: SubscriptionId, position: Position): boolean;
  /** Stops delivering to a subscription, which stays attached. */
  leave(id: SubscriptionId): void;
  release(id: SubscriptionId): void;
  close(): void;
}
