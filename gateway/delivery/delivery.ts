import type { LogEntry } from '../../schema/log-entry.ts';
import type { InternalSubscription } from '../registry/registry.ts';
import type { SetChange } from '../streamer/change.ts';

/** What a gateway's subscriptions are fed: an entry, and to which of them it is what. */
export interface Delivery {
  readonly entry: LogEntry;
  /** An entry that is different things to different subscriptions comes as one delivery for each. */
  readonly type: SetChange;
  readonly subscriptions: readonly InternalSubscription[];
}
